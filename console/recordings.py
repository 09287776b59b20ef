"""Finds a call's recording without ever leaving the data directory."""

from __future__ import annotations

from pathlib import Path


def find_recording(data_dir: Path, recording_path: str | None) -> Path | None:
    """The recording's file, or None where there is none or the path leads out. Blocks briefly."""
    if not recording_path or "\x00" in recording_path:
        return None
    root = data_dir.resolve()
    path = (root / recording_path).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None
