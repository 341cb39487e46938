"""What the door answers before Kafka or the database is asked for anything."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from pydantic_core import from_json, to_json

from tests.unit.intake.builders import content
from wangge_chassis.browsing import Browser, Position, Stretch
from wangge_chassis.counting import Counted
from wangge_chassis.outsiders import read_outsiders
from wangge_chassis.producing import Letter, NotKept, Producer
from wangge_contracts.shapes import schema_of
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered
from wangge_intake.books import Kept
from wangge_intake.callers import Callers
from wangge_intake.contacts import Contacts
from wangge_intake.door import MOST_IN_A_BATCH, Door
from wangge_intake.mailbox import Mailbox
from wangge_intake.pages import make_pages
from wangge_intake.verdicts import Verdicts

SLOW = 1e-6
"""Messages a second that next to nothing is paid back by while a test runs; whoever has any left may send."""


class Shelf:
    """Keeps whatever it is given, and knows nothing of it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.is_away = False

    async def send_all(self, letters: Sequence[Letter]) -> None:
        """Keep, unless it is away."""
        if self.is_away:
            raise NotKept("away")
        self.letters += letters

    async def known(self, _: Sequence[str]) -> dict[str, Kept | bytes]:
        """Nothing was said before."""
        return {}

    async def one(self, _: str) -> None:
        """Nor this."""


class Rack:
    """Lets everybody read the same stretch, or says why not."""

    def __init__(self) -> None:
        self.found: Stretch | Exception = Stretch(Position(UUID(int=7), {0: 3, 11: 12}))
        self.asked: list[tuple[str, Position | None, int, float]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def read(
        self,
        topic: str,
        after: Position | None,
        *,
        most: int,
        within_s: float,
        closing: Callable[[], Awaitable[bool]],
    ) -> Stretch:
        """Tell what is asked for when it is open."""
        self.asked.append((topic, after, most, within_s))
        for _ in range(10_000):
            if self.open.is_set() or await closing():
                break
            await asyncio.sleep(0)
        else:
            raise AssertionError("it was never opened, and nobody was let go")
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class House:
    """A door for `terminals.pda` with a quota of *burst* messages."""

    def __init__(self, tokens: Path, *, burst: float) -> None:
        self.shelf = Shelf()
        self.rack = Rack()
        self.hung_up = asyncio.Event()
        door = Door(
            callers=Callers(read_outsiders(tokens).owner, quota_per_s=SLOW, quota_burst=burst),
            producer=cast("Producer", self.shelf),
            verdicts=cast("Verdicts", self.shelf),
            body_limit=4 * 1024 * 1024,
            wait_limit_s=0,
        )
        self.mailbox = Mailbox(cast("Browser", self.rack), wait_limit_s=8)
        self._pages = Counted(make_pages(door, cast("Contacts", None), self.mailbox))

    async def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Return status, body and headers of the answer."""
        sent = {"authorization": "Bearer pda-token", "content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        told: list[dict[str, Any]] = []
        query = path.partition("?")[2]

        bodies = iter([body])

        async def receive() -> dict[str, Any]:
            for whole in bodies:
                return {"type": "http.request", "body": whole}
            await self.hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path.partition("?")[0]),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
        await self._pages(scope, receive, send)
        head, *rest = told
        answered = {name.decode(): value.decode() for name, value in head["headers"]}
        return head["status"], from_json(b"".join(part["body"] for part in rest)), answered


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    file = tmp_path / "outsiders.toml"
    file.write_text(f'"terminals.pda" = "{sha256(b"pda-token").hexdigest()}"\n')
    return file


async def test_what_is_refused_is_charged_too(tokens: Path) -> None:
    crowd = b"[" + b"{}," * MOST_IN_A_BATCH + b"{}]"
    house = House(tokens, burst=MOST_IN_A_BATCH)

    assert [(await house.ask("POST", "/v1/reports", crowd))[0] for _ in range(2)] == [413, 429]
    assert [(await house.ask("POST", "/v1/reports", b"{"))[0] for _ in range(2)] == [429, 429]
    house = House(tokens, burst=1.5)
    assert [(await house.ask("POST", "/v1/reports", b"["))[0] for _ in range(3)] == [400, 400, 429]


async def test_a_batch_takes_one_for_each_item_and_may_overdraw(tokens: Path) -> None:
    house = House(tokens, burst=4)
    batch = [to_json([content(report_id=f"{of}-{n}") for n in range(3)]) for of in range(3)]

    answers = [(await house.ask("POST", "/v1/reports", each))[0] for each in batch]
    assert answers == [202, 202, 429]
    assert len(house.shelf.letters) == 6


async def test_other_content_under_an_id_of_the_same_batch_is_a_conflict_once_the_first_is_kept(
    tokens: Path,
) -> None:
    house = House(tokens, burst=20)
    first = content(report_id="r-1")
    batch = to_json([first, content(report_id="r-1", description={"text": "井盖破损"}), first, {}])

    status, told, _ = await house.ask("POST", "/v1/reports", batch)
    assert (status, [each["status"] for each in told["results"]]) == (207, [202, 409, 202, 422])
    house.shelf.is_away = True
    status, told, _ = await house.ask("POST", "/v1/reports", batch)
    assert (status, [each["status"] for each in told["results"]]) == (207, [503, 503, 503, 422])
    status, _, headers = await house.ask("POST", "/v1/reports", to_json(from_json(batch)[:2]))
    assert (status, headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/v1/reports", "/v1/reports"),
        ("POST", "/v1/answers", "/v1/answers"),
        ("GET", "/v1/reports/r-1", "/v1/reports/{report_id:opaque}"),
    ],
)
async def test_what_is_refused_is_counted_by_its_route(
    tokens: Path, method: str, path: str, route: str
) -> None:
    house, labels = House(tokens, burst=0), {"method": method, "route": route, "status": "429"}
    before = REGISTRY.get_sample_value("wangge_http_requests_total", labels) or 0
    await house.ask(method, path, b"{}")

    assert REGISTRY.get_sample_value("wangge_http_requests_total", labels) == before + 1


async def test_who_asks_what_became_of_his_reports_is_charged_like_who_reports(tokens: Path) -> None:
    house = House(tokens, burst=1.5)
    answers = [await house.ask("GET", "/v1/reports/r-1") for _ in range(3)]

    assert [status for status, *_ in answers] == [404, 404, 429]
    assert "retry-after" in answers[-1][2]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1E+0999", "9" * 400 + ".0"])
@pytest.mark.parametrize(
    "value",
    [b'{"report_id":"r-1","unknown":[%s]}', b'{"report_id":"r-1","place":{"point":{"accuracy_m":%s}}}'],
)
async def test_what_is_no_number_is_refused_alike_alone_and_in_any_batch(
    tokens: Path, value: bytes, number: str
) -> None:
    house = House(tokens, burst=9)
    value %= number.encode()
    good = to_json(content())
    status, alone, _ = await house.ask("POST", "/v1/reports", value)
    _, array, _ = await house.ask("POST", "/v1/reports", b"[%s,%s]" % (value, good))
    _, lines, _ = await house.ask(
        "POST", "/v1/reports", b"%s\n%s" % (value, good), content_type="application/x-ndjson"
    )

    assert (status, alone["errors"][0]["code"]) == (400, "not-json")
    for batch in (array, lines):
        assert [result["status"] for result in batch["results"]] == [400, 202]
        assert batch["results"][0]["problem"] == alone
    assert [letter.value for letter in house.shelf.letters] == [good, good]


async def test_what_is_no_number_is_refused_among_more_unknown_fields_than_are_told_of(tokens: Path) -> None:
    house = House(tokens, burst=9)
    many = to_json(content())[:-1] + b"".join(b',"%x":0' % number for number in range(1001))

    assert (await house.ask("POST", "/v1/reports", many + b"}"))[0] == 202
    status, problem, _ = await house.ask("POST", "/v1/reports", many + b',"last":1e999}')
    assert (status, problem["errors"][0]["code"]) == (400, "not-json")


async def test_a_character_that_was_cut_in_two_keeps_nothing_out(tokens: Path) -> None:
    house = House(tokens, burst=9)
    good, cut = (to_json(content(report_id=id_, description={"text": "#"})) for id_ in ("r-1", "r-2"))
    cut = cut.replace(b"#", rb"\ud83d")

    status, told, _ = await house.ask("POST", "/v1/reports", b"[%s,%s]" % (cut, good))
    assert (status, [each["report_id"] for each in told["results"]]) == (202, ["r-2", "r-1"])
    assert (await house.ask("POST", "/v1/reports", cut))[0] == 202


async def test_words_that_look_like_no_number_are_words(tokens: Path) -> None:
    value = to_json(content(description={"text": "NaN, Infinity: 1e999"}, report_id="1e999"))

    assert (await House(tokens, burst=9).ask("POST", "/v1/reports", value))[0] == 202


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"content_encoding": "gzip"}, {"accept-encoding": "identity"}),
        ({"content_encoding": "identity, br"}, {"accept-encoding": "identity"}),
        ({"content_type": "text/plain"}, {"accept": "application/json, application/x-ndjson"}),
        ({"content_type": "application/x-www-form-urlencoded"}, {"accept": "application/json"}),
        ({"content_type": "application/cloudevents+json"}, {"accept": "application/json"}),
        ({"content_type": "application/cloudevents-batch+json"}, {"accept": "application/json"}),
    ],
)
async def test_what_comes_in_another_form_hears_in_which_to_send_it(
    tokens: Path, headers: dict[str, str], told: dict[str, str]
) -> None:
    status, problem, answered = await House(tokens, burst=9).ask(
        "POST", "/v1/reports", to_json(content()), **headers
    )

    assert (status, problem["errors"][0]["code"]) == (415, "content-type-unknown")
    assert ": send the " in problem["errors"][0]["text_en"]
    assert "发送" in problem["errors"][0]["text_zh"]
    assert all(value in answered[name] for name, value in told.items())


@pytest.mark.parametrize(
    "headers", [{"content_encoding": "Identity"}, {"content_type": "application/vnd.a+json"}]
)
async def test_what_says_of_itself_that_it_is_plain_json_is_taken(
    tokens: Path, headers: dict[str, str]
) -> None:
    assert (await House(tokens, burst=9).ask("POST", "/v1/reports", to_json(content()), **headers))[0] == 202


async def test_no_page_of_the_door_runs_the_scripts_of_others(tokens: Path) -> None:
    # Such a page asks for the token, and whoever serves the scripts may read it there.
    status, _, _ = await House(tokens, burst=9).ask("GET", "/docs")

    assert status == 404


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/v1/reports", "201 202 207 400 401 403 408 409 413 415 422 429 503"),
        ("post", "/v1/answers", "202 207 400 401 403 408 409 413 415 422 429 503"),
        ("get", "/v1/reports/{report_id}", "200 401 403 404 429 503 default"),
        ("get", "/v1/mailbox", "200 401 404 410 422 429 503"),
        ("get", "/v1/receipts", "200 401 404 410 422 429 503"),
    ],
)
async def test_the_door_is_described_with_all_that_it_answers(
    tokens: Path, method: str, path: str, statuses: str
) -> None:
    _, told, _ = await House(tokens, burst=9).ask("GET", "/openapi.json")

    described = told["paths"][path][method]
    assert sorted(described["responses"]) == statuses.split()
    assert described["security"]
    assert [each["type"] for each in told["components"]["securitySchemes"].values()] == ["http"]


async def test_the_door_is_described_with_all_that_it_takes(tokens: Path) -> None:
    _, told, _ = await House(tokens, burst=9).ask("GET", "/openapi.json")

    for path, one, many in (
        ("/v1/reports", "ReportSubmitted", "Reports"),
        ("/v1/answers", "TaskAnswered", "Answers"),
    ):
        described = told["paths"][path]["post"]
        content = described["requestBody"]["content"]
        single, named = content["application/json"]["schema"]["anyOf"]
        assert single == {"$ref": f"#/components/schemas/{one}"}
        assert "an array of them" in described["description"]
        assert named == {"$ref": f"#/components/schemas/{many}"}
        assert content["application/x-ndjson"]
        waits = [each["name"] for each in described.get("parameters", [])]
        assert waits == (["Prefer"] if path == "/v1/reports" else [])


async def test_what_is_said_is_described_as_the_contract_has_it_for_who_writes(tokens: Path) -> None:
    _, told, _ = await House(tokens, burst=9).ask("GET", "/openapi.json")

    schemas = told["components"]["schemas"]
    for message in (ReportSubmitted, TaskAnswered):
        written = schema_of(message, "writer")
        assert schemas[message.__name__]["properties"].keys() == written["properties"].keys()
        assert schemas[message.__name__]["additionalProperties"] is False
        assert {name: schemas[name]["required"] for name in ("Text", "Point", "Person")} == {
            name: written["$defs"][name]["required"] for name in ("Text", "Point", "Person")
        }
    assert schemas["ReportSubmitted"]["properties"]["mode"]["enum"] == ["actual", "exercise", "test"]
    assert schemas["TaskAnswered"]["properties"]["acted_at"]["description"] == "Claimed; never moves a clock."
    whole = to_json(told).decode()
    assert '"null"' not in whole
    assert set(re.findall('"#/components/schemas/([^"]+)"', whole)) <= schemas.keys()


async def test_every_answer_with_a_body_has_a_schema(tokens: Path) -> None:
    _, told, _ = await House(tokens, burst=9).ask("GET", "/openapi.json")

    for path, operations in told["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                (content,) = response["content"].values()
                assert content["schema"], (path, status)
