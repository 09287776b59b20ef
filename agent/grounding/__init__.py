"""Grounding: before a sentence is spoken, what it claims is checked against the turn's facts."""
