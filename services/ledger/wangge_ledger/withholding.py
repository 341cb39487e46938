"""What is told of a matter to anybody, and what to those alone who may act. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic_core import from_json, to_json

_Document = Mapping[str, Any]


def _names(text: str) -> Collection[str]:
    return frozenset(text.split())


_OF_A_REPORT = _names("incident_id case_number mode sensitivity confidential accepted_at effective_at")
"""What is told of a further report that is restricted, or whose reporter is confidential: that it came."""


def for_anybody(told: str) -> str:
    """Return *told*, the JSON of a whole matter that is not hidden, without what only some may read."""
    whole = from_json(told)
    confided = {line["id"] for line in whole["timeline"] if _is_confided(line)}
    for line in whole["timeline"]:
        if line["id"] in confided:
            line["document"] = _only(line["document"], _OF_A_REPORT)
        elif line["topic"] == "incidents.changed.v1" and line["document"]["cause"]["id"] in confided:
            # Facts of before the router knew better quote what the report said.
            line["document"].pop("reason", None)
    return to_json(whole).decode()


def _is_confided(line: _Document) -> bool:
    if line["topic"] != "reports.attached.v1":
        return False
    report = line["document"]
    return bool(report["sensitivity"] != "normal" or report["confidential"])


def _only(document: _Document, names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}
