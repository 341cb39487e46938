"""The body of a request -> its bytes; refused when it is compressed or too large, the same at every door."""

from starlette.requests import Request

from wangge_chassis.problems import Problem
from wangge_contracts.v1.faults import fault


async def read_body(request: Request, *, most: int) -> bytes:
    """Return the whole body, of *most* bytes. Raises Problem 413 and 415, and ClientDisconnect."""
    refuse_encoded(request.headers.get("content-encoding", ""))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            told = fault("too-large", detail_zh=f"最多{most}字节", detail_en=f"at most {most} bytes")
            raise Problem(413, told, detail=told.text_en)
    return bytes(body)


def refuse_encoded(encoding: str) -> None:
    """Raise Problem 415 when the body is compressed: it would be read as nonsense."""
    if encoding.strip().lower() not in ("", "identity"):
        told = fault(
            "content-type-unknown",
            detail_en="send the body as it is, without Content-Encoding",
            detail_zh="请直接发送内容，不要使用Content-Encoding",
        )
        raise Problem(415, told, headers={"accept-encoding": "identity"})
