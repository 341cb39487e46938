"""A file that a person wrote, whichever editor saved it: many begin UTF-8 with a mark (BOM)."""

import tomllib
from pathlib import Path
from typing import Any


def text_of(file: Path) -> str:
    """Return what *file* says, without the mark. Raises OSError, and UnicodeDecodeError for no UTF-8."""
    return file.read_text("utf-8-sig")


def toml_of(file: Path) -> dict[str, Any]:
    """Return what stands in *file*. Raises as `text_of` does, and TOMLDecodeError, RecursionError."""
    return tomllib.loads(text_of(file))
