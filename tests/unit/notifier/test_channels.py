"""Each channel hands a notice on as its receiver wants it, and says how it went."""

import asyncio
import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.unit.notifier.conftest import Serving
from wangge_local.ports import free_port
from wangge_notifier.addresses import Admitted
from wangge_notifier.app import make_service
from wangge_notifier.channels import Channels, Quiet
from wangge_notifier.contacts import CHANNELS
from wangge_notifier.dialling import Dialler, outcome_of
from wangge_notifier.mailing import Mails
from wangge_notifier.reporting import Report
from wangge_notifier.resolving import Resolver
from wangge_notifier.secrecy import Secrets
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.settings import Settings
from wangge_notifier.taking import CourierRoom
from wangge_notifier.texting import Texts
from wangge_notifier.webhook import Webhooks

OLD, NEW = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))
SECRETS = Secrets.model_validate(
    {
        "secrets": {"department:water": [NEW, OLD]},
        "gateway": {"sms": "s3cret", "sms-report": "proof"},
    }
)
GATEWAY = {
    "send": {
        "url": "http://127.0.0.1:{port}/send?key={secret:sms}",
        "headers": {"authorization": "Bearer {secret:sms}"},
        "body": {"to": ["{to}"], "text": "{text}", "out_id": "{notice}"},
        "answer": {
            "status": "/result/0/code",
            "accepted": ["OK"],
            "hopeless": ["BAD_NUMBER"],
            "throttled": ["LIMIT"],
            "reference": "/result/0/id",
        },
    },
    "query": {
        "method": "GET",
        "url": "http://127.0.0.1:{port}/fate/{notice}",
        "answer": {
            "status": "/fate",
            "accepted": ["SENT"],
            "delivered": ["DELIVRD"],
            "hopeless": ["REJECTD"],
        },
    },
}


@pytest.fixture
async def dialler() -> AsyncIterator[Dialler]:
    dialler = Dialler(Admitted.parse("127.0.0.0/8"), within_s=1.0)
    keeping = asyncio.create_task(dialler.attend())
    await asyncio.sleep(0)
    yield dialler
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def parcel(address: str, *, channels: Any = None, **changed: Any) -> Parcel:
    held: dict[str, Any] = {
        "notice_id": "ab" * 16,
        "attempt": 1,
        "holder": "department:water",
        "subject": "到场通知",
        "text": '【网格】请到场 "601" & \n',
        "body": b'{"type":"notice.attend"}',
    }
    return Parcel(address=address, channels=Channels.model_validate(channels or {}), **(held | changed))


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_a_webhook_verifies_with_the_official_library_under_either_secret(
    serving: Serving, dialler: Dialler, secret: str
) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        heard.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=204)

    port = await serving(answer)
    outcome = await Webhooks(dialler, lambda: SECRETS).send(parcel(f"http://127.0.0.1:{port}/"))
    ((headers, body),) = heard

    assert outcome.accepted
    assert Webhook(secret).verify(body, headers) == {"type": "notice.attend"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


async def test_who_takes_a_notice_in_many_words_has_it_all_the_same(
    serving: Serving, dialler: Dialler
) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(headers={"content-security-policy": "x" * 40_000}, body=b"y" * 5_000_000)

    port = await serving(answer)
    outcome = await Webhooks(dialler, lambda: SECRETS).send(parcel(f"http://127.0.0.1:{port}/"))

    assert outcome.accepted


async def test_who_has_no_secret_is_not_told_by_webhook(dialler: Dialler) -> None:
    outcome = await Webhooks(dialler, lambda: SECRETS).send(
        parcel("http://127.0.0.1:1/", holder="department:gas")
    )

    assert (outcome.code, outcome.hopeless) == ("no-secret", True)


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time is not UTC."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "XST-05:45")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(
    ("status", "text", "seconds"),
    [
        (429, "120", 120),
        (503, "5", 5),
        (429, "86400", 3600),
        (429, "Thu, 01 Jan 1970 00:01:00 GMT", 30),
        (429, "Wed, 31 Dec 1969 00:00:00 GMT", 0),
        (429, "Thu Jan  1 00:01:00 1970", 30),
        (429, "soon", None),
        (500, "120", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms_and_bounded(
    status: int, text: str, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert outcome_of(status, retry_after=text, real_s=30.0).retry_after == expected


def gateway(port: int) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(json.dumps(GATEWAY).replace("{port}", str(port)))
    return {"sms": shape}


@pytest.mark.parametrize(
    ("status", "answer", "code", "accepted", "hopeless", "doubtful", "reference"),
    [
        (200, {"result": [{"code": "OK", "id": 815}]}, "OK", True, False, False, "815"),
        (200, {"result": [{"code": "BAD_NUMBER"}]}, "BAD_NUMBER", False, True, False, None),
        (200, {"result": [{"code": "LIMIT"}]}, "LIMIT", False, False, False, None),
        (200, {"result": [{"code": "A_WORD_OF_TOMORROW"}]}, "A_WORD_OF_TOMORROW", False, False, False, None),
        (200, {"result": [{"code": True}]}, "true", False, False, False, None),
        (
            200,
            {"result": [{"code": "138 0001-2345 is no number"}]},
            "# is no number",
            False,
            False,
            False,
            None,
        ),
        (200, {"other": 1}, "unclear", False, False, True, None),
        (200, {"result": [{"code": "", "id": 815}]}, "unclear", False, False, True, None),
        (200, {"result": [{"code": "OK", "id": "x" * 201}]}, "OK", True, False, False, None),
        (200, "no json", "unclear", False, False, True, None),
        (200, "", "unclear", False, False, True, None),
        (200, {"result": [{"code": "OK", "id": "8\0"}]}, "unclear", False, False, True, None),
        (500, {"result": [{"code": "OK"}]}, "500", False, False, False, None),
    ],
)
async def test_a_gateways_answer_is_read_by_its_shape(
    serving: Serving,
    dialler: Dialler,
    status: int,
    answer: Any,
    code: str,
    accepted: bool,
    hopeless: bool,
    doubtful: bool,
    reference: str | None,
) -> None:
    heard: list[tuple[str, str, Any]] = []

    async def reply(request: web.BaseRequest) -> web.Response:
        heard.append((request.path_qs, request.headers["authorization"], await request.json()))
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(status=status, text=text)

    port = await serving(reply)
    sent = parcel("+86-10-0000", channels=gateway(port))
    outcome = await Texts(dialler, lambda: SECRETS, callback="").send(sent)
    ((path, authorization, body),) = heard

    assert (path, authorization) == ("/send?key=s3cret", "Bearer s3cret")
    assert body == {"to": ["+86-10-0000"], "text": sent.text, "out_id": sent.notice_id}
    assert (outcome.code, outcome.accepted, outcome.hopeless) == (code, accepted, hopeless)
    assert outcome.doubtful is doubtful
    assert outcome.reference == reference
    assert "s3cret" not in repr(outcome)


@pytest.mark.parametrize(
    ("fate", "accepted", "delivered", "doubtful", "hopeless"),
    [
        ("SENT", True, False, False, False),
        ("DELIVRD", True, True, False, False),
        ("REJECTD", False, False, False, True),
        ("WHO", False, False, True, False),
    ],
)
async def test_a_gateway_is_asked_what_became_of_a_text(
    serving: Serving,
    dialler: Dialler,
    fate: str,
    accepted: bool,
    delivered: bool,
    doubtful: bool,
    hopeless: bool,
) -> None:
    port = await serving(lambda request: web.json_response({"fate": fate, "of": request.path}))
    outcome = await Texts(dialler, lambda: SECRETS, callback="").query(parcel("+86", channels=gateway(port)))

    assert (outcome.accepted, outcome.delivered, outcome.doubtful, outcome.hopeless) == (
        accepted,
        delivered,
        doubtful,
        hopeless,
    )


def test_all_reports_of_a_callback_are_read() -> None:
    report = Report(notice="/n", status="/s", delivered=("OK",))
    body = json.dumps([{"n": f"{number:032x}", "s": "OK"} for number in range(3500)]).encode()

    reported, faults = report.read(body)
    assert [each.notice for each in reported] == [f"{number:032x}" for number in range(3500)]
    assert faults == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"delivered!", [("not-json", "")]),
        (b"{}", [("missing", "/items")]),
        (b'{"items": [{"n": "1"}, 7]}', [("missing", "/items/0/s"), ("missing", "/items/1/s")]),
        (b'{"items": [{"n": "1", "s": "ENROUT"}]}', [("invalid", "/items/0/s")]),
        (b'{"items": {"s": "OK"}}', [("missing", "/items/n")]),
    ],
)
def test_what_is_not_understood_of_a_callback_is_named(said: bytes, told: list[tuple[str, str]]) -> None:
    report = Report(each="/items", notice="/n", status="/s", delivered=("OK",), passing=("ENROUTE",))

    reported, faults = report.read(said)
    assert reported == []
    assert [(fault.code, fault.pointer) for fault in faults] == told


def test_the_rest_of_a_callback_is_understood_all_the_same() -> None:
    report = Report(notice="/n", status="/s", delivered=("OK",), failed=("BAD",), passing=("ENROUTE",))
    words = ("OK", "ENROUTE", "what", "BAD")
    body = json.dumps([{"n": word.lower(), "s": word} for word in words]).encode()

    reported, faults = report.read(body)
    assert [(each.notice, each.answer) for each in reported] == [("ok", "delivered"), ("bad", "failed")]
    (fault,) = faults
    assert "OK, BAD, ENROUTE" in fault.text_en


def test_no_callback_is_answered_at_great_length() -> None:
    report = Report(notice="/n", status="/s", delivered=("OK",))

    _, faults = report.read(json.dumps([{}] * 3500).encode())
    assert len(faults) == 20


@pytest.mark.parametrize(
    "shape", [{"url": "http://g/{phone}"}, {"url": "ftp://g/"}, {"url": "http://g/", "body": {}, "form": {}}]
)
def test_a_shape_that_asks_for_what_there_is_not_is_refused(shape: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Channels.model_validate({"sms": {"send": shape}})


@pytest.mark.parametrize("sms", [{}, {"sms": {"send": {"url": "https://gateway.example/", "body": {}}}}])
def test_who_wants_to_ask_must_say_how(sms: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"needs `sms\.query`"):
        Channels.model_validate({"use": {"sms": {"doubt": "query"}}, **sms})


@pytest.mark.parametrize("at", ["22:00", "00:00"])
def test_quiet_hours_that_are_no_time_or_all_time_are_refused(at: str) -> None:
    with pytest.raises(ValidationError, match="no time at all"):
        Channels.model_validate({"quiet": {"since": at, "until": at}})


@pytest.mark.parametrize(("since", "until"), [("22:00", "01:30"), ("01:00", "01:30"), ("22:00", "07:00")])
def test_quiet_hours_end_once_in_the_night_whose_hour_comes_twice(since: str, until: str) -> None:
    zone, evening = ZoneInfo("America/New_York"), datetime(2026, 11, 1, 2, tzinfo=UTC)
    quiet = Quiet.model_validate({"since": since, "until": until})

    asked = [evening + timedelta(minutes=minutes) for minutes in range(0, 12 * 60, 10)]
    ends = [(now, end) for now in asked if (end := quiet.ends(now, zone)) is not None]

    assert len({end for _, end in ends}) == 1
    assert all(now < end for now, end in ends)


class Box:
    """A mail server that refuses who the test says; *hooks* are named as `aiosmtpd` looks for them."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refusal = ""
        self.answer = "250 OK"
        self.hooks = SimpleNamespace(handle_RCPT=self.address, handle_DATA=self.take)

    async def address(self, _: Any, __: Any, envelope: Envelope, to: str, ___: Any) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def take(self, _: Any, __: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return self.answer


@contextmanager
def serving_mail(box: Box) -> Iterator[int]:
    """A real server for *box*; yields its port."""
    server: Any = Controller(box.hooks, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def by_mail(port: int, host: str = "127.0.0.1") -> dict[str, Any]:
    return {"mail": {"host": host, "port": port, "security": "none", "sender": "w@example.org"}}


async def test_a_mail_is_taken_or_refused_by_a_real_server() -> None:
    box = Box()
    mails: Channel = Mails(lambda: SECRETS, within_s=2.0)
    with serving_mail(box) as port:
        way = by_mail(port)
        taken = await mails.send(parcel("officer@example.org", channels=way))
        box.refusal = "550 no such person"
        nobody = await mails.send(parcel("nobody@example.org", channels=way))
        box.refusal = "451 later"
        later = await mails.send(parcel("officer@example.org", channels=way))
        injected = await mails.send(parcel("a@example.org\nBcc: b@example.org", channels=way))
    gone = await mails.send(parcel("officer@example.org", channels=way))

    assert (taken.code, taken.accepted) == ("250", True)
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["officer@example.org"]
    assert f"Message-ID: <{'ab' * 16}@example.org>".encode() in (envelope.content or b"")
    assert (nobody.code, nobody.hopeless) == ("550", True)
    assert (later.code, later.hopeless) == ("451", False)
    assert (injected.code, injected.hopeless) == ("bad-address", True)
    assert (gone.code, gone.doubtful) == ("unreachable", False)


@pytest.mark.parametrize(
    "written",
    [
        "a@v1.example,b@v2.example",
        "a@v1.example, b@v2.example",
        "group:x@v5.example,y@v6.example;",
        "group:;",
        "Duty <duty@example.org>",
        "a@v1.example (b@v2.example)",
        '"a,b"@v1.example',
        "a@b@v1.example",
        "a..b@v1.example",
        "a@[127.0.0.1]",
        "a@",
        "@v1.example",
        "a@[",
        "a",
        '"',
        "[,\t._,-(",
        ".:;?b?%",
        "a b@v1.example",
        "a\0@v1.example",
        "=?utf-8?q??=@v1.example",
    ],
)
async def test_what_is_not_one_address_is_told_so_before_anybody_is_dialled(written: str) -> None:
    outcome = await Mails(lambda: SECRETS, within_s=2.0).send(parcel(written, channels=by_mail(1)))

    assert (outcome.code, outcome.hopeless, outcome.doubtful) == ("bad-address", True, False)


@pytest.mark.parametrize("address", ["o.f+1/x@example.org", "o'f=b?@localhost", "网格员@例子.中国"])
async def test_a_mail_goes_to_the_one_address_that_is_written(address: str) -> None:
    box = Box()
    with serving_mail(box) as port:
        way = by_mail(port)
        outcome = await Mails(lambda: SECRETS, within_s=2.0).send(parcel(f" {address} ", channels=way))

    assert outcome.accepted
    assert [envelope.rcpt_tos for envelope in box.envelopes] == [[address]]


async def test_where_the_server_takes_no_such_address_nothing_was_sent() -> None:
    server = await asyncio.start_server(speaking({}), "127.0.0.1", 0)
    way = by_mail(server.sockets[0].getsockname()[1])
    outcome = await Mails(lambda: SECRETS, within_s=2.0).send(parcel("网格员@例子.中国", channels=way))
    server.close()

    assert (outcome.code, outcome.hopeless, outcome.doubtful) == ("no-smtputf8", True, False)
    assert not outcome.sick


async def test_a_mail_waits_for_none_of_the_threads_that_others_of_the_house_need() -> None:
    loop, is_over = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, is_over.wait)
    box = Box()
    try:
        with serving_mail(box) as port:
            way = by_mail(port, "localhost")
            mails = Mails(lambda: SECRETS, within_s=2.0)
            outcome = await mails.send(parcel("officer@example.org", channels=way))
    finally:
        is_over.set()
        await busy

    assert (outcome.code, len(box.envelopes)) == ("250", 1)


async def test_a_mail_server_whose_name_nobody_could_look_up_was_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getfqdn", lambda: str(is_over.wait()))
    way = by_mail(1, "localhost")
    mails = Mails(lambda: SECRETS, within_s=0.5, resolver=Resolver(patience_s=0.1, at_once=1))
    hangs = asyncio.ensure_future(mails.send(parcel("officer@example.org", channels=way)))
    await asyncio.sleep(0.05)
    outcome = await mails.send(parcel("officer@example.org", channels=way))
    is_over.set()

    assert (outcome.code, outcome.untried) == ("name-not-asked", True)
    assert (await hangs).code == "unreachable"


async def test_a_mail_server_that_falls_silent_leaves_a_doubt() -> None:
    class Silent(Box):
        async def take(self, server: Any, session: Any, envelope: Envelope) -> str:
            await asyncio.sleep(1.5)
            return await super().take(server, session, envelope)

    with serving_mail(Silent()) as port:
        mails = Mails(lambda: SECRETS, within_s=0.5)
        outcome = await mails.send(parcel("officer@example.org", channels=by_mail(port)))

    assert (outcome.doubtful, outcome.sick) == (True, True)


def speaking(answers: dict[str, str]) -> Any:
    """A mail server that answers each command by its script, else as one that takes everything."""
    usual = {"": "220 here", "EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 come in", "DATA": "354 go on"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = ""
        while True:
            writer.write(f"{answers.get(command) or usual.get(command, '250 OK')}\r\n".encode())
            line = await reader.readline()
            if not line:
                writer.close()
                return
            command = line.decode().split()[0].upper()

    return serve


@pytest.mark.parametrize(
    ("refuses", "code", "hopeless", "sick"),
    [
        ({"AUTH": "535 5.7.8 authentication credentials invalid"}, "535", False, True),
        ({"": "554 5.7.1 no SMTP service for you"}, "554", False, True),
        ({"": "421 busy"}, "421", False, True),
        ({"EHLO": "550 who are you", "HELO": "550 who are you"}, "550", False, True),
        ({"MAIL": "550 5.7.1 not your address"}, "550", False, True),
        ({"RCPT": "550 5.1.1 no such person"}, "550", True, False),
        ({"RCPT": "450 later"}, "450", False, False),
    ],
)
async def test_what_a_mail_server_has_against_us_ends_no_mail(
    refuses: dict[str, str], code: str, hopeless: bool, sick: bool
) -> None:
    server = await asyncio.start_server(speaking(refuses), "127.0.0.1", 0)
    way = by_mail(server.sockets[0].getsockname()[1])
    login = Secrets.model_validate({"mail": {"user": "w", "password": "old"}})
    outcome = await Mails(lambda: login, within_s=2.0).send(parcel("officer@example.org", channels=way))
    server.close()

    assert (outcome.code, outcome.hopeless, outcome.sick) == (code, hopeless, sick)
    assert not outcome.doubtful


def test_what_can_be_told_by_is_what_the_courier_sends_by_and_the_console() -> None:
    service = make_service(Settings(kafka="127.0.0.1:9", postgres="postgresql:///nowhere"))
    room = next(each.room for each in service.consumers if isinstance(each.room, CourierRoom))

    assert {"console", *room._courier._flights.means} == set(CHANNELS)
