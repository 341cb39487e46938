"""What the door answers when it cannot do what was asked: problem details (RFC 9457)."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from wangge_chassis.problems import MEDIA_TYPE
from wangge_contracts.v1 import Fault

RETRY = {"retry-after": "5"}


class Problem(Exception):
    """What cannot be done, for a machine to read; *faults* tell what is wrong with which part of the body."""

    def __init__(self, status: int, detail: str, *, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)


async def tell(_: Request, error: Exception) -> Response:
    """Answer a Problem that some route raised."""
    assert isinstance(error, Problem)
    told = {"type": "about:blank", "title": error.detail, "status": error.status, "detail": error.detail}
    errors = {"errors": [each.model_dump() for each in error.faults]} if error.faults else {}
    return JSONResponse(
        told | errors,
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers=RETRY if error.status == 503 else None,
    )
