"""A file of the house is written so that whoever reads it, and whenever we end, finds all of it."""

from pathlib import Path


def write_whole(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Write *file* so that a reader sees the old text or the new one, never half of either."""
    fresh = file.with_name(f"{file.name}.fresh")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=mode)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
