"""Who went off duty while a notice waited -> whoever is on duty at his post when it is due. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from wangge_chassis.records import Outgoing
from wangge_contracts.message import derive_id, instant_text
from wangge_notifier.contacts import waits_until, ways
from wangge_notifier.directory import Directory, channel_of
from wangge_notifier.page import lang_of
from wangge_notifier.people import Told
from wangge_notifier.saying import Delivery, anew
from wangge_notifier.writing import fallbacks, key_of, recipient

_OF_A_POST = frozenset({"holder", "lead", "desk"})
"""Why somebody is told who is told for his post; a deputy's own words say for whom he stands in."""


def successors(delivery: Delivery, directory: Directory, *, now: datetime) -> tuple[Told, ...]:
    """
    Return who has come on duty by *now* (house time, UTC) where the recipient of a notice was that was kept
    back since.

    Nobody: he is still there, or all who are were told with him; or it is not about a turn of one post. It
    goes on once only.
    """
    notice = delivery.notice
    told, why = notice["recipient"], notice.get("why", {})
    once = not (delivery.attempt or notice.get("fallback_of") or notice.get("also"))
    if delivery.state != "deferred" or not once or why.get("recipient") not in _OF_A_POST:
        return ()

    def present(at: datetime) -> tuple[Told, ...]:
        local = directory.local(at)
        return directory.people.told(told["ref"], reason=why["recipient"], desk="", local=local)

    before, there = present(datetime.fromisoformat(notice["at"])), present(now)
    here = (told["ref"], told.get("staff_id"))
    if any(each.reason == "nobody-on-duty" or (each.ref, each.staff_id) == here for each in there):
        return ()
    return tuple(each for each in there if each not in before)


def passed_on(delivery: Delivery, told: Told, directory: Directory, *, at: datetime) -> Iterator[Outgoing]:
    """Yield what *told* hears instead of who went off duty: in the same words, by his own means."""
    notice, reach, waits = delivery.notice, directory.reach(told), None
    if notice["urgency"] == "normal":
        waits, _ = waits_until(reach, directory.local(at), directory.works)
    for way in ways(reach, directory.defaults, notice["urgency"]):
        key, channel = key_of(told, way.endpoint), channel_of(way.endpoint)
        yield anew(
            notice,
            at,
            # Two of one post who have both gone are followed by one, who hears of it once.
            notice_id=derive_id(
                *("passed-on", notice["cause"], notice["template"]["name"]),
                *(notice.get("task_id", ""), notice["recipient"]["ref"], told.who, key),
            ),
            recipient=recipient(told, directory, lang_of(notice["template"]["lang"])),
            channel=channel,
            endpoint_key=key,
            fallbacks=[each.model_dump(mode="json") for each in fallbacks(told, way)],
            fallback_of=delivery.notice_id,
            not_before=instant_text(waits.astimezone(UTC)) if waits and channel != "console" else None,
            digest=False,
            why={**notice["why"], "recipient": told.reason, "channel": way.reason}
            | ({"instead_of": told.instead_of} if told.instead_of else {}),
        )
