"""The telephone edge: wire codec, tokens, signatures, TwiML and routes."""
