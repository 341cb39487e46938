"""The complete list of arrows: every topic, what it carries, who writes it and who reads it."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache

from wangge_contracts import v1
from wangge_contracts.topic import (
    INSIDE_PARTITIONS_DEFAULT as INSIDE_PARTITIONS_DEFAULT,
    SERVICES as SERVICES,
    Topic as Topic,
)

_OUTSIDE_BYTES, _INSIDE_BYTES = 256 * 1024, 1024 * 1024
_OUTSIDE_QUOTA = 8 * 1024 * 1024
_WEEK, _QUARTER = timedelta(days=7), timedelta(days=90)

TERMINAL_REPORTS = Topic(
    "terminals.{slug}.reports.v1",
    (v1.ReportSubmitted,),
    key="",
    writers=("terminal:{slug}", "intake"),
    readers=("intake",),
    retention=_WEEK,
    at_most=True,
    max_bytes=_OUTSIDE_BYTES,
    quota_bytes_per_s=_OUTSIDE_QUOTA,
    timestamps="LogAppendTime",
    carries="acts",
)
TERMINAL_ANSWERS = Topic(
    "terminals.{slug}.answers.v1",
    (v1.TaskAnswered,),
    key="",
    writers=("terminal:{slug}", "intake"),
    readers=("intake",),
    max_bytes=_OUTSIDE_BYTES,
    quota_bytes_per_s=_OUTSIDE_QUOTA,
    timestamps="LogAppendTime",
    carries="acts",
)
TERMINAL_TASKS = Topic(
    "terminals.{slug}.tasks.v1",
    (v1.TaskChanged, v1.ClockChanged),
    key="incident_id",
    numbered=True,
    writers=("router", "escalation"),
    readers=("terminal:{slug}", "intake"),
    retention=_QUARTER,
)
TERMINAL_RECEIPTS = Topic(
    "terminals.{slug}.receipts.v1",
    (v1.ReportReceipt, v1.AnswerJudged),
    key="report_id | answer_id",
    writers=("intake", "router"),
    readers=("terminal:{slug}", "intake"),
)
DEPARTMENT_TASKS = Topic(
    "departments.{slug}.tasks.v1",
    (v1.TaskChanged, v1.ClockChanged),
    key="incident_id",
    numbered=True,
    writers=("router", "escalation"),
    readers=("department:{slug}", "intake"),
    retention=_QUARTER,
)
DEPARTMENT_ANSWERS = Topic(
    "departments.{slug}.answers.v1",
    (v1.TaskAnswered,),
    key="",
    writers=("department:{slug}", "intake"),
    readers=("intake",),
    max_bytes=_OUTSIDE_BYTES,
    quota_bytes_per_s=_OUTSIDE_QUOTA,
    timestamps="LogAppendTime",
    carries="acts",
)
DEPARTMENT_RECEIPTS = Topic(
    "departments.{slug}.receipts.v1",
    (v1.AnswerJudged,),
    key="answer_id",
    writers=("intake", "router"),
    readers=("department:{slug}", "intake"),
)
INCIDENTS_ACCEPTED = Topic(
    "incidents.accepted.v1",
    (v1.IncidentAccepted,),
    key="incident_id",
    writers=("intake",),
    readers=("router", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
INCIDENTS_REJECTED = Topic(
    "incidents.rejected.v1",
    (v1.IncidentRejected,),
    key="incident_id",
    writers=("intake",),
    readers=("notifier", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
REPORTS_ATTACHED = Topic(
    "reports.attached.v1",
    (v1.ReportAttached,),
    key="incident_id",
    writers=("intake",),
    readers=("router", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
TASKS_ANSWERED = Topic(
    "tasks.answered.v1",
    (v1.TaskAnswered,),
    key="incident_id",
    writers=("intake", "notifier", "ledger"),
    readers=("router", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
    carries="acts",
)
DESK_ORDERED = Topic(
    "desk.ordered.v1",
    (v1.DeskOrdered,),
    key="incident_id",
    writers=("router", "escalation", "ledger"),
    readers=("router", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
    carries="acts",
)
ACTS_JUDGED = Topic(
    "acts.judged.v1",
    (v1.ActJudged,),
    key="incident_id",
    writers=("router",),
    readers=("escalation", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
INCIDENTS_CHANGED = Topic(
    "incidents.changed.v1",
    (v1.IncidentChanged,),
    key="incident_id",
    numbered=True,
    writers=("router",),
    readers=("escalation", "notifier", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
CLOCKS_CHANGED = Topic(
    "clocks.changed.v1",
    (v1.ClockChanged,),
    key="incident_id",
    numbered=True,
    writers=("escalation",),
    readers=("notifier", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
NOTICES_COMPOSED = Topic(
    "notices.composed.v1",
    (v1.NoticeComposed,),
    key="endpoint_key",
    writers=("notifier",),
    readers=("notifier", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
    carries="acts",
)
NOTICES_CHANGED = Topic(
    "notices.changed.v1",
    (v1.NoticeChanged,),
    key="endpoint_key",
    numbered=True,
    writers=("notifier",),
    readers=("ledger",),
    partitions=INSIDE_PARTITIONS_DEFAULT,
)
NOTICES_ANSWERED = Topic(
    "notices.answered.v1",
    (v1.NoticeAnswered,),
    key="endpoint_key",
    writers=("notifier",),
    readers=("notifier", "ledger"),
    partitions=INSIDE_PARTITIONS_DEFAULT,
    carries="acts",
)
REFERENCE_PUBLISHED = Topic(
    "reference.published.v1",
    (v1.ReferencePublished,),
    key="hash",
    writers=("operator", "ledger"),
    readers=(*SERVICES, "operator"),
    retention=None,
    cleanup="compact",
    carries="acts",
)
REPLAYS = Topic(
    # As long as dead letters: from here is known which of them was replayed.
    "{service}.replays.v1",
    (),
    key="",
    writers=("operator",),
    readers=("{service}",),
    partitions=INSIDE_PARTITIONS_DEFAULT,
    carries="acts",
)
# Holds what outsiders wrote, mended and in clear: no longer than their own topics.
INTAKE_REPLAYS = replace(
    REPLAYS, name="intake.replays.v1", readers=("intake",), retention=_WEEK, at_most=True
)
DEAD_LETTERS = Topic(
    "{service}.dead-letters",
    (),
    key="",
    writers=("{service}",),
    readers=("operator",),
    max_bytes=2 * _INSIDE_BYTES,
)
# Holds what outsiders wrote, encrypted: no longer than their own topics.
INTAKE_DEAD_LETTERS = replace(
    DEAD_LETTERS, name="intake.dead-letters", writers=("intake",), retention=_WEEK, at_most=True
)

TOPICS: tuple[Topic, ...] = (
    TERMINAL_REPORTS,
    TERMINAL_ANSWERS,
    TERMINAL_TASKS,
    TERMINAL_RECEIPTS,
    DEPARTMENT_TASKS,
    DEPARTMENT_ANSWERS,
    DEPARTMENT_RECEIPTS,
    INCIDENTS_ACCEPTED,
    INCIDENTS_REJECTED,
    REPORTS_ATTACHED,
    TASKS_ANSWERED,
    DESK_ORDERED,
    ACTS_JUDGED,
    INCIDENTS_CHANGED,
    CLOCKS_CHANGED,
    NOTICES_COMPOSED,
    NOTICES_CHANGED,
    NOTICES_ANSWERED,
    REFERENCE_PUBLISHED,
    INTAKE_REPLAYS,
    REPLAYS,
    INTAKE_DEAD_LETTERS,
    DEAD_LETTERS,
)


@cache
def find(name: str) -> Topic | None:
    """The row of a concrete topic name, the more particular one where two fit; None for a name of no row."""
    return next((topic for topic in TOPICS if re.fullmatch(topic.pattern, name)), None)
