"""As other languages write it in JSON -> as we do: a null for what is absent, 1.0 for 1, half a character."""

import re
from typing import Any

from pydantic_core import from_json, to_json

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
"""Each escape, whole pairs of surrogates as one; in the group what stands alone."""
_OTHERWISE = re.compile(rb"null|[0-9][.eE]")
_EXACT = 2**53
"""Up to here every number with a fraction of zero is one integer and no other."""


def respelt(data: bytes) -> bytes | None:
    """
    The JSON *data* in our spelling, None if it is in it already or is no JSON.

    It takes ten times as long as reading, and is for what could not be read as it came.
    """
    ours = whole_characters(data)
    if _OTHERWISE.search(ours):
        try:
            ours = to_json(_ours(from_json(ours)))
        except ValueError:
            return None
    return None if ours is data else ours


def whole_characters(data: bytes) -> bytes:
    """
    The JSON *data* with U+FFFD for each half of a surrogate pair that stands alone.

    Who cuts a text by UTF-16 units leaves one; JSON can escape it, and nothing that is kept can hold it.
    """
    if not _HALF.search(data):
        return data
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], data)


def _ours(value: Any) -> Any:
    match value:
        case dict():
            return {name: _ours(each) for name, each in value.items() if each is not None}
        case list():
            return [_ours(each) for each in value]
        case float() if value.is_integer() and abs(value) <= _EXACT:
            return int(value)
        case _:
            return value
