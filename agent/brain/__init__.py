"""Brains that propose what to say; the policy and the grounding decide."""
