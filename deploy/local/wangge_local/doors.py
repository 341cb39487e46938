"""HTTP on loopback: what a service's door says, or one line about why it says nothing."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from wangge_local.ground import GroundError

JSON = Mapping[str, Any]


def _straight() -> urllib.request.OpenerDirector:
    """Return what dials the address itself: a proxy that the environment names has no loopback of ours."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


STRAIGHT = _straight()


class Refused(GroundError):
    """The door understood and said no; *told* is what it said."""

    def __init__(self, status: int, told: JSON) -> None:
        faults = [fault_text(fault) for fault in told.get("errors", ())]
        super().__init__("; ".join(faults) or str(told.get("detail") or f"HTTP {status}"))
        self.status = status
        self.told = told


@dataclass(frozen=True, slots=True)
class Door:
    """One service's door; *name* is the replica's, for errors."""

    name: str
    address: str
    token: str | None = None

    def get(self, path: str, *, timeout: float = 10, **wishes: str | int | None) -> JSON:
        """
        Return the JSON at *path*; *wishes* become its query.

        :raises Refused: the door said no. :raises GroundError: it did not answer.
        """
        asked = urlencode({name: wish for name, wish in wishes.items() if wish is not None})
        return self._asked(f"{path}?{asked}" if asked else path, None, timeout, {})

    def post(
        self, path: str, body: bytes, *, timeout: float = 15, headers: Mapping[str, str] | None = None
    ) -> JSON:
        """Say *body* at *path* and return the answer; raises as `get` does."""
        return self._asked(path, body, timeout, headers or {})

    def delete(self, path: str, *, timeout: float = 10, **wishes: str) -> JSON:
        """Have what is at *path* removed and return the answer; raises as `get` does."""
        return self._asked(f"{path}?{urlencode(wishes)}", None, timeout, {}, method="DELETE")

    def health(self, *, timeout: float = 2) -> JSON:
        """Return whether the replica is ready, why not, and what its consumers do."""
        try:
            return self.get("/health/ready", timeout=timeout)
        except Refused as refused:
            return refused.told
        except GroundError:
            return {"ready": False, "reasons": ["gives no answer"]}

    def events(
        self, path: str, *, last: str | None = None, timeout: float = 30
    ) -> Iterator[tuple[str, JSON]]:
        """
        Yield server-sent events, each with its id, until the door closes; one that tells no more is empty.

        :raises Refused: the door said no. :raises OSError: it gives no answer, or broke off.
        """
        request = self._request(path, None)
        if last is not None:
            request.add_header("Last-Event-ID", last)
        position = ""
        told: JSON | None = None
        try:
            answer = STRAIGHT.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _problem(error)) from None
        with answer:
            for raw in answer:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name == "id":
                    position, told = value, {}
                elif name == "data":
                    told = json.loads(value)
                elif told is not None:
                    yield position, told
                    told = None

    def _asked(
        self,
        path: str,
        body: bytes | None,
        timeout: float,
        headers: Mapping[str, str],
        *,
        method: str | None = None,
    ) -> JSON:
        request = self._request(path, body, method)
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with STRAIGHT.open(request, timeout=timeout) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _problem(error)) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise GroundError(
                f"{self.name} at {self.address} gives no answer ({reason}): wangge status"
            ) from None

    def _request(self, path: str, body: bytes | None, method: str | None = None) -> urllib.request.Request:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        address = self.address + quote(path, safe="/?&=%+:")
        return urllib.request.Request(address, data=body, headers=headers, method=method)


def step(name: str) -> str:
    """Return *name* as one step of a path, whatever stands in it; raises GroundError when it is empty."""
    if not name.strip():
        raise GroundError("an empty name names nothing: give a case number or an id")
    return quote(name, safe="")


def fault_text(told: JSON) -> str:
    """Return what is wrong and, if it is not the whole, with which field."""
    text = str(told.get("text_en", told.get("code")))
    return f"{told['pointer']}: {text}" if told.get("pointer") else text


def _problem(error: urllib.error.HTTPError) -> JSON:
    try:
        told = json.load(error)
    except (OSError, ValueError):
        return {"detail": f"HTTP {error.code}"}
    return told if isinstance(told, dict) else {"detail": str(told)}
