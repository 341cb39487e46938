"""What is told of a matter to anybody, and what to those alone who may act. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from wangge_contracts import topics
from wangge_contracts.v1 import is_restricted

_Document = Mapping[str, Any]


def _names(text: str) -> Collection[str]:
    return frozenset(text.split())


_OF_A_REPORT = _names("incident_id case_number mode sensitivity confidential accepted_at effective_at")
"""What is told of a further report that is restricted, or whose reporter is confidential: that it came."""
_OF_A_NOTICE = _names(
    """
    notice_id incident_id case_number task_id task_revision holder cause mode sensitivity confidential channel
    urgency cap template subject confirm_by state attempt not_before why at fallback_of resend_of folds
    folded_into
    """
)
"""
What is told of a notice: that a post, desk or unit was told, by what means, and how far it came.

Not the endpoint, for its key follows from a telephone number, and all numbers are soon tried; not what a
provider said of it; and not the text, which may name a telephone, or repeat what was said in confidence.
"""
_OF_ITS_RECIPIENT = _names("kind ref")
"""The post is told of, not who sits there."""
_OF_A_RECEIPT = _names("notice_id incident_id task_id mode answer by at")
_OF_A_CALL = _names("how at result")


def for_anybody(told: str) -> str:
    """Return *told*, the JSON of a whole matter that is not hidden, without what only some may read."""
    whole = from_json(told)
    confided = {line["id"] for line in whole["timeline"] if _is_confided(line)}
    for line in whole["timeline"]:
        if line["id"] in confided:
            line["document"] = _only(line["document"], _OF_A_REPORT)
        elif (shortened := _SHORTENED.get(line["topic"])) is not None:
            line["document"] = shortened(line["document"])
        elif line["topic"] == topics.INCIDENTS_CHANGED.name:
            _forget_confided(line["document"].get("tasks", ()))
            if line["document"]["cause"]["id"] in confided:
                # Facts of before the router knew better quote what the report said.
                line["document"].pop("reason", None)
    _forget_confided(whole.get("tasks", ()))
    whole["notices"] = [_notice(notice) for notice in whole["notices"]]
    return to_json(_nameless(whole)).decode()


def _is_confided(line: _Document) -> bool:
    if line["topic"] != topics.REPORTS_ATTACHED.name:
        return False
    report = line["document"]
    return is_restricted(report["sensitivity"]) or bool(report["confidential"])


def _forget_confided(tasks: Iterable[dict[str, Any]]) -> None:
    """Take from *tasks* of a matter that was restricted what a further report said: perhaps in confidence."""
    for task in tasks:
        if is_restricted(task["sensitivity"]):
            for told in ("text", "attachments"):
                task.get("further", {}).pop(told, None)


def _notice(notice: _Document) -> _Document:
    return _only(notice, _OF_A_NOTICE) | {"recipient": _only(notice["recipient"], _OF_ITS_RECIPIENT)}


def _answer(answer: _Document) -> _Document:
    shown = _only(answer, answer.keys() - {"position"})
    return shown | {"contact": _only(shown["contact"], _OF_A_CALL)} if "contact" in shown else shown


def _nameless(content: Any) -> Any:
    """Return *content* with people in it by their number and post alone."""
    if isinstance(content, dict):
        told = content.keys() - {"name"} if "staff_id" in content else content.keys()
        return {name: _nameless(value) for name, value in content.items() if name in told}
    return [_nameless(each) for each in content] if isinstance(content, list) else content


def _only(document: _Document, names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}


_SHORTENED: dict[str, Callable[[_Document], _Document]] = {
    topics.TASKS_ANSWERED.name: _answer,
    topics.NOTICES_COMPOSED.name: _notice,
    topics.NOTICES_CHANGED.name: _notice,
    topics.NOTICES_ANSWERED.name: lambda receipt: _only(receipt, _OF_A_RECEIPT),
    # Whoever may read the matter that this one was split from reads it there, as it is hidden or not by now.
    # What another matter passes on may be said in confidence; what is not is its reason as well.
    topics.DESK_ORDERED.name: lambda order: _only(order, order.keys() - {"split_from", "further"}),
}
