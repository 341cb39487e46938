"""The words and measures that messages are made of, their bounds and, where they may grow, a fallback."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import MAX_WORD, Open, Part

Slug = Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9])*$", max_length=48)]
"""Names a unit, a terminal system or a role: permanent and unique in the city."""
Id = Annotated[str, Field(min_length=1, max_length=MAX_WORD)]
"""Opaque; compared, never taken apart."""
Code = Annotated[str, Field(min_length=1, max_length=MAX_WORD)]
"""A code of some scheme, or a reason."""
PlaceCode = Annotated[str, Field(pattern=r"^[0-9a-z-]+$", max_length=32)]
"""District 6 digits, street 9, community 12, grid 15."""
Holder = Annotated[
    str,
    Field(
        pattern=r"^(department:[0-9a-z-]+|desk:[0-9a-z-]+|officer:[0-9a-z-]+/[0-9a-z-]+)$",
        max_length=96,
    ),
]
"""`department:<slug>`, `desk:<place code>` or `officer:<place code>/<role>`."""
Owner = Annotated[str, Field(pattern=r"^(departments|terminals)\.[0-9a-z-]+$", max_length=64)]
"""The topic prefix of an outsider, as `departments.gas`."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Short = Annotated[str, Field(min_length=1, max_length=200)]
"""A name, a label, a number for people."""
Line = Annotated[str, Field(min_length=1, max_length=2000)]
"""A URL, or a sentence or two."""
LanguageTag = Annotated[str, Field(pattern=r"^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]
"""A language by its tag."""
Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Big = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
"""An integer that JavaScript can hold too: milliseconds, bytes, offsets."""
Flag = Annotated[bool, Field(strict=True)]

Mode = Annotated[Literal["actual", "exercise", "test"], Open(otherwise="test")]
"""Whether it counts. Unknown: test, so that it reaches no score and no public board."""
Sensitivity = Annotated[Literal["normal", "restricted"], Open(otherwise="restricted")]
"""Who may see it. Unknown: restricted, which `is_restricted` says."""
Source = Annotated[
    Literal[
        "officer",
        "volunteer",
        "hotline",
        "resident",
        "sensor",
        "video",
        "leader",
        "media",
        "inspection",
        "migrated",
    ],
    Open(otherwise="resident"),
]
"""How it came to us. Unknown: resident, so that it is verified on the spot."""
Nature = Annotated[
    Literal["problem", "request", "complaint", "consultation", "suggestion", "praise"],
    Open(otherwise="problem"),
]
"""What is wanted. Unknown: problem."""
Urgency = Annotated[Literal["normal", "urgent", "emergency"], Open(otherwise="urgent")]
"""How fast. Unknown: urgent."""
ClockKind = Annotated[
    Literal["urgent-hours", "natural-days", "working-hours", "working-days"], Open(otherwise="urgent-hours")
]
"""How a limit is counted (紧急工作时, 自然日, 工作时, 工作日). Unknown: urgent-hours, the strictest."""
TaskKind = Annotated[
    Literal["handle", "assist", "attend", "verify", "check", "dispatch", "approve", "supervise"],
    Open(otherwise="handle"),
]
"""What the holder has to do. Unknown: handle."""
Role = Annotated[
    Literal["lead", "assist", "attend", "verify", "check", "dispatch", "approve", "supervise"],
    Open(otherwise="assist"),
]
"""The holder's part in the incident (主办, 协办 ...). Unknown: assist."""
PlaceFlag = Annotated[
    Literal["default-point", "imprecise", "border", "outside", "contradicted"], Open(otherwise="imprecise")
]
"""What is doubtful about a place; contradicted: the point and the reporter's own area. Unknown: imprecise."""
Board = Annotated[Literal["community", "street", "district"], Open(otherwise="street")]
"""Where an unresolved matter is listed (挂账). Unknown: street."""


class Text(Part):
    """Free text and the language it is written in (BCP 47)."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    lang: LanguageTag = "zh"


class Names(Part):
    """What people call it, in Chinese and in English."""

    zh: Short
    en: Short


def is_restricted(sensitivity: str) -> bool:
    """Whether it is told without address, description and reasons; a word we do not know counts as such."""
    return sensitivity != "normal"
