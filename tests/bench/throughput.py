"""Backlogs: the bare relay's, intake's and the router's, in rounds, so that ratios are of the same minute."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet

from tests.bench import backlog, units
from tests.bench.backlog import Mix
from tests.bench.draining import Drained, Stuck, drain
from tests.bench.figures import Say, median_of
from tests.bench.site import HOPS, Site
from wangge_contracts import topics
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.publish import Outsiders, outsiders, publish
from wangge_local.speaking import Speaker

_TERMINAL = "pda"
_MADE_BY_INTAKE = (
    topics.INCIDENTS_ACCEPTED.name,
    topics.INCIDENTS_REJECTED.name,
    topics.REPORTS_ATTACHED.name,
    topics.TASKS_ANSWERED.name,
)
_KEY = Fernet.generate_key().decode()
Fill = Callable[[Speaker, int], None]


@dataclass(slots=True)
class Rounds:
    """What was measured, round by round, under the name of what drained it."""

    size: int
    of: dict[str, list[Drained]] = field(default_factory=dict)
    lost: int = 0
    """Records that went in and did not come out."""
    trouble: list[str] = field(default_factory=list)

    def figures(self, name: str) -> dict[str, Any]:
        """The figures of *name*: each the median of the rounds, the ratio that of the rounds' own ratios."""
        told = [drained.figures(self.size) for drained in self.of.get(name, [])]
        if not told:
            return {}
        found = told[0] | {
            figure: median_of([each[figure] for each in told])
            for figure in ("records_per_s", "rows_per_s", "rss_mb")
        }
        found["cpu_us_per_record"] = {
            who: median_of([each["cpu_us_per_record"][who] for each in told])
            for who in found["cpu_us_per_record"]
        }
        found["runs_records_per_s"] = [each["records_per_s"] for each in told]
        pairs = zip(told, self.of["skeleton"], strict=False)
        if name != "skeleton" and (ratios := [_ratio(each, bare, self.size) for each, bare in pairs]):
            found["of_skeleton"] = median_of(ratios)
            found["runs_of_skeleton"] = ratios
        return found


def _ratio(told: dict[str, Any], bare: Drained, size: int) -> float:
    return round(float(told["rows_per_s"]) / bare.rows_per_s(size), 3)


def plain(site: Site, *, size: int, rounds: int, names: frozenset[str], say: Say) -> Rounds:
    """One terminal's reports about everything that Dongcheng's rulebook knows."""
    bundle = load(DEFAULT_CONFIG)
    mix, of = Mix.of(bundle), outsiders(bundle, DEFAULT_CONFIG)

    def fill(speaker: Speaker, count: int) -> None:
        reports = topics.TERMINAL_REPORTS.named(_TERMINAL)
        for number in range(count):
            said = mix.report(number)
            speaker.say(reports, said, key=None, message_id=said.report_id)

    site.lay_topics(of)
    publish(site.kafka.bootstrap, bundle, at=datetime.now(UTC))
    return _rounds(site, of, fill, size=size, rounds=rounds, names=names, say=say, title="")


def mixed(site: Site, *, size: int, rounds: int, names: frozenset[str], say: Say) -> Rounds:
    """A hundred units: half of the backlog are reports that lead to them, half what they answer."""
    folder = units.write_configuration(site.folder.root / "hundred-units")
    bundle = load(folder)
    mix, own = Mix.of(bundle, schemes=(units.SCHEME,)), outsiders(bundle, folder)
    of = Outsiders(terminals=(*own.terminals, *units.TERMINALS), departments=own.departments)

    def fill(speaker: Speaker, count: int) -> None:
        for number in range(count // 2):
            terminal = units.TERMINALS[number % len(units.TERMINALS)]
            said = mix.report(number, always_classed=True)
            speaker.say(topics.TERMINAL_REPORTS.named(terminal), said, key=None, message_id=said.report_id)
            unit = mix.lead(number)
            answer = backlog.acknowledgement(number, terminal=terminal, unit=unit)
            speaker.say(topics.DEPARTMENT_ANSWERS.named(unit), answer, key=None, message_id=answer.answer_id)

    site.lay_topics(of)
    publish(site.kafka.bootstrap, bundle, at=datetime.now(UTC))
    return _rounds(site, of, fill, size=size, rounds=rounds, names=names, say=say, title=", 100 units")


def _rounds(
    site: Site,
    of: Outsiders,
    fill: Fill,
    *,
    size: int,
    rounds: int,
    names: frozenset[str],
    say: Say,
    title: str,
) -> Rounds:
    found = Rounds(size)
    speaker = Speaker(site.kafka.bootstrap, source="/bench")
    say(f"backlog{title}: {size:,} records")
    for note in backlog.notes(size):
        speaker.hand_over(
            HOPS[0], key=note.key.encode(), headers=[("id", note.id.encode())], value=note.write()
        )
    if names & {"intake", "router"}:
        fill(speaker, size)
    speaker.flush()
    for number in range(rounds):
        if number and names & {"intake", "router"}:
            site.empty(_MADE_BY_INTAKE, of)
        for name, drained in _one_round(site, found, names=names, size=size):
            found.of.setdefault(name, []).append(drained)
            rate, rows = drained.per_s, drained.rows_per_s(size)
            say(f"round {number + 1}{title}, {name}: {rate:,.0f} records/s, {rows:,.0f} rows/s")
    return found


def _one_round(
    site: Site, found: Rounds, *, names: frozenset[str], size: int
) -> Iterator[tuple[str, Drained]]:
    """Skeleton, intake, router, one after the other; what gets stuck is noted and left out."""
    try:
        with site.database() as database:
            program = site.skeleton(database)
            yield "skeleton", drain(site, database, program, schema="hop1", backlog=size, offsets="part")
        if names & {"intake", "router"}:
            with site.database() as database:
                program = site.service("intake", database, dead_letter_key=_KEY)
                yield (
                    "intake",
                    drain(site, database, program, schema="intake", backlog=size, offsets="consumer_offset"),
                )
            came_out = site.standing(_MADE_BY_INTAKE)
            found.lost += size - came_out
            if "router" in names:
                with site.database() as database:
                    program = site.service("router", database)
                    yield (
                        "router",
                        drain(
                            site,
                            database,
                            program,
                            schema="router",
                            backlog=came_out,
                            offsets="consumer_offset",
                        ),
                    )
    except Stuck as stuck:
        found.trouble.append(str(stuck))
