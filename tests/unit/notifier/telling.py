"""What the notifier's tests are told: the golden examples, and a small reference bundle of a few holders."""

from datetime import UTC, datetime
from typing import Any

from tests.unit.ledger.telling import told
from wangge_contracts.v1 import ClockChanged, IncidentChanged, IncidentRejected, NoticeComposed
from wangge_notifier.contacts import Lang
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import Letter, Scene
from wangge_notifier.templates import Templates
from wangge_notifier.writing import written

NOW = datetime(2026, 1, 6, 2, 6, tzinfo=UTC)
WATER = "http://127.0.0.1:1/wangge"
PARTS: dict[str, Any] = {
    "district": {"time_zone": "Asia/Shanghai"},
    "departments": [
        {
            "slug": "gas",
            "name": {"zh": "区燃气公司", "en": "Gas Company"},
            "level": "district",
            "reach": "contact-only",
        },
        {"slug": "water", "name": {"zh": "水务局", "en": "Water"}, "level": "district", "reach": "mailbox"},
    ],
    "places": [
        {
            "code": "110101009",
            "scheme": "bj15",
            "level": "street",
            "name": {"zh": "东直门街道", "en": "Dongzhimen"},
        },
    ],
    "rosters": {
        "posts": [
            {
                "holder": "officer:110101009015004/police",
                "name": {"zh": "第4网格警员", "en": "Police, grid 4"},
                "staff_id": "syn-1",
            }
        ]
    },
    "contacts": {
        "defaults": [{"channel": "console"}],
        "contacts": [
            {"holder": "department:gas", "duty_phone": "010-0000-0200"},
            {
                "holder": "department:water",
                "endpoints": [{"channel": "console"}, {"channel": "webhook", "address": WATER}],
            },
        ],
    },
    "ladder": {
        "ladders": [
            {
                "name": "ordinary",
                "rungs": [
                    {"name": "warning", "share": 0.8, "effects": ["tell-holder"]},
                    {"name": "overdue", "share": 1.0, "effects": ["tell-holder", "tell-desk"]},
                ],
            }
        ]
    },
}
DIRECTORY = Directory.of("1", PARTS)
TEMPLATES = Templates.shipped()


def scene(lang: Lang = "zh") -> Scene:
    """The scene of these tests."""
    return Scene(DIRECTORY, TEMPLATES, lang, NOW, cause="cause")


def incident(name: str = "dispatched", **changed: Any) -> IncidentChanged:
    """The example `incidents.changed.v1/<name>`, changed."""
    message = told(f"incidents.changed.v1/{name}", **changed).message
    assert isinstance(message, IncidentChanged)
    return message


def with_task(change: str, **changed: Any) -> IncidentChanged:
    """A fact with the gas company's task alone, after *change*."""
    message = incident(**changed)
    task = message.tasks[0].model_copy(update={"change": change})
    return message.model_copy(update={"tasks": (task,), "change": "task-changed"})


def clock(**changed: Any) -> ClockChanged:
    """The example of a rung that rang, changed."""
    message = told("clocks.changed.v1/clock-rang", **changed).message
    assert isinstance(message, ClockChanged)
    return message


def rejected() -> IncidentRejected:
    """The example of a rejected report."""
    message = told("incidents.rejected.v1/says-nothing").message
    assert isinstance(message, IncidentRejected)
    return message


def notices(letters: Any, lang: Lang = "zh") -> list[NoticeComposed]:
    """All notices of these letters."""
    found: list[Letter] = list(letters)
    return [notice for letter in found for notice in written(letter, scene(lang))]


def summary(letters: Any) -> list[tuple[str, str, str]]:
    """Template, recipient and channel of each notice."""
    return [(notice.template.name, notice.recipient.ref, notice.channel) for notice in notices(letters)]
