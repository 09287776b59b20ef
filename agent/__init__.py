"""The agent: from what was heard to what is said and done. No audio, no sockets, no SQL."""
