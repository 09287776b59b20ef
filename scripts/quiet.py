"""Logging of commands that play many calls: errors alone, the rest is in what they print."""

import logging


def only_errors() -> None:
    """Log errors to stderr, unless logging is set up already, as it is in tests."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    logging.basicConfig(handlers=[handler], format="%(levelname)s %(name)s: %(message)s")
