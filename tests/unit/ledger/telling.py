"""What the ledger's tests put before it: the golden examples, changed where a test is about it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wangge_chassis import Received
from wangge_contracts.cloudevents import from_headers
from wangge_contracts.schemas import ROOT
from wangge_contracts.topics import find

GAS = "929c9c321f1036d2f6a2ce647d2c7011"
"""The incident of the gas story's examples."""
STORY = (
    "incidents.accepted.v1/gas-leak",
    "incidents.changed.v1/accepted-into-router",
    "incidents.changed.v1/dispatched",
    "incidents.changed.v1/closed",
    "reports.attached.v1/reminder",
    "clocks.changed.v1/clock-started",
    "clocks.changed.v1/clock-rang",
    "tasks.answered.v1/contact-logged",
    "tasks.answered.v1/done",
    "desk.ordered.v1/dispatch",
    "acts.judged.v1/order-applied",
    "notices.composed.v1/attend",
    "notices.changed.v1/delivered",
    "notices.answered.v1/confirmed",
)
"""One matter from the report to its end, topic by topic."""


def told(
    name: str, *, sequence: int | None = None, message_id: str | None = None, **changed: Any
) -> Received:
    """
    Return the example *name* (`topic/stem`) as the ledger receives it.

    *changed* replaces fields of the value; `incident__state` is the field `state` of `incident`.
    """
    record = json.loads((ROOT / "examples" / f"{name}.json").read_text("utf-8"))
    value = record["value"]
    for path, content in changed.items():
        *steps, last = path.split("__")
        at = value
        for step in steps:
            at = at[step]
        at[last] = content
    envelope = from_headers([(header, text.encode()) for header, text in record["headers"].items()])
    envelope = replace(
        envelope,
        id=message_id or envelope.id,
        sequence=sequence if sequence is not None else envelope.sequence,
    )
    topic = find(name.partition("/")[0])
    assert topic is not None
    of = topic.message(envelope.type)
    assert of is not None
    return Received(
        topic=topic.name,
        partition=0,
        offset=0,
        key=record["key"],
        envelope=envelope,
        message=of.read(json.dumps(value).encode()),
        appended_at=datetime(2026, 1, 6, 2, 0, tzinfo=UTC),
    )
