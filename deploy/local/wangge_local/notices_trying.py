"""`wangge notices try`: a test notice by what is published now, and what became of it."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wangge_chassis.reading import ORIGIN_APPENDED_AT, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id, known, words
from wangge_contracts.topics import NOTICES_COMPOSED, REPLAYS
from wangge_contracts.v1 import NoticeComposed, Urgency
from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.cli_screen import say, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import HouseFolder
from wangge_local.speaking import Speaker
from wangge_local.standing import standing
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import Scene
from wangge_notifier.templates import Templates
from wangge_notifier.trying import Untriable, trial

_ARRIVED = {"sent", "delivered", "read", "confirmed"}
_TAKEN_WITHIN_S = 20
_ENDED = _ARRIVED | {"given-up", "folded"}


def send(
    folder: HouseFolder,
    to: str,
    *,
    template: str,
    channel: str | None,
    urgency: str,
    wait_s: float,
    as_json: bool,
) -> int:
    """
    Say it, wait and print what became of each notice; return 0 when everything arrived.

    It goes to the courier by the operators' own topic, `notifier.replays.v1`. Raises GroundError for what
    cannot be tried.
    """
    if urgency not in words(Urgency):
        raise GroundError(f"--urgency {urgency!r}: one of {', '.join(words(Urgency))}")
    ledger, bootstrap = ledger_of(folder), kafka_of(folder)
    now = ClockKeeper(postgres_of(folder)).now()
    published = standing(bootstrap, at=now)
    scene = Scene(
        Directory.of(published.version or "", published.parts),
        Templates.shipped().with_own(published.parts.get("templates")),
        "zh",
        now,
        cause=derive_id("trial", secrets.token_hex(16)),
    )
    try:
        notices = trial(to, scene, template=template, channel=channel, urgency=known(Urgency, urgency))
    except Untriable as why:
        raise GroundError(f"{why}: publish it first, or correct it") from None
    _await_version(HouseBooks(postgres_of(folder)), published.version or "")
    _say(bootstrap, notices)
    became = _became(ledger, notices, wait_s=wait_s)
    if as_json:
        say_json(became)
    else:
        for notice in became:
            outcome = notice.get("outcome") or {}
            name = notice["recipient"].get("name") or notice["recipient"]["ref"]
            told = " ".join(filter(None, (notice["state"], outcome.get("code"), outcome.get("detail"))))
            say(f"{name} by {notice['channel']}: {told}: {notice['text']['text']}")
    return 0 if became and all(notice["state"] in _ARRIVED for notice in became) else 1


def _await_version(books: HouseBooks, version: str) -> None:
    """Wait until the notifier has what is published; GroundError when it does not take it."""
    for _ in poll(timeout=_TAKEN_WITHIN_S, every=0.1):
        if books.switched("notifier", version):
            return
    raise GroundError(f"the notifier has not taken version {version} yet: wangge status")


def _say(bootstrap: str, notices: Sequence[NoticeComposed]) -> None:
    speaker = Speaker(bootstrap, source="/wangge/operator")
    for notice in notices:
        envelope = Envelope(
            derive_id("composed", notice.notice_id),
            "/wangge/operator",
            notice.TYPE,
            notice.at,
            notice.incident_id,
        )
        origin = {
            ORIGIN_TOPIC: NOTICES_COMPOSED.name,
            ORIGIN_PARTITION: "0",
            ORIGIN_OFFSET: "0",
            ORIGIN_APPENDED_AT: datetime.now(UTC).isoformat(),
        }
        headers = [*to_headers(envelope), *((name, value.encode()) for name, value in origin.items())]
        key = notice.endpoint_key.encode()
        speaker.hand_over(REPLAYS.named("notifier"), key=key, headers=headers, value=notice.write())
    speaker.flush()


def _became(ledger: Door, notices: Sequence[NoticeComposed], *, wait_s: float) -> list[dict[str, Any]]:
    """Wait until each, and whatever replaced it, has come to its end; return them as they stand then."""
    found: list[dict[str, Any]] = []
    incident = notices[0].incident_id
    for _ in poll(timeout=wait_s, every=0.3):
        found = list(ledger.get("/v1/notices", incident=incident, limit=500)["notices"])
        seen = {notice["notice_id"] for notice in found}
        over = all(notice["state"] in _ENDED and not _goes_on(notice, found) for notice in found)
        if over and seen >= {notice.notice_id for notice in notices}:
            break
    return found or [notice.model_dump(mode="json", exclude_none=True) for notice in notices]


def _goes_on(notice: dict[str, Any], found: Sequence[dict[str, Any]]) -> bool:
    """Whether a notice that was given up has another means that is not heard of yet."""
    replaced = {other.get("fallback_of") for other in found}
    return (
        notice["state"] == "given-up"
        and bool(notice.get("fallbacks"))
        and notice["notice_id"] not in replaced
    )
