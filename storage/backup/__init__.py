"""Backups: all that is stored, of every organization, at one moment, in one file."""
