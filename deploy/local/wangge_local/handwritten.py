"""A file that a person wrote, whichever editor saved it: many begin UTF-8 with a mark (BOM)."""

import sys
import tomllib
from pathlib import Path
from typing import Any


def text_of(file: Path) -> str:
    """
    Return what *file*, or `-` for standard input, says, without the mark.

    Raises OSError, and UnicodeDecodeError for no UTF-8.
    """
    return sys.stdin.buffer.read().decode("utf-8-sig") if str(file) == "-" else file.read_text("utf-8-sig")


def why_no_text(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file could not be read, and how to mend what Excel or Notepad saved in another code."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8 (GBK, perhaps): save it as UTF-8, in Excel as CSV UTF-8"
    return str(error.strerror or error)


def toml_of(file: Path) -> dict[str, Any]:
    """Return what stands in *file*. Raises as `text_of` does, and TOMLDecodeError, RecursionError."""
    return tomllib.loads(text_of(file))
