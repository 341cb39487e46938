"""The ledger on a real broker and a real database: it tells what it heard, in whatever order it came."""

import hashlib
import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.ground import FreshDatabase, fresh_database, renew_topics
from tests.publishing import published
from tests.service.chassis.running import read_all
from tests.service.ledger.running import RoomProcess, running, say
from tests.unit.ledger.telling import GAS, STORY, told
from tests.waiting import wait_for
from wangge_chassis import Received
from wangge_chassis.postgres import Database
from wangge_contracts.message import derive_id
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import ClockChanged, TaskChanged
from wangge_ledger import lookup
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres
from wangge_local.speaking import Speaker as SpeakerOnKafka

TOKEN = "token-of-the-tests"


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


PEOPLE = f"""
[[person]]
token_sha256 = "{sha256(TOKEN)}"
staff_id = "D-009-04"
role = "dispatcher"
speaks_for = ["desk:110101009", "department:*"]
"""
NUMBERED = {
    "incidents.changed.v1/accepted-into-router": 1,
    "incidents.changed.v1/dispatched": 2,
    "incidents.changed.v1/closed": 3,
    "clocks.changed.v1/clock-started": 1,
    "clocks.changed.v1/clock-rang": 2,
    "notices.changed.v1/delivered": 1,
}


OUTSIDERS = ("departments.gas", "departments.other", "terminals.pda", "terminals.app")
"""Each one's token is its name."""


def story(incident_id: str = GAS, number: int = 0, **changed: Any) -> list[Received]:
    """The gas story's messages, told of another incident where a number says so."""
    spoken = []
    for name in STORY:
        message = told(name, sequence=NUMBERED.get(name), **changed)
        spoken.append(message if number == 0 else renamed(message, incident_id, number))
    return spoken


def renamed(received: Received, incident_id: str, number: int) -> Received:
    """Return the message as told of another incident: every id in it is changed alike."""
    text = received.message.write().decode()
    for old in (GAS, "110101-2026-0000123"):
        text = text.replace(old, incident_id if old == GAS else f"110101-2026-{number:07d}")
    content = json.loads(text)
    rename_ids(content, number)
    key = incident_id if received.key == GAS else f"{received.key}-{number}"
    return replace(
        received,
        key=key,
        message=type(received.message).read(json.dumps(content).encode()),
        envelope=replace(
            received.envelope, id=derive_id(received.envelope.id, str(number)), subject=incident_id
        ),
    )


def rename_ids(content: Any, number: int) -> None:
    if isinstance(content, dict):
        for name, value in content.items():
            if name in (
                "task_id",
                "clock_id",
                "notice_id",
                "endpoint_key",
                "answer_id",
                "order_id",
                "report_id",
            ):
                content[name] = f"{value}-{number}"[-64:]
            else:
                rename_ids(value, number)
    elif isinstance(content, list):
        for item in content:
            rename_ids(item, number)


@pytest.fixture(scope="module")
def place(postgres: Postgres) -> Iterator[FreshDatabase]:
    with fresh_database(postgres) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def ledger(
    kafka: Kafka, place: FreshDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RoomProcess]:
    """One ledger that has heard forty matters, each topic by topic in an order of its own."""
    renew_topics(kafka.bootstrap)
    folder: Path = tmp_path_factory.mktemp("ledger")
    people = folder / "people.toml"
    people.write_text(PEOPLE, encoding="utf-8")
    tokens = folder / "outsiders.toml"
    tokens.write_text("".join(f'"{owner}" = "{sha256(owner)}"\n' for owner in OUTSIDERS), encoding="utf-8")
    with running("ledger", kafka, place, folder, people=people, tokens=tokens) as room:
        chance = random.Random(7)
        others = [
            topics_shuffled(story(derive_id(GAS, str(number)), number), chance) for number in range(1, 40)
        ]
        say(kafka, [*story(), *chain.from_iterable(others)])
        wait_for("every line is written", lambda: lines(place) == 40 * len(STORY))
        yield room


def topics_shuffled(spoken: list[Received], chance: random.Random) -> list[Received]:
    """Order holds inside one topic and key only: topics are told one after the other, in any order."""
    topics = sorted({received.topic for received in spoken})
    chance.shuffle(topics)
    return sorted(spoken, key=lambda received: topics.index(received.topic))


def lines(place: FreshDatabase) -> int:
    return int(place.sql("SELECT count(*) FROM timeline", role="ledger")[0])


def test_every_order_of_topics_ends_in_the_same_books(ledger: RoomProcess) -> None:
    first = ledger.ask("GET", f"/v1/incidents/{GAS}").content

    for number in (3, 17, 39):
        other = ledger.ask("GET", f"/v1/incidents/110101-2026-{number:07d}").content
        assert [line["what"] for line in other["timeline"]] == [line["what"] for line in first["timeline"]]
        assert other["incident"]["state"] == "closed"
        assert [len(other[part]) for part in ("tasks", "clocks", "notices")] == [
            len(first[part]) for part in ("tasks", "clocks", "notices")
        ]


def test_a_matter_is_told_whole_in_effective_order(ledger: RoomProcess) -> None:
    whole = ledger.ask("GET", f"/v1/incidents/{GAS}").content

    instants = [line["effective_at"] for line in whole["timeline"]]
    assert instants == sorted(instants)
    assert whole["timeline"][0]["what"] == "accepted"
    decided = next(line for line in whole["timeline"] if line["what"] == "accepted-into-router")
    assert decided["document"]["decision"]["rule"] == "gas-to-sub-centre"
    assert {task["holder"] for task in whole["tasks"]} >= {"department:gas", "desk:110101009"}
    assert whole["notices"][0]["state"] == "delivered"


def test_what_nobody_heard_of_is_not_found(ledger: RoomProcess) -> None:
    reply = ledger.ask("GET", "/v1/incidents/110101-2026-9999999")

    assert (reply.status, reply.content["status"]) == (404, 404)
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_list_goes_on_page_by_page_until_all_is_told(ledger: RoomProcess) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = ledger.ask("GET", f"/v1/incidents?state=closed&limit=15{after}").content
        seen += [card["incident_id"] for card in page["incidents"]]
        if "next" not in page:
            break
        after = f"&after={page['next']}"

    assert len(seen) == len(set(seen)) == 40


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("department=gas&limit=200", 40),
        ("department=department:gas&limit=200", 40),
        ("street=110101009&limit=200", 40),
        ("street=110101010", 0),
        ("state=open", 0),
        ("q=0000017", 1),
        ("q=GAS%20LEAK&limit=200", 40),
        ("q=100%25", 0),
    ],
)
def test_a_list_is_narrowed(ledger: RoomProcess, query: str, found: int) -> None:
    assert len(ledger.ask("GET", f"/v1/incidents?{query}").content["incidents"]) == found


@pytest.mark.parametrize(("query", "status"), [("department=water", 404), ("state=opn", 422)])
def test_what_was_never_known_narrows_no_list(ledger: RoomProcess, query: str, status: int) -> None:
    assert ledger.ask("GET", f"/v1/incidents?{query}").status == status


def test_a_card_says_who_has_it_and_how_it_stands(ledger: RoomProcess) -> None:
    (card,) = ledger.ask("GET", "/v1/incidents?q=0000123").content["incidents"]

    assert (card["state"], card["lead"], card["departments"], card["overdue"]) == (
        "closed",
        "department:gas",
        ["gas"],
        False,
    )
    assert card["card"]["class"]["en"] == "Gas leak"


@pytest.mark.parametrize("query", ["limit=0", "after=nonsense", "limit=x"])
def test_a_wrong_question_is_a_problem_that_says_why(ledger: RoomProcess, query: str) -> None:
    reply = ledger.ask("GET", f"/v1/incidents?{query}")

    assert reply.status == 422
    assert reply.content["detail"]


def test_a_board_counts_what_is_open_and_overdue_in_earnest(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    def open_matter(number: int, **changed: Any) -> list[Received]:
        spoken = [
            told("incidents.changed.v1/accepted-into-router", sequence=1, **changed),
            told("incidents.changed.v1/dispatched", sequence=2, **changed),
        ]
        return [renamed(message, derive_id("open", str(number)), number) for message in spoken]

    said_at = "2026-01-06T02:30:00.000Z"
    rang = told("clocks.changed.v1/clock-rang", sequence=1, rung="overdue", deadline=said_at)
    before = lines(place)
    say(kafka, open_matter(501))
    say(kafka, open_matter(502))
    say(kafka, open_matter(503, incident__mode="exercise"))
    say(kafka, [renamed(rang, derive_id("open", "502"), 502)])
    wait_for("all of it is written", lambda: lines(place) == before + 7)

    for name in ("110101009", "110101"):
        board = ledger.ask("GET", f"/v1/boards/{name}").content
        assert (board["open"], board["overdue"]) == (2, 1)
        assert board["by_department"] == [{"department": "gas", "open": 2, "overdue": 1}]
        assert [matter["case_number"] for matter in board["matters"]] == ["110101-2026-0000502"]
    assert ledger.ask("GET", "/v1/boards/110101010").content["open"] == 0
    assert ledger.ask("GET", "/v1/boards/dongzhimen").status == 404


def test_a_board_counts_as_listed_what_is_listed_on_it(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    def listed(number: int, *entries: dict[str, str]) -> Received:
        entries = tuple(entry | {"since": "2026-01-06T03:00:00.000Z"} for entry in entries)
        street = {"code": "110101004", "names": {"zh": "街", "en": "street"}}
        matter = told(
            "incidents.changed.v1/dispatched",
            sequence=1,
            incident__listed=entries,
            incident__place__street=street,
        )
        return renamed(matter, derive_id("listed", str(number)), number)

    before = lines(place)
    of_street, of_district = {"board": "street", "place": "110101004"}, {"board": "district"}
    before_it_was_put_right = {"board": "street", "place": "110101005"}
    spoken = [listed(801, of_street), listed(802, of_street, of_district), listed(803)]
    say(kafka, [*spoken, listed(804, before_it_was_put_right)])
    wait_for("all of it is written", lambda: lines(place) == before + 4)

    none: list[int] = []
    boards = (("110101004", [801, 802]), ("110101", [802]), ("110101005", [804]), ("110101009015", none))
    for name, numbers in boards:
        board = ledger.ask("GET", f"/v1/boards/{name}").content
        shown = [matter["case_number"] for matter in board["matters"] if matter["listed"]]
        assert (board["listed"], shown) == (
            len(numbers),
            [f"110101-2026-{number:07d}" for number in numbers],
        )


@pytest.mark.usefixtures("ledger")
async def test_of_a_timeline_that_is_too_long_to_be_told_at_once_the_newest_is_told(
    kafka: Kafka, place: FreshDatabase
) -> None:
    name, before = derive_id("long", "1"), lines(place)
    spoken = [message for message in story() if not message.topic.startswith("notices.")]
    say(kafka, [renamed(message, name, 850) for message in spoken])
    wait_for("all of it is written", lambda: lines(place) == before + len(spoken))
    connection = await Database(place.dsn("ledger"), schema="ledger").connect()
    try:
        whole, short = [
            json.loads(found[1])
            for most in (lookup.MOST_BYTES, 5_000)
            if (found := await lookup.incident(connection, name, most_bytes=most)) is not None
        ]
    finally:
        await connection.close()

    assert whole["left_out"] is None
    assert 0 < len(short["timeline"]) == len(whole["timeline"]) - short["left_out"]
    assert short["timeline"] == whole["timeline"][short["left_out"] :]


def test_codes_of_another_city_have_boards_too(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    before = lines(place)
    changed = told(
        "incidents.changed.v1/dispatched",
        sequence=1,
        incident__place__street={"code": "boston-1a", "names": {"zh": "1A", "en": "1A"}},
    )
    say(kafka, [renamed(changed, derive_id("elsewhere", "1"), 701)])
    wait_for("it is written", lambda: lines(place) == before + 1)

    assert ledger.ask("GET", "/v1/boards/boston-1a").content["open"] == 1
    listed = ledger.ask("GET", "/v1/incidents?street=boston-1a").content["incidents"]
    assert [matter["case_number"] for matter in listed] == ["110101-2026-0000701"]


def test_a_restricted_matter_is_told_whole_only_to_those_who_may_act(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    before = lines(place)
    secret = told("incidents.accepted.v1/gas-leak", sensitivity="restricted")
    say(kafka, [renamed(secret, "a-secret", 601)])
    wait_for("it is written", lambda: lines(place) == before + 1)

    (card,) = ledger.ask("GET", "/v1/incidents?q=0000601").content["incidents"]
    assert "description" not in card["card"]
    assert ledger.ask("GET", "/v1/incidents/a-secret").status == 401
    assert ledger.ask("GET", "/v1/incidents/a-secret", token=TOKEN).content["incident"]["description"]


def test_what_is_not_for_everybody_in_an_open_matter_is_told_to_those_who_may_act(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    before = lines(place)
    in_confidence = told(
        "reports.attached.v1/reminder",
        message_id="in-confidence",
        confidential=True,
        description={"text": "my neighbour does it", "lang": "en"},
    )
    say(kafka, [in_confidence])
    wait_for("it is written", lambda: lines(place) == before + 1)

    anybody = ledger.ask("GET", f"/v1/incidents/{GAS}").content
    stranger = ledger.ask("GET", f"/v1/incidents/{GAS}", token="of-nobody").content
    desk = ledger.ask("GET", f"/v1/incidents/{GAS}", token=TOKEN).content
    for secret in ("my neighbour does it", "endpoint_key"):
        assert [secret in json.dumps(told) for told in (anybody, stranger, desk)] == [False, False, True]
    assert [line["what"] for line in anybody["timeline"]] == [line["what"] for line in desk["timeline"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("limit=500", 40),
        ("limit=7", 7),
        ("incident=110101-2026-0000123", 1),
        (f"incident={GAS}", 1),
        ("recipient=officer:110101009015004/police&limit=500", 40),
        ("recipient=officer:1/nobody", 0),
        ("state=delivered&limit=500", 40),
        ("state=given-up", 0),
        ("channel=webhook&limit=500", 40),
    ],
)
def test_notices_are_listed_for_those_who_may_act(ledger: RoomProcess, query: str, found: int) -> None:
    assert ledger.ask("GET", f"/v1/notices?{query}").status == 401
    assert len(ledger.ask("GET", f"/v1/notices?{query}", token=TOKEN).content["notices"]) == found


def test_a_notice_is_found_by_its_id_or_the_beginning_of_it(ledger: RoomProcess) -> None:
    def found(name: str) -> list[str]:
        asked = ledger.ask("GET", f"/v1/notices?limit=500&notice={name}", token=TOKEN)
        return [notice["notice_id"] for notice in asked.content["notices"]]

    last = next(name for name in found("") if name.endswith("-39"))

    assert found(last) == [last]
    assert len(found(last[:16])) == 40
    assert found("zzz") == []


def test_an_answer_of_a_person_lies_on_the_topic_when_it_is_answered(
    ledger: RoomProcess, kafka: Kafka
) -> None:
    body = {
        "answer_id": "console-1",
        "task_id": "d3693d2a2a6f66b0682377c347fe312e",
        "incident_id": GAS,
        "based_on_revision": 1,
        "act": "contact-logged",
        "on_behalf_of": "department:gas",
        "contact": {"how": "phone", "at": "2026-01-06T02:07:30Z"},
    }
    reply = ledger.ask("POST", "/v1/acts", body=body, token=TOKEN)

    assert (reply.status, reply.content["answer_id"]) == (202, "console-1")
    (record,) = [
        record
        for record in read_all(kafka.bootstrap, "tasks.answered.v1")
        if dict(record.headers())["ce_id"].decode() == reply.content["id"]
    ]
    assert record.key().decode() == GAS
    spoken = json.loads(record.value())
    assert (spoken["effective_at"], spoken["actor"]["staff_id"]) == (
        reply.content["effective_at"],
        "D-009-04",
    )
    wait_for(
        "it is in the timeline",
        lambda: "console-1" in json.dumps(ledger.ask("GET", f"/v1/incidents/{GAS}").content),
    )


def test_an_order_takes_effect_at_the_house_time_of_the_click(
    ledger: RoomProcess, place: FreshDatabase
) -> None:
    place.sql(
        "INSERT INTO house.anchor (real_at, house_at) VALUES (clock_timestamp(), '2031-05-01T08:00:00Z')"
    )
    body = {
        "order_id": "o-1",
        "order": "remind",
        "incident_id": GAS,
        "mode": "actual",
        "on_behalf_of": "desk:110101009",
    }
    reply = ledger.ask("POST", "/v1/orders", body=body, token=TOKEN)

    assert reply.status == 202
    assert reply.content["effective_at"].startswith("2031-05-01T08:00:")


def test_one_order_for_many_is_an_order_for_each_that_is_open(ledger: RoomProcess, kafka: Kafka) -> None:
    body = {
        "bulk_id": "snow-1",
        "where": {"place": "110101009"},
        "order": {"order": "remind", "on_behalf_of": "desk:110101009"},
    }
    say(kafka, [renamed(told("incidents.accepted.v1/gas-leak", mode="actual"), "many", 940)])

    def meant() -> list[str]:
        dry = ledger.ask("POST", "/v1/orders/bulk", body=body | {"dry_run": True}, token=TOKEN)
        assert dry.status == 200, dry.content
        return [each["case_number"] for each in dry.content["meant"]]

    wait_for("the books know it", lambda: any(number.endswith("940") for number in meant()))
    numbers = meant()
    assert not [
        each for each in read_all(kafka.bootstrap, "desk.ordered.v1") if b"snow-1" in (each.value() or b"")
    ]

    reply = ledger.ask("POST", "/v1/orders/bulk", body=body, token=TOKEN)

    assert reply.status == 202, reply.content
    assert [each["case_number"] for each in reply.content["meant"]] == numbers
    named = {"bulk_id": "two", "where": {"incident_ids": numbers[:1]}, "dry_run": True}
    alone = ledger.ask("POST", "/v1/orders/bulk", body=body | named, token=TOKEN)
    assert alone.content["incident_ids"] == reply.content["incident_ids"][:1]
    said = [json.loads(record.value()) for record in read_all(kafka.bootstrap, "desk.ordered.v1")]
    mine = [each["incident_id"] for each in said if each.get("bulk_id") == "snow-1"]
    assert sorted(mine) == sorted(reply.content["incident_ids"])
    empty: list[dict[str, Any]] = [{}, {"incident_ids": []}, {"holder": None}]
    for nothing in empty:
        refused = ledger.ask("POST", "/v1/orders/bulk", body=body | {"where": nothing}, token=TOKEN)
        assert (refused.status, refused.content["errors"][0]["code"]) == (422, "invalid")
    assert ledger.ask("POST", "/v1/orders/bulk", body=body).status == 401


def test_an_order_for_many_means_matters_of_one_mode(ledger: RoomProcess, kafka: Kafka) -> None:
    def meant(**where: str) -> list[tuple[str, str]]:
        body = {
            "bulk_id": "drill",
            "where": {"place": "110101009", **where},
            "order": {"order": "remind", "on_behalf_of": "desk:110101009"},
            "dry_run": True,
        }
        reply = ledger.ask("POST", "/v1/orders/bulk", body=body, token=TOKEN)
        return [(each["incident_id"], each["mode"]) for each in reply.content["meant"]]

    said = [told("incidents.accepted.v1/gas-leak", mode=mode) for mode in ("actual", "exercise")]
    say(kafka, [renamed(one, f"mode-{number}", 950 + number) for number, one in enumerate(said)])
    wait_for("the books know the drill's", lambda: ("mode-1", "exercise") in meant(mode="exercise"))
    wait_for("the books know the actual one", lambda: ("mode-0", "actual") in meant())

    assert {mode for _, mode in meant(mode="exercise")} == {"exercise"}
    assert {mode for _, mode in meant()} == {"actual"}
    assert meant() == meant(mode="actual")


def test_a_repeated_order_for_many_goes_to_those_alone_that_have_not_had_it(
    ledger: RoomProcess, kafka: Kafka
) -> None:
    names = [f"many-{number}" for number in range(3)]
    numbers = [f"110101-2026-{900 + number:07d}" for number in range(3)]
    body = {
        "bulk_id": "cut-off",
        "where": {"incident_ids": numbers},
        "order": {"order": "remind", "on_behalf_of": "desk:110101009"},
    }

    def ask(**fields: Any) -> Any:
        return ledger.ask("POST", "/v1/orders/bulk", body=body | fields, token=TOKEN)

    def known(count: int) -> bool:
        return len(ask(dry_run=True).content["incident_ids"]) == count

    def report(number: int) -> Received:
        return renamed(told("incidents.accepted.v1/gas-leak"), names[number], 900 + number)

    say(kafka, [report(0), report(1)])
    wait_for("the books know two", lambda: known(2))
    first = ask()
    assert (first.status, first.content["given"]) == (202, [])
    wait_for("the ledger hears its own orders", lambda: len(ask(dry_run=True).content["given"]) == 2)

    order_id = first.content["meant"][0]["order_id"]
    judged = told("acts.judged.v1/order-applied", message_id="v", order_id=order_id, incident_id=names[0])
    say(kafka, [replace(judged, key=names[0]), report(2)])
    wait_for("the books know three", lambda: known(3))
    wait_for("a verdict", lambda: "outcome" in ask(dry_run=True).content["given"][0])
    again = ask().content
    wait_for("the third has it", lambda: len(ask(dry_run=True).content["given"]) == 3)

    assert [each.get("outcome") for each in again["given"]] == ["applied", None]
    assert [each["case_number"] for each in again["given"]] == numbers[:2]
    said = [json.loads(record.value()) for record in read_all(kafka.bootstrap, "desk.ordered.v1")]
    mine = [each["incident_id"] for each in said if each.get("bulk_id") == "cut-off"]
    assert sorted(mine) == names
    other = ask(order={"order": "void", "on_behalf_of": "desk:110101009", "reason_code": "x"})
    assert (other.status, other.content["errors"][0]["code"]) == (422, "id-reused")


def test_who_may_act_sees_what_may_be_the_same(ledger: RoomProcess) -> None:
    reply = ledger.ask("GET", f"/v1/incidents/{GAS}/duplicates", token=TOKEN)

    assert (reply.status, reply.content["incident_id"]) == (200, GAS)
    assert ledger.ask("GET", f"/v1/incidents/{GAS}/duplicates").status == 401
    assert ledger.ask("GET", "/v1/incidents/nothing/duplicates", token=TOKEN).status == 404


def test_what_is_near_may_be_the_same_though_it_lies_across_a_streets_border(
    ledger: RoomProcess, kafka: Kafka
) -> None:
    def report(name: str, number: int, street: str, lat: float) -> Received:
        report = told(
            "incidents.accepted.v1/gas-leak",
            place__wgs84={"lon": 116.3, "lat": lat},
            place__street={"code": street, "names": {"zh": "街", "en": "street"}},
        )
        return renamed(report, name, 930 + number)

    here, street, next_street = 39.8, "110101009", "110101008"
    near = [report("border-this", 0, street, here), report("border-across", 1, next_street, here + 0.002)]
    say(kafka, [*near, report("border-far", 2, next_street, here + 0.003)])
    names = ("border-this", "border-across", "border-far")
    paths = [f"/v1/incidents/{name}" for name in names]
    wait_for("all three", lambda: all(ledger.ask("GET", path, token=TOKEN).status == 200 for path in paths))

    reply = ledger.ask("GET", "/v1/incidents/border-this/duplicates", token=TOKEN)
    assert [each["incident_id"] for each in reply.content["duplicates"]] == ["border-across"]


def to_do(ledger: RoomProcess, token: str, **wishes: str) -> tuple[int, Any]:
    asked = "&".join(f"{name}={wish}" for name, wish in wishes.items())
    reply = ledger.ask("GET", f"/v1/tasks?{asked}", token=token)
    return reply.status, reply.content


def test_a_department_is_told_all_that_it_has_to_do_whole_and_with_its_clock(ledger: RoomProcess) -> None:
    seen: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        status, page = to_do(ledger, "departments.gas", limit="15", **after)
        assert status == 200
        seen += page["tasks"]
        if "next" not in page:
            break
        after = {"after": page["next"]}

    tasks = [TaskChanged.read(json.dumps(one["task"]).encode()) for one in seen]
    assert {(task.holder, task.state) for task in tasks} == {("department:gas", "assigned")}
    assert len({task.task_id for task in tasks}) == len(tasks)
    told = [
        (task.task_id, ClockChanged.read(json.dumps(one["clock"]).encode()))
        for task, one in zip(tasks, seen, strict=True)
        if "clock" in one
    ]
    of_story = "d3693d2a2a6f66b0682377c347fe312e"
    assert {of_story, *(f"{of_story}-{number}"[-64:] for number in range(1, 40))} <= dict(told).keys()
    assert {(clock.task_id == task_id, clock.revision) for task_id, clock in told} == {(True, 2)}


def test_one_task_is_told_to_its_holder_alone(ledger: RoomProcess) -> None:
    _, page = to_do(ledger, "departments.gas", limit="1")
    (one,) = page["tasks"]
    path = f"/v1/tasks/{one['task']['task_id']}"

    assert ledger.ask("GET", path, token="departments.gas").content == one
    assert ledger.ask("GET", path, token=TOKEN).content == one
    assert ledger.ask("GET", path, token="departments.other").status == 404
    assert ledger.ask("GET", path).status == 401
    unheard = ledger.ask("GET", "/v1/tasks/unheard-of", token="departments.gas")
    assert (unheard.status, unheard.content["errors"][0]["code"]) == (404, "unknown-task")


@pytest.mark.parametrize(
    ("token", "wishes", "status"),
    [
        ("", {}, 401),
        ("nobody", {"holder": "department:gas"}, 401),
        ("departments.gas", {"holder": "department:gas"}, 200),
        ("departments.gas", {"holder": "department:other"}, 403),
        ("departments.gas", {"limit": "0"}, 422),
        (TOKEN, {}, 422),
        (TOKEN, {"holder": "gas"}, 422),
        (TOKEN, {"holder": "department:gas"}, 200),
        (TOKEN, {"holder": "desk:110101009"}, 200),
        (TOKEN, {"holder": "desk:110101010"}, 403),
        (TOKEN, {"holder": "department:unheard-of"}, 404),
        ("terminals.pda", {"holder": "department:gas"}, 403),
    ],
)
def test_who_may_ask_for_whose_tasks(
    ledger: RoomProcess, token: str, wishes: dict[str, str], status: int
) -> None:
    assert to_do(ledger, token, **wishes)[0] == status


def test_strangers_and_wrong_words_are_turned_away(ledger: RoomProcess) -> None:
    assert ledger.ask("POST", "/v1/acts", body={}).status == 401
    refused = ledger.ask("POST", "/v1/acts", body={"answer_id": "x"}, token=TOKEN)
    assert refused.status == 422
    assert {error["pointer"] for error in refused.content["errors"]} >= {"/task_id", "/act"}
    foreign = {"order_id": "o", "order": "remind", "incident_id": "i", "mode": "actual"}
    foreign["on_behalf_of"] = "desk:110101"
    assert ledger.ask("POST", "/v1/orders", body=foreign, token=TOKEN).status == 403
    assert ledger.ask("POST", "/v1/acts", raw=b"x" * 300_000, token=TOKEN).status == 413
    number = {"incident_id": "110101-2026-0000123", "other_incident_id": "110101-2026-0000123"}
    numbered = foreign | number | {"order": "merge", "on_behalf_of": "desk:110101009"}
    refused = ledger.ask("POST", "/v1/orders", body=numbered, token=TOKEN)
    assert [error["pointer"] for error in refused.content["errors"]] == ["/incident_id", "/other_incident_id"]
    assert GAS in refused.content["errors"][0]["text_en"]


def test_a_follower_sees_each_new_line_and_goes_on_where_it_stopped(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    before = lines(place)
    with followed(ledger) as stream:
        cut_off = stream.readline().decode().strip().removeprefix("id: ")
        assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-store", "no")
    with followed(ledger, after=cut_off) as stream:
        say(kafka, [renamed(told("incidents.accepted.v1/gas-leak"), "followed", 701)])
        seen, position = next(event for event in events(stream) if event[0]["incident_id"] == "followed")
    say(kafka, [renamed(told("incidents.accepted.v1/gas-leak"), "missed", 702)])
    wait_for("it is written", lambda: lines(place) >= before + 2)

    assert (seen["what"], seen["case_number"]) == ("accepted", "110101-2026-0000701")
    with followed(ledger, after=position) as stream:
        assert next(events(stream))[0]["incident_id"] == "missed"


def test_a_follower_of_a_database_that_is_no_more_is_told_so(ledger: RoomProcess) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{ledger.port}/v1/stream")
    request.add_header("last-event-id", f"{2**62}-1")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)

    with refused.value as answer:
        assert (answer.code, "without Last-Event-ID" in answer.read().decode()) == (410, True)


def test_a_follower_hears_of_a_matter_that_is_hidden_or_not_yet_known_only_if_he_may_act(
    ledger: RoomProcess, kafka: Kafka, place: FreshDatabase
) -> None:
    before = lines(place)
    restricted = told("incidents.accepted.v1/gas-leak", sensitivity="restricted")
    said = [
        renamed(restricted, "followed-secret", 703),
        renamed(told("tasks.answered.v1/done"), "followed-before-it-is-known", 704),
        renamed(told("incidents.accepted.v1/gas-leak"), "followed-by-all", 705),
    ]
    with (
        followed(ledger) as anybody,
        followed(ledger, token="of-nobody") as stranger,
        followed(ledger, token=TOKEN) as desk,
    ):
        say(kafka, said[:2])
        wait_for("they are written", lambda: lines(place) == before + 2)
        say(kafka, said[2:])
        heard = [until(stream, "followed-by-all") for stream in (anybody, stranger, desk)]

    assert heard[:2] == [["followed-by-all"]] * 2
    assert sorted(heard[2]) == ["followed-before-it-is-known", "followed-by-all", "followed-secret"]


def until(stream: Any, last: str) -> list[str]:
    """Of which matters a stream tells up to the *last*."""
    heard: list[str] = []
    for event, _ in events(stream):
        heard.append(event["incident_id"])
        if heard[-1] == last:
            break
    return heard


def followed(ledger: RoomProcess, *, after: str = "", token: str | None = None) -> Any:
    headers = {"last-event-id": after} if after else {}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"http://127.0.0.1:{ledger.port}/v1/stream", headers=headers)
    return urllib.request.urlopen(request, timeout=10)


def events(stream: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """What a stream tells, event by event, each with its id."""
    position = ""
    for line in stream:
        name, _, content = line.decode().rstrip().partition(": ")
        if name == "id":
            position = content
        elif name == "data":
            yield json.loads(content), position


def publish(
    kafka: Kafka,
    version: str,
    *,
    units: dict[str, str],
    street: str,
    since: datetime,
    terminal: str | None = None,
    posts: dict[str, str] | None = None,
) -> None:
    """
    Put a bundle in force that has these units, and the street by that name.

    :param terminal: the officers' system. :param posts: officers who have another one, and which.
    """
    desk: dict[str, Any] = {"holder": "desk:110101009", "name": {"zh": f"{street}分中心", "en": street}}
    filled = [desk, *({"holder": holder, "terminal": of} for holder, of in (posts or {}).items())]
    parts: dict[str, Any] = {
        "departments": [{"slug": slug, "name": {"zh": name, "en": name}} for slug, name in units.items()],
        "places": [{"code": "110101009", "name": {"zh": street, "en": street}}],
        "rosters": {"posts": filled} | ({"terminal": terminal} if terminal else {}),
    }
    speaker = SpeakerOnKafka(kafka.bootstrap, source="/tests")
    for said in published(parts, version=version, since=since):
        speaker.say(REFERENCE_PUBLISHED.name, said, key=said.hash, message_id=said.hash[:32])
    speaker.flush()


def test_names_are_those_of_the_version_in_force_while_it_runs(ledger: RoomProcess, kafka: Kafka) -> None:
    def names(path: str) -> dict[str, Any]:
        told = ledger.ask("GET", path, token=TOKEN).content
        return {each: name["zh"] for each, name in told["names"].items()} | {"": told["reference_version"]}

    def called(version: str) -> dict[str, Any] | None:
        found = names(f"/v1/incidents/{GAS}")
        return found if found[""] == version else None

    began = datetime.now(UTC)
    publish(kafka, "1", units={"gas": "燃气公司", "other": "别处"}, street="东直门", since=began)
    first = wait_for("the first names", lambda: called("1"))
    assert {each: first.get(each) for each in ("department:gas", "110101009", "desk:110101009")} == {
        "department:gas": "燃气公司",
        "110101009": "东直门",
        "desk:110101009": "东直门分中心",
    }
    assert "department:other" not in first

    # Nothing is said of any matter meanwhile: no turn has to come for the door to see what is in force.
    publish(kafka, "2", units={"other": "别处"}, street="新东直门", since=began)
    second = wait_for("the second names", lambda: called("2"))
    assert (second["110101009"], second["desk:110101009"]) == ("新东直门", "新东直门分中心")
    assert second["department:gas"] == "燃气公司"  # gone, and still told of
    assert names("/v1/incidents?street=110101009")["110101009"] == "新东直门"
    assert names("/v1/boards/110101009")["110101009"] == "新东直门"
    assert names("/v1/notices?limit=500")[""] == "2"

    publish(kafka, "3", units={}, street="以后", since=began + timedelta(days=3650))
    publish(kafka, "4", units={"gas": "燃气集团"}, street="东直门", since=began)
    assert wait_for("the fourth names", lambda: called("4"))["department:gas"] == "燃气集团"

    desk = {"order_id": "named", "order": "remind", "incident_id": GAS, "mode": "actual"}
    with followed(ledger) as stream:
        ledger.ask("POST", "/v1/orders", body=desk | {"on_behalf_of": "desk:110101009"}, token=TOKEN)
        line = next(line for line, _ in events(stream) if line["who"].startswith("desk:110101009"))
    assert line["names"]["desk:110101009"]["zh"] == "东直门分中心"
    assert line["reference_version"] == "4"


def test_a_terminal_system_is_told_what_its_officers_have_to_do(ledger: RoomProcess, kafka: Kafka) -> None:
    police = "officer:110101009015004/police"

    def holders(terminal: str, **wishes: str) -> set[str]:
        status, page = to_do(ledger, f"terminals.{terminal}", **wishes)
        assert status == 200
        return {one["task"]["holder"] for one in page["tasks"]}

    assert holders("pda") == set()
    publish(kafka, "5", units={}, street="东直门", since=datetime.now(UTC), terminal="pda")
    wait_for("the roster names its terminal system", lambda: holders("pda") == {police})
    assert holders("pda", holder=police) == {police}
    assert holders("app") == set()
    assert to_do(ledger, "terminals.app", holder=police)[0] == 403

    publish(
        kafka, "6", units={}, street="东直门", since=datetime.now(UTC), terminal="pda", posts={police: "app"}
    )
    wait_for("the post names its own", lambda: holders("app") == {police})
    assert holders("pda") == set()
