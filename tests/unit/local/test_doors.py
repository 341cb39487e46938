"""What is asked at a door is what was typed, whatever stands in it."""

import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread

import pytest

from wangge_local.doors import STRAIGHT, Door, Refused, step
from wangge_local.ground import GroundError


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("2026-1", "2026-1"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a/b%2F", "a%2Fb%252F"),
        ("坑", "%E5%9D%91"),
    ],
)
def test_a_name_is_one_step_of_the_path(name: str, asked: str) -> None:
    assert step(name) == asked


def test_a_refusal_names_the_field_and_what_is_wrong_with_it() -> None:
    errors = [
        {"code": "missing", "pointer": "/place", "text_en": "A field is missing"},
        {"code": "not-json", "pointer": "", "text_en": "This is no JSON"},
    ]

    assert str(Refused(422, {"errors": errors})) == "/place: A field is missing; This is no JSON"
    assert str(Refused(404, {"detail": "nothing is known of x"})) == "nothing is known of x"


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(GroundError, match="case number"):
        step(name)


def test_who_follows_shows_his_token_for_he_is_to_hear_of_hidden_matters_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[urllib.request.Request] = []

    def answer(request: urllib.request.Request, **_: object) -> BytesIO:
        asked.append(request)
        return BytesIO(b'id: 7-0\n\nid: 7-1\ndata: {"what": "accepted"}\n\n: nothing new\n\nid: 7-2\n')

    monkeypatch.setattr(STRAIGHT, "open", answer)
    heard = list(Door("ledger", "http://127.0.0.1:1", "t").events("/v1/stream", last="7-0"))

    assert heard == [("7-0", {}), ("7-1", {"what": "accepted"})]
    assert asked[0].get_header("Authorization") == "Bearer t"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'data: {"ready": true}\n\n' if self.path == "/v1/stream" else b'{"ready": true}'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of a door that answers."""
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_of_the_users_is_not_asked_for_our_own_loopback(
    answering: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    for exempt in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(exempt, raising=False)
    door = Door("intake-0", answering, "t")

    assert door.get("/health/ready") == {"ready": True}
    assert list(door.events("/v1/stream")) == [("", {"ready": True})]
