"""The notifier on a real broker and a real database, and a receiver that does not always want to hear."""

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiohttp import web
from confluent_kafka import Producer

from tests.ground import FreshDatabase, fresh_database, renew_topics
from tests.publishing import published
from tests.service.chassis.running import read_all
from tests.service.ledger.running import RoomProcess, running, say
from tests.unit.ledger.telling import GAS, told
from tests.unit.notifier.telling import PARTS
from tests.waiting import wait_for
from wangge_chassis import Received
from wangge_chassis.reading import ORIGIN_APPENDED_AT, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from wangge_contracts.cloudevents import Envelope
from wangge_contracts.message import derive_id
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port
from wangge_local.postgres import Postgres
from wangge_notifier.contacts import Endpoint
from wangge_notifier.directory import endpoint_key
from wangge_notifier.signing import secret_of, sign

SECRET = f"whsec_{b64encode(b'a secret of twenty-four b').decode()}"
TOKEN = "operator"
TOKEN_SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()
PUBLIC = "https://grid.example"
pytestmark = pytest.mark.usefixtures("notifier")
FAST = {"first_wait_s": 0.2, "longest_wait_s": 0.4, "send_within_s": 2, "attempts": 4}


@dataclass
class Receiver:
    """
    A unit's own system: it answers what *answers* says for an incident, then 204.

    `hang` makes it wait for the test. Answers are kept by incident, because notices of other tests may still
    be on their way.
    """

    port: int = field(default_factory=free_port)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, list[int | str]] = field(default_factory=dict)
    goes_on: Event = field(default_factory=Event)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append((dict(request.headers), body))
        left = self.answers.get(json.loads(body)["data"]["incident_id"])
        answer = left.pop(0) if left else 204
        if isinstance(answer, str):
            await asyncio.to_thread(self.goes_on.wait, 30)
            answer = 204
        headers = {"location": "http://127.0.0.1:1/"} if answer == 302 else {}
        return web.Response(status=answer, headers=headers)

    def of(self, notice: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for headers, body in self.heard if notice in body.decode()]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    loop = asyncio.new_event_loop()

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/wangge", receiver.hear)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
        return runner

    runner = loop.run_until_complete(serve())
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield receiver
    receiver.goes_on.set()
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def publication(parts: dict[str, Any]) -> list[Received]:
    """The reference data as an operator publishes it."""
    now, said = datetime.now(UTC), []
    for message in published(parts, version="2026.1", since=datetime(2026, 1, 1, tzinfo=UTC)):
        envelope = Envelope(message.hash[:32], "/tests", message.TYPE, now)
        said.append(Received(REFERENCE_PUBLISHED.name, 0, 0, message.hash, envelope, message, now))
    return said


@pytest.fixture(scope="module")
def place(postgres: Postgres) -> Iterator[FreshDatabase]:
    with fresh_database(postgres) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def notifier(
    kafka: Kafka, place: FreshDatabase, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RoomProcess]:
    renew_topics(kafka.bootstrap)
    address = f"http://127.0.0.1:{receiver.port}/wangge"
    parts = json.loads(json.dumps(PARTS).replace("http://127.0.0.1:1/wangge", address))
    say(kafka, publication(parts))
    folder: Path = tmp_path_factory.mktemp("notifier")
    secrets = folder / "secrets.toml"
    own = f'link_key = "{b64encode(b"k" * 32).decode()}"\noperators = ["{TOKEN_SHA256}"]\n'
    secrets.write_text(f'{own}[secrets]\n"department:water" = "{SECRET}"\n', encoding="utf-8")
    with running(
        "notifier",
        kafka,
        place,
        folder,
        secrets=secrets,
        admitted="127.0.0.0/8",
        public_url=PUBLIC,
        **FAST,
    ) as room:
        yield room


def given(number: int) -> tuple[str, Received]:
    """A task given to the water works, in an incident of its own."""
    incident_id = derive_id("incident", str(number))
    text = told("incidents.changed.v1/dispatched").message.write().decode()
    for old, new in ((GAS, incident_id), ("department:gas", "department:water")):
        text = text.replace(old, new)
    content = json.loads(text)
    content["tasks"] = content["tasks"][:1]
    content["tasks"][0]["task_id"] = f"task-{number}"
    first = told("incidents.changed.v1/dispatched", sequence=1)
    return incident_id, replace(
        first,
        key=incident_id,
        message=type(first.message).read(json.dumps(content).encode()),
        envelope=replace(first.envelope, id=f"fact-{number}", subject=incident_id),
    )


def changes(kafka: Kafka, incident_id: str, channel: str = "webhook") -> list[dict[str, Any]]:
    """What the courier said of the notices of one incident, in order; identical records may come again."""
    said = {
        dict(record.headers())["ce_id"]: record.value()
        for record in read_all(kafka.bootstrap, "notices.changed.v1")
    }
    values = [json.loads(value) for value in said.values()]
    return [told for told in values if told["incident_id"] == incident_id and told["channel"] == channel]


def states(kafka: Kafka, incident_id: str, channel: str = "webhook") -> list[tuple[str, int]]:
    return [(told["state"], told["attempt"]) for told in changes(kafka, incident_id, channel)]


def test_a_receiver_that_fails_twice_is_asked_under_one_id_until_it_accepts(
    kafka: Kafka, receiver: Receiver
) -> None:
    incident_id, fact = given(1)
    receiver.answers[incident_id] = [500, 302]
    say(kafka, [fact])
    wait_for("it is sent", lambda: ("sent", 3) in states(kafka, incident_id))

    heard = receiver.of(incident_id)
    assert len(heard) == 3
    assert len({headers["webhook-id"] for headers, _ in heard}) == 1
    assert len({body for _, body in heard}) == 1
    assert states(kafka, incident_id) == [
        ("sending", 1),
        ("failed", 1),
        ("sending", 2),
        ("failed", 2),
        ("sending", 3),
        ("sent", 3),
    ]
    assert [told.get("outcome", {}).get("code") for told in changes(kafka, incident_id)] == [
        None,
        "500",
        None,
        "302",
        None,
        "204",
    ]


def test_what_is_received_is_signed_by_us(kafka: Kafka, receiver: Receiver) -> None:
    incident_id, fact = given(2)
    say(kafka, [fact])
    wait_for("it is heard", lambda: receiver.of(incident_id))

    headers, body = receiver.of(incident_id)[0]
    expected = sign(
        [secret_of(SECRET)],
        message_id=headers["webhook-id"],
        timestamp_s=int(headers["webhook-timestamp"]),
        body=body,
    )
    assert headers["webhook-signature"] == expected["webhook-signature"]
    content = json.loads(body)
    assert content["type"] == "notice.task-given"
    assert content["data"]["case_number"] == "110101-2026-0000123"
    assert "endpoint_key" not in content["data"]


def test_a_secret_is_renewed_without_a_restart(
    notifier: RoomProcess, kafka: Kafka, receiver: Receiver
) -> None:
    file = Path(notifier.settings["secrets"])
    renewed = f"whsec_{b64encode(b'another of twenty-four by').decode()}"
    fresh = file.with_suffix(".new")
    fresh.write_text(file.read_text("utf-8").replace(f'"{SECRET}"', f'["{renewed}", "{SECRET}"]'), "utf-8")
    fresh.replace(file)
    numbers = iter(range(100, 200))

    def signed_by_both() -> bool:
        incident_id, fact = given(next(numbers))
        say(kafka, [fact])
        wait_for("it is heard", lambda: receiver.of(incident_id))
        headers, body = receiver.of(incident_id)[0]
        signed = {
            secret: sign(
                [secret_of(secret)],
                message_id=headers["webhook-id"],
                timestamp_s=int(headers["webhook-timestamp"]),
                body=body,
            )["webhook-signature"]
            for secret in (renewed, SECRET)
        }
        return headers["webhook-signature"] == f"{signed[renewed]} {signed[SECRET]}"

    wait_for("both sign", signed_by_both)


def test_the_console_shows_a_notice_once(notifier: RoomProcess, kafka: Kafka) -> None:
    incident_id, fact = given(3)
    say(kafka, [fact])
    wait_for("it is shown", lambda: states(kafka, incident_id, "console"))

    assert states(kafka, incident_id, "console") == [("sent", 1)]
    shown = [line for line in notifier.log.splitlines() if "notice_told" in line]
    assert any("department:water" in line for line in shown)


def test_a_receiver_that_never_accepts_is_given_up(kafka: Kafka, receiver: Receiver) -> None:
    incident_id, fact = given(4)
    receiver.answers[incident_id] = [500] * 4
    say(kafka, [fact])
    wait_for("it is given up", lambda: ("given-up", 4) in states(kafka, incident_id))

    assert len(receiver.of(incident_id)) == 4


def test_a_rung_tells_by_the_task_as_it_stands_since(kafka: Kafka) -> None:
    incident_id, fact = given(12)
    say(kafka, [fact])
    wait_for("it is told", lambda: changes(kafka, incident_id, "console"))
    content = json.loads(fact.message.write())
    content["tasks"][0] |= {"change": "forwarded", "revision": 9, "sensitivity": "restricted"}
    since = replace(fact.envelope, id="fact-12-restricted", sequence=2)
    say(kafka, [replace(fact, envelope=since, message=type(fact.message).read(json.dumps(content).encode()))])

    def told_again() -> bool:
        return any(each.get("task_revision") == 9 for each in changes(kafka, incident_id, "console"))

    wait_for("it is told again", told_again)
    rang = told(
        "clocks.changed.v1/clock-rang",
        message_id="rang-12",
        sequence=1,
        incident_id=incident_id,
        task_id="task-12",
        holder="department:water",
    )
    say(kafka, [replace(rang, key=incident_id)])

    def warned() -> list[dict[str, Any]]:
        return [each for each in changes(kafka, incident_id, "console") if each["cause"] == "rang-12"]

    wait_for("the rung is told", warned)
    before = [each for each in changes(kafka, incident_id, "console") if each["cause"] == "fact-12"]
    assert "602" in before[0]["text"]["text"]
    assert {each["sensitivity"] for each in warned()} == {"restricted"}
    assert not any("602" in each["text"]["text"] for each in warned())


def test_an_answer_that_comes_back_is_a_fact(kafka: Kafka) -> None:
    incident_id, fact = given(6)
    say(kafka, [fact])
    wait_for("it is sent", lambda: ("sent", 1) in states(kafka, incident_id))
    sent = changes(kafka, incident_id)[-1]
    answered = told(
        "notices.answered.v1/confirmed", notice_id=sent["notice_id"], endpoint_key=sent["endpoint_key"]
    )
    say(kafka, [replace(answered, key=sent["endpoint_key"])])
    wait_for("it is confirmed", lambda: ("confirmed", 1) in states(kafka, incident_id))


def test_a_courier_killed_while_posting_doubts_and_posts_again_under_the_same_id(
    notifier: RoomProcess, kafka: Kafka, receiver: Receiver
) -> None:
    incident_id, fact = given(7)
    receiver.answers[incident_id] = ["hang"]
    say(kafka, [fact])
    wait_for("it is heard", lambda: receiver.of(incident_id))
    notifier.kill()
    receiver.goes_on.set()
    notifier.start()
    wait_for("it is sent", lambda: ("sent", 2) in states(kafka, incident_id))

    assert states(kafka, incident_id) == [("sending", 1), ("unknown", 1), ("sending", 2), ("sent", 2)]
    assert len({headers["webhook-id"] for headers, _ in receiver.of(incident_id)}) == 1
    assert [record.key() for record in read_all(kafka.bootstrap, "notifier.dead-letters")] == []


def test_a_replay_that_cannot_be_read_dies_once_though_composer_and_courier_both_read_it(
    kafka: Kafka, place: FreshDatabase
) -> None:
    origins = ["incidents.changed.v1", "notices.composed.v1", "desk.ordered.v1", ""]
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    for origin in origins:
        spoken = {ORIGIN_TOPIC: origin, ORIGIN_PARTITION: "0", ORIGIN_OFFSET: "7"}
        at = {ORIGIN_APPENDED_AT: "2026-01-06T02:02:04+00:00"} if origin else {}
        headers: Any = [(name, text.encode()) for name, text in (spoken | at).items()]
        producer.produce("notifier.replays.v1", b"{", b"k", 0, headers=headers)
    assert producer.flush(30) == 0
    read = "SELECT count(*) FROM consumer_offset WHERE topic = 'notifier.replays.v1' AND next_offset = 4"
    wait_for("both have read them", lambda: place.sql(read, role="notifier") == ["2"])
    wait_for("nothing waits", lambda: place.sql("SELECT count(*) FROM outbox", role="notifier") == ["0"])

    buried = [dict(record.headers()) for record in read_all(kafka.bootstrap, "notifier.dead-letters")]
    assert sorted((letter["wangge_topic"].decode(), letter["ce_source"].decode()) for letter in buried) == [
        ("desk.ordered.v1", "/wangge/notifier-composer"),
        ("incidents.changed.v1", "/wangge/notifier-composer"),
        ("notices.composed.v1", "/wangge/notifier-courier"),
        ("notifier.replays.v1", "/wangge/notifier-composer"),
    ]


def call(receiver: Receiver) -> tuple[str, Received]:
    """A call to attend, composed for the water works, which they are to confirm."""
    address = f"http://127.0.0.1:{receiver.port}/wangge"
    key = endpoint_key("department:water", Endpoint(channel="webhook", address=address))
    until = datetime.now(UTC) + timedelta(minutes=5)
    named: dict[str, Any] = {
        "notice_id": derive_id("call"),
        "incident_id": derive_id("incident", "call"),
        "endpoint_key": key,
        "recipient": {"kind": "department", "ref": "department:water"},
    }
    found = told("notices.composed.v1/attend", message_id="call", confirm_by=until.isoformat(), **named)
    return named["incident_id"], replace(found, key=key)


def test_a_link_asks_once_and_a_confirmed_call_answers_its_task(
    notifier: RoomProcess, kafka: Kafka, receiver: Receiver
) -> None:
    incident_id, composed = call(receiver)
    say(kafka, [composed])
    wait_for("it is heard", lambda: receiver.of(incident_id))
    link = json.loads(receiver.of(incident_id)[0][1])["data"]["confirm_url"]
    path = link.removeprefix(PUBLIC)
    asked = notifier.ask("GET", path)
    still = states(kafka, incident_id)
    done = notifier.ask("POST", path)
    wait_for("it is confirmed", lambda: ("confirmed", 1) in states(kafka, incident_id))
    answers = [json.loads(record.value()) for record in read_all(kafka.bootstrap, "tasks.answered.v1")]

    assert (asked.status, done.status) == (200, 200)
    assert "确认收到" in asked.content
    assert asked.headers["referrer-policy"] == "no-referrer"
    assert ("confirmed", 1) not in still
    assert [each["act"] for each in answers if each["incident_id"] == incident_id] == ["acknowledge"]
    assert notifier.ask("GET", f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}").status == 404


def test_an_operator_has_a_notice_sent_again_as_one_of_its_own(
    notifier: RoomProcess, kafka: Kafka, receiver: Receiver
) -> None:
    incident_id, fact = given(9)
    say(kafka, [fact])
    wait_for("it is sent", lambda: ("sent", 1) in states(kafka, incident_id))
    path = f"/v1/notices/{changes(kafka, incident_id)[0]['notice_id']}/answers"
    stranger = notifier.ask("POST", path, body={"answer": "resend"})
    nonsense = notifier.ask("POST", path, body={"answer": "sing"}, token=TOKEN)
    no_name = notifier.ask("POST", "/v1/notices/%00/answers", body={"answer": "resend"}, token=TOKEN)
    kept = notifier.ask("POST", path, body={"answer": "resend"}, token=TOKEN)
    wait_for("it is heard again", lambda: len(receiver.of(incident_id)) == 2)

    assert (stranger.status, nonsense.status, no_name.status, kept.status) == (401, 422, 404, 202)
    assert len({headers["webhook-id"] for headers, _ in receiver.of(incident_id)}) == 2


def test_an_endpoint_that_is_gone_is_not_asked_again_and_the_desk_hears_of_it(
    kafka: Kafka, receiver: Receiver
) -> None:
    # The last test: nothing goes to this endpoint any more.
    incident_id, fact = given(5)
    receiver.answers[incident_id] = [410]
    say(kafka, [fact])
    wait_for("it is given up", lambda: ("given-up", 1) in states(kafka, incident_id))
    wait_for(
        "the desk is told",
        lambda: [
            told["recipient"]["ref"]
            for told in changes(kafka, incident_id, "console")
            if told["template"]["name"] == "endpoint-gone"
        ],
    )
    later_id, later = given(8)
    say(kafka, [later])
    wait_for("the next one is given up", lambda: ("given-up", 0) in states(kafka, later_id))
