"""`python -m tests.bench [NAME ...]`: measure, and say beside each figure what was promised."""

import argparse
import os
import sys
import time
from typing import Any

from tests.bench import acts, clocks, lives, notices, places, rules, takeovers, throughput
from tests.bench.emergency import emergencies
from tests.bench.figures import Say, report
from tests.bench.flooding import floods
from tests.bench.site import Site, site
from tests.bench.throughput import Rounds
from tests.bench.walking import walks
from tests.bench.whole import Whole
from wangge_local.ground import GroundError

NAMES = {
    "skeleton": "the bare relay, the yardstick of the run",
    "intake": "intake, from a backlog",
    "router": "the router, from the backlog that intake made",
    "units": "both, with a hundred units whose mailboxes, answers and reports are mixed",
    "places": "a point to its grid, by the batch",
    "rules": "a decision with its reasons, from a rulebook of 600 rules",
    "acts": "what holders say of a mixed life, and of an incident of 200 tasks: head and rows alone",
    "lives": "the same of a mixed life by a router, from a backlog",
    "mailbox": "terminal's topic, and HTTP door, to department's mailbox at 200/s",
    "door": "what the HTTP door keeps per second",
    "clocks": "a million armed clocks: how late, how many at once, after a stop, and at rest",
    "takeovers": "the bell of four replicas, one of which is killed every five seconds",
    "notices": "the courier: a second, at once, beside one that hangs, and how soon after the fact",
    "emergency": "a gas leak, from the street's order to the last one told",
    "idle": "what a house costs that has nothing to do, and what its rooms hold",
}
HEADS = {"acts": acts.figures, "places": places.figures, "rules": rules.figures}
"""What needs neither broker nor database."""


def main() -> None:
    """Measure what was named, or all; the whole takes a quarter of an hour."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument(
        "names", nargs="*", metavar="NAME", help="; ".join(f"{k}: {v}" for k, v in NAMES.items())
    )
    asked.add_argument("--backlog", type=int, default=50_000, help="records of a backlog")
    asked.add_argument("--rounds", type=int, default=3, help="how often: figures are medians")
    asked.add_argument(
        "--seconds", type=float, default=10.0, help="how long what is measured by the clock lasts"
    )
    asked.add_argument("--clocks", type=int, default=1_000_000, help="clocks that are armed beside")
    wishes = asked.parse_args()
    if unknown := sorted(set(wishes.names) - NAMES.keys()):
        asked.error(f"{unknown[0]} is not measured; there are {', '.join(NAMES)}")
    names = frozenset(wishes.names or NAMES)
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201

    figures: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    for name in sorted(names & HEADS.keys()):
        figures[name] = HEADS[name](rounds=wishes.rounds, say=say)
    try:
        if names - HEADS.keys():
            with site() as ground:
                figures |= _on_ground(ground, wishes, names, say)
    except GroundError as error:
        raise SystemExit(f"bench: {error}") from None
    _remember_largest(figures)
    report(figures, names=sorted(names), seconds=time.monotonic() - began)


def _on_ground(ground: Site, wishes: argparse.Namespace, names: frozenset[str], say: Say) -> dict[str, Any]:
    """Everything that needs a broker and a database."""
    found: dict[str, Any] = {}
    size, rounds = wishes.backlog, wishes.rounds
    if rooms := names & {"skeleton", "intake", "router"}:
        found |= _told(throughput.plain(ground, size=size, rounds=rounds, names=rooms, say=say))
    if "units" in names:
        rooms = frozenset({"intake", "router"})
        found["units"] = _told(throughput.mixed(ground, size=size, rounds=rounds, names=rooms, say=say))
    if "lives" in names:
        found["lives"] = lives.figures(ground, size=size, rounds=rounds, say=say)
    if "clocks" in names:
        found["clocks"] = clocks.figures(ground, armed=wishes.clocks, seconds=wishes.seconds, say=say)
    if "takeovers" in names:
        found["takeovers"] = takeovers.figures(ground, seconds=6 * wishes.seconds, say=say)
    if "notices" in names:
        found["notices"] = notices.figures(ground, seconds=wishes.seconds, say=say)
    if names & {"mailbox", "door", "emergency", "idle"}:
        found |= _whole(Whole(ground, wishes.seconds, rounds, say), names)
    return found


def _whole(whole: Whole, names: frozenset[str]) -> dict[str, Any]:
    """Everything that needs a whole house, the flood last: the rooms would be busy with it for long."""
    found: dict[str, Any] = {}
    try:
        whole.open()
        if "idle" in names:
            found["idle"] = whole.idle()
        if "emergency" in names:
            found["emergency"] = emergencies(whole)
        if "mailbox" in names:
            found |= walks(whole)
        if names & {"mailbox", "idle"}:
            found["memory"] = whole.memory()
        if "door" in names:
            found["door"] = found.get("door", {}) | floods(whole)
    except (GroundError, OSError) as error:
        found["trouble_in_house"] = f"{type(error).__name__}: {error}"
        whole.say(found["trouble_in_house"])
    finally:
        whole.close()
    return found | {"lost_in_house": whole.lost}


def _remember_largest(figures: dict[str, Any]) -> None:
    """A room holds most at the end of a backlog: what it held there counts as well."""
    held = dict(figures.get("memory", {}).get("by", {}))
    for name, of in (("", figures), (", 100 units", figures.get("units", {}))):
        held |= {
            f"{room}{name}, backlog": of[room]["rss_mb"] for room in ("intake", "router") if of.get(room)
        }
    if held:
        figures["memory"] = {"largest_mb": max(held.values()), "by": held}


def _told(rounds: Rounds) -> dict[str, Any]:
    found: dict[str, Any] = {name: rounds.figures(name) for name in rounds.of}
    if rounds.trouble:
        found["trouble"] = rounds.trouble
    return found | {"lost": rounds.lost}


main()
