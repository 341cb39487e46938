"""What was decided about a matter, by whom and why: one line each, and how much each matters. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge_contracts.topics import (
    ACTS_JUDGED,
    DESK_ORDERED,
    INCIDENTS_CHANGED,
    REPORTS_ATTACHED,
    TASKS_ANSWERED,
)
from wangge_local.explain_clocks import clock_lines
from wangge_local.explain_line import MAY, MUST, SHOULD, Line
from wangge_local.explain_turns import instant, lives
from wangge_local.stories_expected import Told

Entry = Mapping[str, Any]
"""A line of the ledger's timeline, with the whole message."""
_SIGNS = frozenset({"acknowledge", "arrived", "left"})
_WORK = frozenset({"progress", "done", "contact-logged"})
_ORDERED = {
    "to": "to",
    "until": "until",
    "reply_by": "reply by",
    "board": "on the board of the",
    "other_case_number": "with",
}
"""What an order carries that whoever complains of it must know, and how it is said."""
_CORRECTED = ("class_ref", "place", "nature", "urgency", "sensitivity", "description")
_SAID_BY_ITSELF = frozenset({"task-changed", "dispatched", "attached"})
"""Changes of the incident that the act behind them tells better."""


def course(told: Told) -> tuple[Line, ...]:
    """Return everything that was decided about the matter, in the order in which it took effect."""
    by_topic: dict[str, list[Mapping[str, Any]]] = {}
    for entry in told["timeline"]:
        by_topic.setdefault(entry["topic"], []).append(entry)
    said = {entry["id"]: entry for topic in _CAUSES for entry in by_topic.get(topic, ())}
    acts = [entry for entry in said.values() if entry["topic"] != REPORTS_ATTACHED.name]
    facts = by_topic.get(INCIDENTS_CHANGED.name, ())
    judged = by_topic.get(ACTS_JUDGED.name, ())
    heard = {entry["document"]["cause"]["id"] for entry in facts}
    known = {_act_id(entry["document"]) for entry in judged}
    books = _Books.of(told)
    found = [line for entry in facts for line in _of_fact(entry, said, books)]
    found += [_refused(entry, acts, books) for entry in judged if entry["document"]["outcome"] == "refused"]
    found += clock_lines(told)
    found += [
        _without_effect(entry, books)
        for entry in acts
        if entry["id"] not in heard and _act_id(entry["document"]) not in known
    ]
    return tuple(sorted(found, key=lambda line: line.at))


@dataclass(frozen=True, slots=True)
class _Books:
    """Who holds each task now, and who held it when somebody looked at it; which tasks were returned."""

    holders: Mapping[tuple[str, int], str]
    returned: frozenset[str]

    @classmethod
    def of(cls, told: Told) -> "_Books":
        snapshots = [task for tasks in lives(told).values() for task in tasks]
        return cls(
            {(task["task_id"], task["revision"]): task["holder"] for task in snapshots},
            frozenset(task["task_id"] for task in snapshots if task["change"] == "returned"),
        )

    def holder(self, task_id: str, revision: int = 1) -> str | None:
        return self.holders.get((task_id, revision))


_CAUSES = (DESK_ORDERED.name, TASKS_ANSWERED.name, REPORTS_ATTACHED.name)


def _of_fact(entry: Entry, said: Mapping[str, Entry], books: _Books) -> Iterator[Line]:
    """Tell a fact by the act behind it; by itself where no act is known or where it says more."""
    at, fact = instant(entry["effective_at"]), entry["document"]
    cause = said.get(fact["cause"]["id"])
    change, decision = fact["change"], fact.get("decision", {})
    if cause is None:
        rule = decision.get("rule")
        reason = decision.get("reason") or text_of(fact, "reason") or ""
        if rule:
            # Before the reason, of which a screen shows the beginning.
            what = f"of version {decision.get('rulebook_version', 'unknown')} routed it:"
            yield Line(at, f"rule {rule}", what, reason.removeprefix(f"{rule}: "), MUST)
        else:
            yield Line(at, fact["cause"]["kind"], change, reason, MUST)
        return
    act = cause["document"]
    if "relation" in act:
        yield Line(
            at,
            f"terminal {act['terminal']}",
            act["relation"]["kind"],
            text_of(act, "description") or "",
            SHOULD,
        )
    elif "act" in act:
        yield _of_answer(at, act, books)
        yield from _asked_instead(at, fact)
    else:
        yield _of_order(at, act, fact, books)
    if change not in _SAID_BY_ITSELF:
        yield Line(at, "", change, "", MUST)


def _of_answer(at: datetime, answer: Mapping[str, Any], books: _Books) -> Line:
    act = answer["act"]
    weight = MAY if act in _SIGNS else SHOULD if act in _WORK else MUST
    what = f"{act} {answer['verdict']}" if "verdict" in answer else act
    contact = answer.get("contact", {})
    more = [
        answer.get("milestone"),
        answer.get("reason_code"),
        text_of(answer),
        contact.get("spoke_to"),
        contact.get("result"),
        f"suggests {answer['suggested_unit']}" if "suggested_unit" in answer else None,
        f"to {answer['to']}" if "to" in answer else None,
        answer.get("basis"),
        f"until {answer['requested_until']}" if "requested_until" in answer else None,
    ]
    return Line(at, _speaker(answer, books), what, _joined(more), weight)


def _asked_instead(at: datetime, fact: Mapping[str, Any]) -> Iterator[Line]:
    """Tell why a desk is asked about no task of anybody's: the answer alone does not say that one is gone."""
    for task in fact.get("tasks", ()):
        if task["kind"] == "dispatch" and task["revision"] == 1 and "concerns" not in task:
            yield Line(at, task["holder"], "must dispatch", task["decision"]["reason"], MUST)


def _of_order(at: datetime, order: Mapping[str, Any], fact: Mapping[str, Any], books: _Books) -> Line:
    parties = ", ".join(f"{party['kind']} {party['holder']}" for party in order.get("parties", ()))
    put_right = [name for name in _CORRECTED if order["order"] == "correct" and name in order]
    more = [
        f"whistles (吹哨): {order['whistle']}" if "whistle" in order else None,
        parties,
        *_rulings(fact, books),
        *(f"{said} {order[name]}" for name, said in _ORDERED.items() if name in order),
        f"corrects {', '.join(put_right)}" if put_right else None,
        order.get("reason_code"),
        text_of(order, "reason"),
    ]
    return Line(at, _speaker(order, books), f"ordered {order['order']}", _joined(more), MUST)


def _rulings(fact: Mapping[str, Any], books: _Books) -> Iterator[str]:
    """Say what the order makes of a return: the desk takes it back, or finds the unit to be shuffling."""
    tasks = fact.get("tasks", ())
    refused = {task["task_id"] for task in tasks if task["change"] == "request-refused"}
    upheld = books.returned - refused
    for task in tasks:
        if task["kind"] == "dispatch" and task["change"] == "done" and task.get("concerns") in upheld:
            yield f"upholds the return by {books.holder(task['concerns'])}"
        elif task["task_id"] in refused & books.returned:
            yield f"refuses the return by {task['holder']} (推诿): it has had it all the time"


def _refused(entry: Entry, acts: Sequence[Entry], books: _Books) -> Line:
    judged = entry["document"]
    errors = "; ".join(f"{error['code']}: {error['text_en']}" for error in judged.get("errors", ()))
    found = (each["document"] for each in acts if _act_id(each["document"]) == _act_id(judged))
    act = next(found, None)
    who, what = (_speaker(act, books), _name(act)) if act else ("somebody", "an act")
    return Line(instant(entry["effective_at"]), who, f"{what}: refused", errors, MUST)


def _without_effect(entry: Entry, books: _Books) -> Line:
    """An outsider's answer of which neither fact nor refusal came, as of a repeat: his receipts tell."""
    act = entry["document"]
    at = instant(entry["effective_at"])
    return Line(at, _speaker(act, books), f"{_name(act)}: no effect", "its receipt says why", MUST)


def _name(act: Mapping[str, Any]) -> str:
    return str(act.get("act") or f"ordered {act['order']}")


def _act_id(message: Mapping[str, Any]) -> str:
    return str(message.get("answer_id") or message.get("order_id"))


def _speaker(act: Mapping[str, Any], books: _Books) -> str:
    """Name the office that speaks: whose task it is, on whose behalf, or the ladder."""
    if act.get("role") == "ladder":
        return f"ladder {act.get('rung', '')}".strip()
    if "on_behalf_of" in act:
        return str(act["on_behalf_of"])
    if "task_id" in act and (holder := books.holder(act["task_id"], act["based_on_revision"])):
        return holder
    return str(act.get("actor", {}).get("staff_id", "the house"))


def text_of(message: Mapping[str, Any], name: str = "text") -> str | None:
    """Return the free text of *message* in quotation marks; None without one."""
    text = message.get(name, {}).get("text")
    return f"“{text}”" if text else None


def _joined(words: Sequence[str | None]) -> str:
    return "; ".join(word for word in words if word)
