"""What an HTTP caller is told when something is wrong (RFC 9457), and who may not go on."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from wangge_contracts.v1 import fault
from wangge_contracts.v1.parts import Fault

TITLES = {
    400: "The request cannot be read",
    401: "A bearer token is needed",
    403: "This token may not say that",
    404: "There is no such thing here",
    405: "This method is not allowed here",
    408: "The whole body was not there in time",
    409: "The same id came with other content",
    413: "The request is too large",
    415: "This media type is not supported",
    422: "The content is not acceptable",
    429: "The quota is used up",
    503: "This cannot be done at the moment",
}


class Problem(Exception):
    """Why a request, or one item of it, is refused: *faults* for programs, *members* extend the answer."""

    def __init__(
        self,
        status: int,
        *faults: Fault,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = faults
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def as_members(self) -> dict[str, Any]:
        """Return the members of the problem details object."""
        members: dict[str, Any] = {
            "type": f"urn:wangge:problem:{self.faults[0].code}" if self.faults else "about:blank",
            "title": TITLES[self.status],
            "status": self.status,
        }
        if self.detail:
            members["detail"] = self.detail
        if self.faults:
            members["errors"] = self.faults
        return members | self.members

    def as_json(self) -> bytes:
        """Return the body, application/problem+json."""
        return to_json(self.as_members(), exclude_none=True)


def unavailable(reason: str) -> Problem:
    """Nothing is kept, or nothing can be told: the caller keeps what it has and comes again."""
    return Problem(503, fault("unavailable"), detail=reason, headers={"retry-after": "2"})
