"""Sound to text: what the caller said."""
