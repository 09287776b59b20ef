"""The scripted set for turn-taking: what is said, its telephone audio, the runner, the report."""
