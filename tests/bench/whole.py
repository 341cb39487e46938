"""The whole house at work and at rest: from a terminal to a mailbox, the door, memory, idle cost."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psutil
from confluent_kafka import Producer

from tests.bench import backlog, steady
from tests.bench.backlog import Mix
from tests.bench.draining import cpu_s
from tests.bench.figures import Say, median_of, spread
from tests.bench.knocking import Caller
from tests.bench.site import HOPS, Site
from tests.bench.steady import Arrivals
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import TaskChanged
from wangge_local.cli_screen import Note, Steps
from wangge_local.house import House
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.house_replicas import Replica, is_built, wait_until_ready
from wangge_local.publish import Outsiders

TERMINAL = "pda"
REPORTS = topics.TERMINAL_REPORTS.named(TERMINAL)
CONNECTIONS, BATCH = 16, 50
_SETTLES_S = 4.0


class _Lines(Steps):
    """Steps told to who watches, on standard error."""

    def __init__(self, say: Say) -> None:
        super().__init__(None)
        self._say = say

    @contextmanager
    def step(self, what: str) -> Iterator[Note]:
        """Say what came of the step."""
        note = Note()
        yield note
        self._say(f"{what}: {note.text or 'done'}")


@dataclass(slots=True)
class Whole:
    """One house on a site, and what was measured of it; *seconds* is how long each measurement lasts."""

    site: Site
    seconds: float
    rounds: int
    say: Say
    mix: Mix = field(init=False)
    house: House = field(init=False)
    _numbers: Iterator[int] = field(default_factory=count)
    lost: int = 0
    """What was handed in and did not come out."""

    def open(self) -> None:
        """Start every room that there is, with a door that lets us send as much as it can bear."""
        missing = frozenset(name for name in topics.SERVICES if not is_built(name))
        self.site.lay_topics(Outsiders((), ()))
        self.house = House(self.site.folder, DEFAULT_CONFIG, without=missing)
        self.house.kafka, self.house.postgres = self.site.kafka, self.site.postgres
        steps = _Lines(self.say)
        bundle = self.house.lay_ground(steps)
        self.house.publish(steps, bundle)
        self.mix = Mix.of(bundle)
        for replica in self.house.replicas:
            if replica.service == "intake":
                replica.environment = {**replica.environment, "quota_per_s": "1e6", "quota_burst": "1e6"}
        self.house.open_rooms(steps)

    def close(self) -> None:
        """Stop the rooms; the ground is the site's to end."""
        running = [replica for replica in self.house.replicas if replica.program is not None]
        for replica in running:
            replica.ask_to_stop()
        for replica in running:
            replica.stopped(timeout=25)

    def idle(self, *, seconds: float = 20) -> dict[str, Any]:
        """Processor time of every room and of PostgreSQL while nothing happens, in per cent of one core."""
        time.sleep(_SETTLES_S)
        before, began = self._cpu(), time.monotonic()
        time.sleep(seconds)
        lasted = time.monotonic() - began
        used = {who: round((at - before[who]) / lasted * 100, 2) for who, at in self._cpu().items()}
        self.say(f"idle: {used}")
        return {"core_percent": round(sum(used.values()), 2), "by": used, "seconds": seconds}

    def memory(self) -> dict[str, float]:
        """Megabytes that each room holds now."""
        return {
            replica.service: round(program.memory_info().rss / 1e6, 1)
            for replica in self.house.replicas
            if (program := replica.program) is not None
        }

    def to_mailbox(self) -> dict[str, Any]:
        """A report on the terminal's topic -> its task in the department's mailbox, at a steady pace."""
        producer = _producer(self.site.kafka.bootstrap)
        numbers: dict[int, int] = {}

        def send(number: int, _: float) -> None:
            numbers[number] = next(self._numbers)
            said = self.mix.report(numbers[number], always_classed=True)
            envelope = Envelope(said.report_id, "/bench", said.TYPE, said.captured_at)
            producer.produce(REPORTS, said.write(), headers=list(to_headers(envelope)))
            producer.poll(0)

        async def run() -> list[float]:
            due = await steady.go_by_the_clock(send, seconds=self.seconds)
            return await self._arrived(arrivals, due, numbers)

        with self._mailboxes() as arrivals:
            return spread(asyncio.run(run()))

    def through_door(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same through the HTTP door: until it answers, and until the task is in the mailbox."""
        numbers: dict[int, int] = {}
        answered: dict[int, float] = {}
        caller = self._caller()

        async def run() -> tuple[list[float], list[float]]:
            await caller.dial(CONNECTIONS)
            free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
            for line in caller.lines:
                free.put_nowait(line)

            async def send(number: int, _: float) -> None:
                numbers[number] = next(self._numbers)
                line = await free.get()
                if await line.post(caller.request([backlog.report_id(numbers[number])])) == 202:
                    answered[number] = time.monotonic()
                free.put_nowait(line)

            due = await steady.go_by_the_clock(send, seconds=self.seconds)
            arrived = await self._arrived(arrivals, due, numbers)
            caller.hang_up()
            return steady.took(due, answered), arrived

        with self._mailboxes() as arrivals:
            response, arrival = asyncio.run(run())
        return spread(response), spread(arrival)

    def skeleton_hops(self) -> dict[str, Any]:
        """Two bare relays in a chain, at the same pace."""
        producer = _producer(self.site.kafka.bootstrap)
        notes = list(backlog.notes(round((self.seconds + 4) * steady.RATE)))
        run_id = str(next(self._numbers))
        keys = {number: derive_id(run_id, note.key) for number, note in enumerate(notes)}

        def send(number: int, _: float) -> None:
            note = notes[number].model_copy(update={"key": keys[number]})
            producer.produce(HOPS[0], note.write(), note.key, headers=[("id", note.id.encode())])
            producer.poll(0)

        async def run(arrivals: Arrivals) -> list[float]:
            # Who has just joined holds nothing yet: the first notes are for waking them.
            for number in range(steady.RATE):
                send(len(notes) - 1 - number, 0.0)
            await steady.all_seen(arrivals, [keys[len(notes) - 1 - number] for number in range(steady.RATE)])
            due = await steady.go_by_the_clock(send, seconds=self.seconds)
            await steady.all_seen(arrivals, [keys[number] for number in due])
            seen = {number: arrivals.seen[keys[number]] for number in due if keys[number] in arrivals.seen}
            self.lost += len(due) - len(seen)
            return steady.took(due, seen)

        with self.site.database() as database, Arrivals(self.site.kafka.bootstrap, HOPS[2:]) as arrivals:
            chain = [self.site.skeleton(database, hop=hop) for hop in (1, 2)]
            for program in chain:
                program.start()
            try:
                return spread(asyncio.run(run(arrivals)))
            finally:
                for program in chain:
                    program.stop()

    def flood(self, *, batch: int = 1) -> float:
        """Reports kept per second when every connection sends the next as soon as the last is answered."""
        before = self.site.standing([REPORTS])
        caller, told = self._caller(), 0

        def ids() -> list[str]:
            nonlocal told
            told += batch
            return [backlog.report_id(next(self._numbers)) for _ in range(batch)]

        async def run() -> tuple[float, int]:
            await caller.dial(CONNECTIONS)
            kept = await caller.knock(ids, seconds=min(self.seconds, 5))
            caller.hang_up()
            return kept

        per_s, refused = asyncio.run(run())
        standing = self.site.standing([REPORTS]) - before
        self.lost += told - standing - refused * batch
        if refused:
            self.say(f"the door refused {refused} requests")
        return round(per_s * batch)

    def door_alone(self) -> Replica:
        """Stop every room and start intake's door by itself."""
        self.close()
        intake = next(replica for replica in self.house.replicas if replica.service == "intake")
        door = Replica(
            "intake", "door", intake.port, self.site.folder, {**intake.environment, "room": "false"}
        )
        door.start()
        for _ in wait_until_ready([door], timeout=30):
            pass
        return door

    def _mailboxes(self) -> Arrivals:
        boxes = [topics.DEPARTMENT_TASKS.named(slug) for slug in {lead for _, lead in self.mix.classes}]
        return Arrivals(self.site.kafka.bootstrap, boxes, type_=TaskChanged.TYPE)

    async def _arrived(
        self, arrivals: Arrivals, due: dict[int, float], numbers: dict[int, int]
    ) -> list[float]:
        keys = {number: backlog.incident_id(TERMINAL, numbers[number]) for number in due}
        await steady.all_seen(arrivals, list(keys.values()))
        seen = {number: arrivals.seen[key] for number, key in keys.items() if key in arrivals.seen}
        self.lost += len(due) - len(seen)
        return steady.took(due, seen)

    def _caller(self) -> Caller:
        intake = next(replica for replica in self.house.replicas if replica.service == "intake")
        hole = backlog.report_id(0)
        before, _, after = self.mix.report(0, always_classed=True).write().partition(hole.encode())
        assert self.house.keys is not None
        return Caller(intake.port, self.house.keys.tokens[f"terminals.{TERMINAL}"], before, after)

    def _cpu(self) -> dict[str, float]:
        assert self.site.postgres.pid is not None
        database = psutil.Process(self.site.postgres.pid)
        rooms = {
            replica.service: cpu_s(program)
            for replica in self.house.replicas
            if (program := replica.program) is not None
        }
        return rooms | {"postgres": cpu_s(database) + sum(map(cpu_s, database.children(recursive=True)))}


def _producer(bootstrap: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 0,
            "partitioner": "murmur2_random",
            "log_level": 0,
        }
    )


def measure(whole: Whole, names: frozenset[str]) -> dict[str, Any]:
    """Measure what of *names* needs a whole house: idle, mailbox, door. In rounds where it is about time."""
    found: dict[str, Any] = {}
    whole.open()
    try:
        if "idle" in names:
            found["idle"] = whole.idle()
        if "mailbox" in names:
            found |= _latencies(whole)
        if names & {"mailbox", "idle"}:
            found["memory"] = {"by": whole.memory()}
            found["memory"]["largest_mb"] = max(found["memory"]["by"].values())
        if "door" in names:
            with_house = [whole.flood() for _ in range(whole.rounds)]
            whole.say(f"door, all rooms at work: {with_house} accepts/s")
            door = whole.door_alone()
            try:
                single = [whole.flood() for _ in range(whole.rounds)]
                whole.say(f"door: {single} accepts/s")
                batched = [whole.flood(batch=BATCH) for _ in range(whole.rounds)]
                whole.say(f"door, batches of {BATCH}: {batched} reports/s")
            finally:
                door.ask_to_stop()
                door.stopped(timeout=25)
            found.setdefault("door", {}).update(
                accepts_per_s=median_of(single),
                batched_per_s=median_of(batched),
                with_house_accepts_per_s=median_of(with_house),
                runs={"accepts": single, "batched": batched, "with_house": with_house},
            )
        found["lost_in_house"] = whole.lost
    finally:
        whole.close()
    return found


def _latencies(whole: Whole) -> dict[str, Any]:
    runs: dict[str, list[dict[str, Any]]] = {
        "skeleton_hops": [], "mailbox": [], "door": [], "door_to_mailbox": []
    }  # fmt: skip
    for number in range(whole.rounds):
        runs["skeleton_hops"].append(whole.skeleton_hops())
        runs["mailbox"].append(whole.to_mailbox())
        response, arrival = whole.through_door()
        runs["door"].append(response)
        runs["door_to_mailbox"].append(arrival)
        told = ", ".join(f"{name} {of[-1]['p50_ms']} / {of[-1]['p99_ms']}" for name, of in runs.items())
        whole.say(f"round {number + 1}, p50 / p99 in ms at {steady.RATE}/s: {told}")
    found: dict[str, Any] = {
        name: {which: median_of([run[which] for run in of]) for which in ("p50_ms", "p99_ms", "max_ms")}
        | {"runs_p99_ms": [run["p99_ms"] for run in of]}
        for name, of in runs.items()
    }
    pairs = zip(runs["mailbox"], runs["skeleton_hops"], strict=True)
    found["mailbox"]["of_skeleton"] = median_of([mine["p99_ms"] / bare["p99_ms"] for mine, bare in pairs])
    return found
