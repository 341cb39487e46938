"""The file of a part -> its text and what stands in it, or why it cannot be read."""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from wangge_local.handwritten import text_of

_GEOJSON = frozenset({"boundaries"})
"""What other programs draw and read, in their format."""
_NUL = re.compile(r"\\u0000|\\U00000000")
_ENDLESS = re.compile(rf"\d[\d_]{{{sys.int_info.default_max_str_digits},}}")


class Unreadable(Exception):
    """A file is missing, or is not what its name says; *line* is where, counted from 1."""

    def __init__(self, text: str, remedy: str, *, line: int | None = None, missing: bool = False) -> None:
        super().__init__(text)
        self.text, self.remedy, self.line, self.missing = text, remedy, line, missing


def file_of(kind: str) -> str:
    """The name of the file that a part is written in."""
    return f"{kind}.geojson" if kind in _GEOJSON else f"{kind}.toml"


def read(folder: Path, kind: str) -> tuple[str, dict[str, Any]]:
    """The text of the part's file and what it says; raises `Unreadable`."""
    try:
        text = text_of(folder / file_of(kind))
        written = json.loads(text) if kind in _GEOJSON else tomllib.loads(text)
    except FileNotFoundError as error:
        raise Unreadable("the file is missing", "a configuration needs it", missing=True) from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", "make it a file that may be read") from error
    except RecursionError as error:
        raise Unreadable("lists or tables lie in one another too deep", "write it flatter") from error
    except UnicodeDecodeError as error:
        before = bytes(error.object[: error.start])
        line = before.count(b"\n") + 1
        raise Unreadable("the file is not UTF-8", "save it as UTF-8", line=line) from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg}", "correct the syntax", line=error.lineno) from error
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        number = int(told[1]) if told else None
        raise Unreadable(f"not TOML: {error}", "correct the syntax", line=number) from error
    except ValueError as error:
        # Neither parser has a name for it: Python makes no integer of so many digits.
        found = _ENDLESS.search(text)
        number = _line(text, found.start()) if found else None
        raise Unreadable("a number has too many digits", "write a shorter one", line=number) from error
    if not isinstance(written, dict):
        raise Unreadable("the file holds no object", "write an object, { ... }", line=1)
    if (found := _NUL.search(text)) and _holds_nul(written):
        raise Unreadable(
            "a text holds the character U+0000, which no message may",
            "remove it",
            line=_line(text, found.start()),
        )
    return text, written


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _holds_nul(written: Any) -> bool:
    if isinstance(written, dict):
        return any(_holds_nul(each) for pair in written.items() for each in pair)
    if isinstance(written, list):
        return any(map(_holds_nul, written))
    return isinstance(written, str) and "\0" in written
