"""What the assistant says and does: no audio, no sockets, no SQL."""
