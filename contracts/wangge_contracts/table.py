"""The tables of README.md, printed from what the code holds, between markers."""

import re
from collections.abc import Callable, Iterable, Mapping

from wangge_contracts.message import words
from wangge_contracts.topics import TOPICS, Topic
from wangge_contracts.v1 import CODES, REQUIRED_BY_ACT, Act


def inserted(text: str) -> str:
    """*text* with the tables `topics`, `acts` and `codes`."""
    return filled(text, _TABLES)


def filled(text: str, printed: Mapping[str, Callable[[], str]]) -> str:
    """
    *text* with every `<!-- begin NAME -->` … `<!-- end NAME -->` filled anew.

    Raises `KeyError` for a name that is not *printed*.
    """
    return re.sub(
        r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)",
        lambda match: f"{match[1]}{printed[match[2]]()}{match[3]}",
        text,
        flags=re.DOTALL,
    )


def _topics() -> str:
    return table(
        ("Topic", "Messages", "Key", "Writers", "Readers", "Partitions", "Kept", "Largest", "Quota", "Time"),
        [
            (
                f"`{topic.name}`" + (" (numbered)" if topic.numbered else ""),
                ", ".join(message.__name__ for message in topic.messages) or "bytes",
                topic.key or "any",
                ", ".join(topic.writers),
                ", ".join(topic.readers),
                "P" if topic.inside else str(topic.partitions),
                _kept(topic),
                f"{topic.max_bytes // 1024} KiB",
                f"{topic.quota_bytes_per_s // 1024} KiB/s" if topic.quota_bytes_per_s else "",
                "broker's" if topic.timestamps == "LogAppendTime" else "writer's",
            )
            for topic in TOPICS
        ],
    )


def _kept(topic: Topic) -> str:
    kept = f"{topic.retention.days} days{' at most' * topic.at_most}" if topic.retention else "for ever"
    return f"{kept}, newest per key" if topic.cleanup == "compact" else kept


def _acts() -> str:
    return table(
        ("act", "needs besides"),
        [
            (f"`{act}`", ", ".join(f"`{field}`" for field in REQUIRED_BY_ACT.get(act, ())))
            for act in words(Act)
        ],
    )


def _codes() -> str:
    return table(
        ("code", "Chinese", "English", "send again?"),
        [(f"`{code}`", zh, en, "yes" if again else "no") for code, (zh, en, again) in CODES.items()],
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


_TABLES: dict[str, Callable[[], str]] = {"topics": _topics, "acts": _acts, "codes": _codes}
