"""The web console in which supervisors review calls."""
