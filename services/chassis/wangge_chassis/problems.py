"""What a caller is told of a request that no door has seen: problem details (RFC 9457)."""

from http import HTTPStatus

from pydantic_core import to_json

MEDIA_TYPE = "application/problem+json"


def problem(status: HTTPStatus, detail: str) -> bytes:
    """Return the body of an answer with *status*; *detail* says what was wrong with this very request."""
    return to_json({"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail})
