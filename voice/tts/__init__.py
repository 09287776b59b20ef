"""Text to sound: the voices that callers hear."""
