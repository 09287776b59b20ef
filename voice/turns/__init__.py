"""Turn-taking as pure state machines on frames and time."""
