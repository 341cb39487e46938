"""How long a report walks from a terminal to a department's mailbox, and a note through two bare relays."""

import asyncio
import time
from typing import Any

from confluent_kafka import Producer

from tests import ground
from tests.bench import backlog, steady
from tests.bench.figures import median_of, spread
from tests.bench.site import HOPS
from tests.bench.steady import Arrivals
from tests.bench.whole import REPORTS, TERMINAL, Whole
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import TaskChanged

CONNECTIONS = 16
Spread = dict[str, float]


def walks(whole: Whole) -> dict[str, Any]:
    """All of them in rounds, one after the other; the figures are medians of the rounds."""
    runs: dict[str, list[Spread]] = {}
    used: dict[str, float] = {}
    for number in range(whole.rounds):
        with whole.processor(used):
            response, arrival = _through_door(whole)
        told = {
            "skeleton_hops": _through_skeletons(whole),
            "mailbox": _to_mailbox(whole),
            "door": response,
            "door_to_mailbox": arrival,
        }
        for name, of in told.items():
            runs.setdefault(name, []).append(of)
        line = ", ".join(f"{name} {of['p50_ms']} / {of['p99_ms']}" for name, of in told.items())
        whole.say(f"round {number + 1}, p50 / p99 in ms at {steady.RATE}/s: {line}")
    found: dict[str, Any] = {
        name: {which: median_of([run[which] for run in of]) for which in ("p50_ms", "p99_ms", "max_ms")}
        | {"runs_p99_ms": [run["p99_ms"] for run in of]}
        for name, of in runs.items()
    }
    found["door_to_mailbox"]["core_percent_by"] = used
    pairs = zip(runs["mailbox"], runs["skeleton_hops"], strict=True)
    found["mailbox"]["of_skeleton"] = median_of([mine["p99_ms"] / bare["p99_ms"] for mine, bare in pairs])
    return found


def _to_mailbox(whole: Whole) -> Spread:
    """A report on the terminal's topic -> its task in the mailbox of the department that must act."""
    producer = _producer(whole)
    numbers: dict[int, int] = {}

    def send(number: int, _: float) -> None:
        numbers[number] = next(whole.numbers)
        said = whole.mix.report(numbers[number], always_classed=True)
        envelope = Envelope(said.report_id, "/bench", said.TYPE, said.captured_at)
        producer.produce(REPORTS, said.write(), headers=list(to_headers(envelope)))
        producer.poll(0)

    async def run() -> list[float]:
        due = await steady.go_by_the_clock(send, seconds=whole.seconds)
        return await _arrived(whole, arrivals, due, numbers)

    with _mailboxes(whole) as arrivals:
        return spread(asyncio.run(run()))


def _through_door(whole: Whole) -> tuple[Spread, Spread]:
    """The same through the HTTP door: until it has answered, and until the task is in the mailbox."""
    numbers: dict[int, int] = {}
    answered: dict[int, float] = {}
    caller = whole.caller()

    async def run() -> tuple[list[float], list[float]]:
        await caller.dial(CONNECTIONS)
        free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for line in caller.lines:
            free.put_nowait(line)

        async def send(number: int, _: float) -> None:
            numbers[number] = next(whole.numbers)
            line = await free.get()
            if await line.post(caller.request([backlog.report_id(numbers[number])])) == 202:
                answered[number] = time.monotonic()
            free.put_nowait(line)

        due = await steady.go_by_the_clock(send, seconds=whole.seconds)
        arrived = await _arrived(whole, arrivals, due, numbers)
        caller.hang_up()
        return steady.took(due, answered), arrived

    with _mailboxes(whole) as arrivals:
        response, arrival = asyncio.run(run())
    return spread(response), spread(arrival)


def _through_skeletons(whole: Whole) -> Spread:
    """A note through two bare relays in a chain, which are started for it; the house is at rest meanwhile."""
    producer = _producer(whole)
    notes = list(backlog.notes(round((whole.seconds + 3) * steady.RATE)))
    run_id = str(next(whole.numbers))
    keys = {number: derive_id(run_id, note.key) for number, note in enumerate(notes)}
    first = range(len(notes) - steady.RATE, len(notes))

    def send(number: int, _: float) -> None:
        note = notes[number].model_copy(update={"key": keys[number]})
        producer.produce(HOPS[0], note.write(), note.key, headers=[("id", note.id.encode())])
        producer.poll(0)

    async def run() -> list[float]:
        # Who has just joined holds nothing yet: the first notes are there to wake them.
        for number in first:
            send(number, 0.0)
        await steady.all_seen(arrivals, [keys[number] for number in first])
        due = await steady.go_by_the_clock(send, seconds=whole.seconds)
        await steady.all_seen(arrivals, [keys[number] for number in due])
        seen = {number: arrivals.seen[keys[number]] for number in due if keys[number] in arrivals.seen}
        whole.miss("skeleton_hops", [keys[number] for number in due if number not in seen])
        return steady.took(due, seen)

    fresh = ground.fresh_database(whole.site.postgres)
    with fresh as database, Arrivals(whole.site.kafka.bootstrap, HOPS[2:]) as arrivals:
        chain = [whole.site.skeleton(database, hop=hop) for hop in (1, 2)]
        for program in chain:
            program.start()
        try:
            return spread(asyncio.run(run()))
        finally:
            for program in chain:
                program.stop()


def _mailboxes(whole: Whole) -> Arrivals:
    boxes = [topics.DEPARTMENT_TASKS.named(slug) for slug in {lead for _, lead in whole.mix.classes}]
    return Arrivals(whole.site.kafka.bootstrap, boxes, type_=TaskChanged.TYPE)


async def _arrived(
    whole: Whole, arrivals: Arrivals, due: dict[int, float], numbers: dict[int, int]
) -> list[float]:
    keys = {number: backlog.incident_id(TERMINAL, numbers[number]) for number in due if number in numbers}
    await steady.all_seen(arrivals, list(keys.values()))
    seen = {number: arrivals.seen[key] for number, key in keys.items() if key in arrivals.seen}
    whole.miss("mailbox", [f"{number}: {keys.get(number)}" for number in due if number not in seen])
    return steady.took(due, seen)


def _producer(whole: Whole) -> Producer:
    return Producer(
        {
            "bootstrap.servers": whole.site.kafka.bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 0,
            "partitioner": "murmur2_random",
            "log_level": 0,
        }
    )
