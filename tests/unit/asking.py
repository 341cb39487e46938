"""A door is asked without a server."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message


def asked(door: ASGIApp, path: str, query: str = "", *, method: str = "GET") -> tuple[int, str, bytes]:
    """Status, media type and body of its answer; *path* is unquoted, as servers hand it on."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
    scope |= {"query_string": query.encode(), "http_version": "1.1", "scheme": "http", "root_path": ""}

    async def ask() -> None:
        await door({**scope, "headers": []}, receive, send)

    asyncio.run(ask())
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in said[1:])
    return said[0]["status"], headers["content-type"], body
