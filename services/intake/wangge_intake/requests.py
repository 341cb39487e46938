"""An HTTP request, as far as the door looks at it, and its answer: plain ASGI, for it is the hot path."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from pydantic_core import from_json, to_json
from starlette.types import Receive, Scope, Send

from wangge_chassis.problems import Problem
from wangge_contracts.spellings import whole_characters
from wangge_contracts.v1 import fault

Headers = Mapping[bytes, bytes]
_NDJSON = b"application/x-ndjson"
_PREFERENCES = re.compile(rb'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
"""Each of a list: a comma in a quoted string parts nothing."""
_SECONDS = re.compile(rb'("?)([0-9]+)\1')
_CLOUDEVENTS = b"application/cloudevents"
"""An envelope is for Kafka: here a token says who speaks, and what lies in it would count as missing."""
_LINE = re.compile(rb"\S[^\n]*")
_GLANCE = 256 * 1024
"""What is longer than a single report may be, in bytes, is looked at so far before it is read as a whole."""
_MOST_VALUES = 400_000
"""
Of one request, by its commas and opening brackets; 4 MiB of reports that are full of attributes have 320,000.
To make objects of more, which 4 MiB have room for, keeps everybody at the door waiting for seconds.
"""


class Gone(Exception):
    """The caller hung up before it had said everything."""


async def body_of(headers: Headers, receive: Receive, *, limit: int) -> bytes:
    """Return the whole body. Raises Problem 413, and Gone."""
    declared = headers.get(b"content-length", b"")
    # Python makes no int of more than 4,300 digits, and what is so long may still be all zeros.
    if declared.isdigit() and float(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        part = event.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        more = event.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def headers_of(scope: Scope) -> Headers:
    """Return the headers by their names (lower case); of several of one name the first counts."""
    return dict(reversed(scope["headers"]))


def wait_wanted(scope: Scope, *, limit_s: float) -> float:
    """
    Return the seconds of `Prefer: wait=SECONDS` (RFC 7240), at most *limit_s*; 0 when it is not wished.

    Of several wishes to wait the first counts, in whichever header it stands; one that is nonsense is none.
    """
    wishes = b",".join(bytes(value) for given, value in scope["headers"] if given == b"prefer")
    for preference in _PREFERENCES.findall(wishes):
        name, _, word = preference.partition(b";")[0].partition(b"=")
        if name.strip().lower() == b"wait":
            seconds = _SECONDS.fullmatch(word.strip())
            return min(float(seconds[2]), limit_s) if seconds else 0.0
    return 0.0


def split(body: bytes, *, media_type: bytes, named: str, most: int) -> list[bytes] | None:
    """
    Return the items of a batch, each as JSON; None when *body* is a single one.

    A batch is an array, an object with a member *named* and no id of its own, or lines of JSON. Of one with
    more than *most* items it returns *most* + 1 and looks no further. Raises Problem 400, 413 and 415.
    """
    kind = media_type.partition(b";")[0].strip().lower()
    if kind == _NDJSON:
        return [line[0] for line in islice(_LINE.finditer(body), most + 1)]
    if kind.startswith(_CLOUDEVENTS) or (
        kind not in (b"application/json", b"") and not kind.endswith(b"+json")
    ):
        told = fault(
            "content-type-unknown",
            detail_en="send the report or answer itself as application/json, or one per line as "
            "application/x-ndjson",
            detail_zh="请直接以application/json发送上报或答复，或以application/x-ndjson每行发送一条",
        )
        raise Problem(415, told, headers={"accept": "application/json, application/x-ndjson"})
    if body.lstrip()[:1] != b"[" and b'"' + named.encode() + b'"' not in body:
        return None
    items = _items(body, named=named, most=most)
    return None if items is None else [to_json(item) for item in items[: most + 1]]


def _items(body: bytes, *, named: str, most: int) -> list[Any] | None:
    """Return the items of a batch, of a long one with too many perhaps only the first of them."""
    try:
        if len(body) > _GLANCE:
            # A million items make objects that take a second, and the others at the door wait for it.
            glanced = _listed(from_json(body[:_GLANCE], allow_partial=True), named=named)
            if glanced is not None and len(glanced) > most:
                return glanced
    except ValueError:
        pass  # a cut may fall anywhere; what is wrong with the whole is found when it is read
    if sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        told = f"{_MOST_VALUES} values are allowed in a batch"
        raise Problem(413, fault("too-large", detail_zh=f"一批最多{_MOST_VALUES}个值", detail_en=told))
    try:
        return _listed(from_json(whole_characters(body)), named=named)
    except ValueError as error:
        raise Problem(400, fault("not-json", detail_en=str(error))) from None


def _listed(value: Any, *, named: str) -> list[Any] | None:
    if isinstance(value, dict):
        # With an id it is one report or answer, whatever a terminal adds that the contract does not know.
        value = None if f"{named.removesuffix('s')}_id" in value else value.get(named)
    return value if isinstance(value, list) else None


async def answer(send: Send, status: int, body: bytes, *, headers: Mapping[str, str]) -> None:
    """Send the whole response."""
    head: list[tuple[bytes, bytes]] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    head += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _too_large(limit: int) -> Problem:
    return Problem(
        413, fault("too-large", detail_zh=f"最多{limit}字节", detail_en=f"{limit} bytes are allowed")
    )
