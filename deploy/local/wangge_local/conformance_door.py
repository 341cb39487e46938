"""A door before the house's own, for a terminal system that is tried out: it hands on, or does not."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from wangge_chassis.problems import MEDIA_TYPE, Problem, away
from wangge_contracts.topics import TERMINAL_RECEIPTS
from wangge_contracts.v1 import fault
from wangge_intake.content import content_sha256
from wangge_intake.door import MOST_IN_A_BATCH
from wangge_intake.requests import split
from wangge_intake.sayings import report_said
from wangge_intake.speakers import Speaker
from wangge_local.conformance_terminal import Answer, Attempt

_REPORTS = "/v1/reports"
_BODY_LIMIT = 4 * 1024 * 1024
_WITHIN_S = 30.0
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"}
"""What is between two neighbours only (RFC 9110, 7.6.1); each of ours counts the length of a body itself."""
_NOT_HANDED_ON = _HOP_BY_HOP | {"host", "content-length", "expect"}
_NOT_HANDED_BACK = _HOP_BY_HOP | {"content-length", "date", "server"}
_CODES = {422: "invalid", 429: "quota", 503: "unavailable"}


@dataclass(frozen=True, slots=True)
class _Handed:
    """A report, as far as it can be told from others; one that cannot be read has an id of its own."""

    report_id: str
    content: bytes
    matter: bytes


@dataclass(frozen=True, slots=True)
class _Told:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Trying:
    """
    What is tried just now, and what has been heard: shared by the door's threads and who listens.

    :param house: address of intake's door. :param slug: the system that is tried out. :param token: its own.
    """

    def __init__(self, house: str, slug: str, token: str) -> None:
        self.heard = SimpleQueue[Attempt]()
        self._speaker = Speaker(slug, f"terminals.{slug}", "reports", TERMINAL_RECEIPTS.named(slug))
        self._house, self._authorization = urlsplit(house).netloc, f"Bearer {token}"
        self._seen = set[str]()
        self._answer: Answer | None = None
        self._lock = Lock()

    def meet(self, answer: Answer) -> None:
        """Have the next report that nobody has seen before answered so."""
        with self._lock:
            self._answer = answer

    def told(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Told | None:
        """Return what is answered; None: nothing is, and the caller is hung up on."""
        at = time.monotonic()
        theirs = headers.get("authorization") == self._authorization
        handed = self._handed(headers, body) if theirs and (method, path) == ("POST", _REPORTS) else []
        answer, tried = self._turn([each.report_id for each in handed])
        ours = answer.status is not None
        told = _ours(answer) if ours else self._handed_on(method, path, headers, body)
        for number, each in enumerate(handed):
            status, against = _became(told, number)
            attempt = Attempt(
                each.report_id,
                each.content,
                each.matter,
                at,
                None if answer.lost else status,
                "" if ours else against,
                tried=each.report_id == tried,
            )
            self.heard.put(attempt)
        return None if answer.lost else _with(told, answer.besides)

    def _turn(self, ids: Sequence[str]) -> tuple[Answer, str | None]:
        """Return what is answered, and which of *ids* the trial is about, if one of them is new."""
        with self._lock:
            new = next((each for each in ids if each not in self._seen), None)
            self._seen.update(ids)
            if new is None or self._answer is None:
                return Answer(), None
            answer, self._answer = self._answer, None
            return answer, new

    def _handed(self, headers: Mapping[str, str], body: bytes) -> Sequence[_Handed]:
        kind = headers.get("content-type", "").encode("latin-1")
        try:
            items = split(body, media_type=kind, named="reports", most=MOST_IN_A_BATCH)
        except Problem:
            items = None  # The house says what is wrong with it.
        return [self._one(value) for value in ([body] if items is None else items)]

    def _one(self, value: bytes) -> _Handed:
        try:
            said = report_said(self._speaker, value)
        except Problem:
            digest = sha256(value).digest()
            return _Handed(f"unreadable:{digest.hex()}", digest, digest)
        nameless = said.message.model_copy(update={"report_id": ""})
        return _Handed(said.id, said.content, content_sha256(nameless))

    def _handed_on(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Told:
        line = HTTPConnection(self._house, timeout=_WITHIN_S)
        try:
            line.request(method, path, body, {n: v for n, v in headers.items() if n not in _NOT_HANDED_ON})
            answer = line.getresponse()
            back = {n.lower(): v for n, v in answer.getheaders() if n.lower() not in _NOT_HANDED_BACK}
            return _Told(answer.status, back, answer.read())
        except (OSError, HTTPException):
            return _of(away("intake"))
        finally:
            line.close()


def _ours(answer: Answer) -> _Told:
    assert answer.status is not None
    if code := _CODES.get(answer.status):
        return _of(Problem(answer.status, fault(code), headers=answer.headers))
    return _Told(answer.status, answer.headers, answer.body.encode())


def _of(problem: Problem) -> _Told:
    return _Told(problem.status, {"content-type": MEDIA_TYPE, **problem.headers}, problem.as_json())


def _with(told: _Told, besides: Mapping[str, Any]) -> _Told:
    if not besides:
        return told
    members = json.loads(told.body)
    for each in members.get("results", [members]):
        each.update(besides)
    return _Told(told.status, told.headers, json.dumps(members).encode())


def _became(told: _Told, number: int) -> tuple[int, str]:
    """Return what the *number*-th report of a request was answered, and what the house has against it."""
    try:
        members = json.loads(told.body)
        item = members["results"][number] if "results" in members else members
        problem = item.get("problem", item)
        status = int(item.get("status", told.status))
    except (ValueError, LookupError, TypeError, AttributeError):
        return told.status, ""
    errors = [f"{each.get('pointer', '')} {each['text_en']}".strip() for each in problem.get("errors", ())]
    unknown = [f"{pointer} is a field that nobody knows" for pointer in item.get("ignored", ())]
    if status >= HTTPStatus.BAD_REQUEST and not errors:
        errors = [str(problem.get("detail", problem.get("title", status)))]
    return status, "; ".join(errors + unknown)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, trying: Trying) -> None:
        self.trying = trying
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: Any) -> None:
        """Say nothing: who hangs up, or speaks no HTTP, is told so by the verdict."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 2 * _WITHIN_S

    def answer(self) -> None:
        """Answer one request, or hang up."""
        assert isinstance(self.server, _Server)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body()
        if body is None:
            told: _Told | None = _of(Problem(413, fault("too-large")))
            self.close_connection = True
        else:
            told = self.server.trying.told(self.command, self.path, headers, body)
        if told is None:
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(told.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    def _body(self) -> bytes | None:
        """Return the whole body; None when it is too large."""
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            length = int(self.headers.get("content-length", 0))
            return self.rfile.read(length) if length <= _BODY_LIMIT else None
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            if len(body) + size > _BODY_LIMIT:
                return None
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def log_message(self, *_: Any) -> None:
        """Say nothing: what is of interest is the verdict."""


for _method in ("GET", "HEAD", "POST", "DELETE"):
    # By these names the server looks for who answers.
    setattr(_Handler, f"do_{_method}", _Handler.answer)


@contextmanager
def trying_door(trying: Trying, *, port: int) -> Iterator[str]:
    """Give out the address of a door on loopback. Raises OSError when the port is taken."""
    with _Server(port, trying) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
