"""The phone side: wire formats, ears, voice and turn-taking."""
