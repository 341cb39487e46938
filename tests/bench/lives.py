"""
What an act costs a router as a process, broker and database and all: the lives of `acts`, from a backlog.

Answers come on one topic and orders on another, so what is said before an order, the order, and what is said
after it are a backlog each; the reports, before all of them, are not counted. So many lives go on side by
side that the router has forgotten each by its next act: every row is parsed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from tests.bench.acts import WORDS, Life, message_of, report_of
from tests.bench.draining import Stuck, drain
from tests.bench.figures import Say, median_of
from tests.bench.site import Site
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.topics import DESK_ORDERED, INCIDENTS_ACCEPTED, INCIDENTS_CHANGED, TASKS_ANSWERED
from wangge_contracts.v1 import DeskOrdered
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.publish import outsiders, publish
from wangge_local.speaking import Speaker
from wangge_router.directory import Directory
from wangge_router.remembering import NOTHING

_STAGES = [tuple(words) for _, words in groupby(WORDS, key=lambda word: word == "designate")]
_OF_A_BACKLOG, _LEAST = 20, 1_000
"""One life for so many records of the other backlogs; of few lives an order each would be a single batch."""


def figures(site: Site, *, size: int, rounds: int, say: Say) -> dict[str, Any]:
    """
    Acts a second and microseconds of processor an act, medians; *lost* are those that changed nothing.

    What gets stuck ends it, and is told as *trouble*.
    """
    bundle = load(DEFAULT_CONFIG)
    directory = Directory.of(bundle.version, bundle.parts, [bundle.part("calendars")])
    rates, used, lost = [], [], 0
    for number in range(rounds):
        site.lay_topics(outsiders(bundle, DEFAULT_CONFIG))
        publish(site.kafka.bootstrap, bundle, at=datetime.now(UTC))
        names = (f"life {number} {each}" for each in range(max(size // _OF_A_BACKLOG, _LEAST)))
        lives = [Life(directory, NOTHING, name) for name in names]
        try:
            rate, of_the_processor = _round(site, lives)
        except Stuck as stuck:
            return {"trouble": str(stuck)}
        rates.append(rate)
        used.append(of_the_processor)
        lost += len(lives) * (1 + len(WORDS)) - site.standing([INCIDENTS_CHANGED.name])
        say(f"lives: {rate:,.0f} acts/s by a router, {of_the_processor:.0f} us of its processor each")
    return {"per_s": median_of(rates), "cpu_us": median_of(used), "runs_per_s": rates, "lost": lost}


def _round(site: Site, lives: Sequence[Life]) -> tuple[float, float]:
    speaker = Speaker(site.kafka.bootstrap, source="/bench")
    with site.database() as database:
        program, done = site.service("router", database), len(lives)
        for life in lives:
            speaker.say(
                INCIDENTS_ACCEPTED.name, report_of(life.name), key=life.name, message_id=f"report {life.name}"
            )
            life.begin()
        speaker.flush()
        drain(site, database, program, schema="router", backlog=done, offsets="consumer_offset")
        seconds = used_us = 0.0
        for words in _STAGES:
            for word in words:
                for life in lives:
                    _say(speaker, life, word)
            speaker.flush()
            before, done = done, done + len(words) * len(lives)
            of = drain(
                site,
                database,
                program,
                schema="router",
                backlog=done,
                offsets="consumer_offset",
                before=before,
            )
            seconds += of.seconds * (done - before) / of.records
            used_us += of.cpu_us["process"] * (done - before)
    acts = len(lives) * len(WORDS)
    return round(acts / seconds), round(used_us / acts, 1)


def _say(speaker: Speaker, life: Life, word: str) -> None:
    """Say what comes next, and have it heard here too, to know what follows from it."""
    value, kind = message_of(life, word)
    envelope = Envelope(f"{life.name} {life.said + 1}", "/bench", kind.TYPE, datetime.now(UTC))
    topic = DESK_ORDERED if kind is DeskOrdered else TASKS_ANSWERED
    speaker.hand_over(topic.name, key=life.name.encode(), headers=to_headers(envelope), value=value)
    life.hear(value, kind)
