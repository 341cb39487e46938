"""The topic table as access rules: who may read and write what on a broker that refuses all else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wangge_contracts.topics import SERVICES, TOPICS, Topic

Part = Literal["house", "terminal", "department"]
"""What is granted at once: the rooms and the operator, or all that one outsider's topics need."""
Resource = Literal["topic", "group", "cluster"]

OUTSIDERS: dict[Part, str] = {"terminal": "terminals.{slug}", "department": "departments.{slug}"}
"""The principal of an outsider, which is also how its topics and its consumer groups begin."""
WATCHES = {"escalation": ("intake", "router")}
"""Rooms that ask how far others are behind: they may describe those groups and what these read."""
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Right:
    """Something that a principal may do; names may hold `{slug}`."""

    principal: str
    resource: Resource
    name: str
    operation: str
    """As Kafka names it. Who may read or write may describe as well."""
    prefixed: bool = False
    """Whether *name* is only how the resource's name begins."""


def rights(part: Part) -> tuple[Right, ...]:
    """
    Return every right of *part*, each once, by principal, resource and name.

    Of an outsider's part are also the rights of the rooms on that outsider's topics. Idempotent producers
    need no right besides `Write` since Kafka 2.8 (KIP-679), and nobody here writes in transactions.
    """
    return tuple(
        dict.fromkeys(
            sorted(
                _all(part),
                key=lambda right: (_rank(right.principal), right.resource, right.operation, right.name),
            )
        )
    )


def _all(part: Part) -> Iterator[Right]:
    for topic in TOPICS:
        if _part_of(topic) == part:
            yield from _on(topic)
    if part in OUTSIDERS:
        yield Right(OUTSIDERS[part], "group", f"{OUTSIDERS[part]}.", "Read", prefixed=True)
        return
    for service in SERVICES:
        yield Right(service, "group", service, "Read")
        # A room with several consumers names each after itself.
        yield Right(service, "group", f"{service}-", "Read", prefixed=True)
    for service, watched in WATCHES.items():
        for other in watched:
            yield Right(service, "group", other, "Describe")
    # Whoever makes topics and rights could give himself any other: these are what his tools ask for.
    for operation in ("Alter", "AlterConfigs", "Create", "Describe", "DescribeConfigs"):
        yield Right(OPERATOR, "cluster", "kafka-cluster", operation)
    for operation in ("AlterConfigs", "Describe", "DescribeConfigs"):
        yield Right(OPERATOR, "topic", "*", operation)
    yield Right(OPERATOR, "group", "*", "Describe")


def _part_of(topic: Topic) -> Part:
    for part, principal in OUTSIDERS.items():
        if topic.name.startswith(f"{principal}."):
            return part
    return "house"


def _on(topic: Topic) -> Iterator[Right]:
    for service in SERVICES if "{service}" in topic.name else ("",):
        name = topic.name.replace("{service}", service)
        for operation, who in (("Write", topic.writers), ("Read", topic.readers)):
            for each in who:
                yield Right(_principal(each, service), "topic", name, operation)
        for watcher, watched in WATCHES.items():
            if {each.replace("{service}", service) for each in topic.readers} & set(watched):
                yield Right(watcher, "topic", name, "Describe")


def _principal(who: str, service: str) -> str:
    """Return the principal of one that the topic table names."""
    kind, _, slug = who.partition(":")
    return next(
        (name for part, name in OUTSIDERS.items() if slug and kind == part), who.replace("{service}", service)
    )


def _rank(principal: str) -> tuple[int, str]:
    order = (*SERVICES, OPERATOR)
    return (order.index(principal) if principal in order else len(order), principal)


def quota_of(part: Part) -> int | None:
    """Return the bytes a second that one outsider may write, and read, on each broker; None: no limit."""
    rates = [topic.quota_bytes_per_s for topic in TOPICS if _part_of(topic) == part]
    return max((rate for rate in rates if rate), default=None)


def script() -> str:
    """Return a shell script of calls of Kafka's own tools that grants all of it."""
    parts: list[Part] = ["house", *OUTSIDERS]
    functions = "\n".join(f"{part}() {{\n{_calls(part)}}}\n" for part in parts)
    return f"{_HEAD}\n{functions}\n{_TAIL}"


def _calls(part: Part) -> str:
    together: dict[tuple[str, str, Resource, bool], list[str]] = {}
    for right in rights(part):
        key = (right.principal, right.operation, right.resource, right.prefixed)
        together.setdefault(key, []).append(right.name)
    lines = [_acl(*key, names) for key, names in together.items()]
    rate = quota_of(part)
    if rate is not None and part in OUTSIDERS:
        lines.append(f"quota {_shell(OUTSIDERS[part])} {rate}")
    return "".join(f"    {line}\n" for line in lines)


def _acl(principal: str, operation: str, resource: Resource, prefixed: bool, names: list[str]) -> str:
    called = [] if resource == "cluster" else [f"--{resource} {_shell(name)}" for name in names]
    pattern = ["--resource-pattern-type prefixed"] if prefixed else []
    words = [f"allow {_shell(principal)} {operation}", *pattern, *(called or ["--cluster"])]
    return " \\\n        ".join(words)


def _shell(name: str) -> str:
    return f'"{name.replace("{slug}", "$1")}"' if "{slug}" in name or "*" in name else name


_HEAD = """\
#!/bin/sh
# Access rules and quotas of Wangge, in calls of Kafka's own tools. Generated from wangge_contracts.topics
# by `make schemas`; do not edit. What no rule allows the broker must refuse: KRaft's StandardAuthorizer
# with allow.everyone.if.no.acl.found=false.
#
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh house
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh terminal SLUG
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh department SLUG
#
# A room's principal is its name, the operator's is `operator`, an outsider's is how its topics begin:
# `terminals.SLUG`, `departments.SLUG`; with a dot after it so must the names of its consumer groups.
# An outsider's call gives the rooms their rights on that outsider's topics, too. What is granted already
# is granted again in vain, so each may be repeated. A quota is in bytes per second and broker, and holds
# for what the outsider writes and for what it reads.
set -eu

allow() {
    who=$1 operation=$2
    shift 2
    kafka-acls.sh --bootstrap-server "$KAFKA" --command-config "$OPERATOR" --add \\
        --allow-principal "User:$who" --operation "$operation" "$@"
}

quota() {
    kafka-configs.sh --bootstrap-server "$KAFKA" --command-config "$OPERATOR" --alter --entity-type users \\
        --entity-name "$1" --add-config "producer_byte_rate=$2,consumer_byte_rate=$2"
}
"""
_TAIL = """\
usage() {
    echo "usage: sh access-rules.sh house | terminal SLUG | department SLUG" >&2
    exit 2
}

case "${1-}:$#" in
house:1) house ;;
terminal:2 | department:2)
    case "$2" in
    '' | *[!a-z0-9-]*) usage ;;
    esac
    "$1" "$2"
    ;;
*) usage ;;
esac
"""
