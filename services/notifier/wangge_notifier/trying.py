"""A notice that tells nobody anything: an operator sees whether a channel, a contact and a template work."""

from dataclasses import replace
from datetime import datetime

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import Limit, Names, NoticeComposed, Urgency
from wangge_notifier.contacts import Endpoint
from wangge_notifier.lettering import Letter, Scene, Spelt, Subject, Words, letters_to
from wangge_notifier.people import Told
from wangge_notifier.templates import WORDS
from wangge_notifier.writing import written

_SAID = Names(zh="（测试）", en="(a trial)")
TEMPLATE = "trial"


class Untriable(ValueError):
    """This cannot be tried; the text says why and what could be."""


def trial(
    holder: str,
    scene: Scene,
    *,
    template: str = TEMPLATE,
    channel: str | None = None,
    urgency: Urgency = "urgent",
) -> list[NoticeComposed]:
    """
    Return what the people of *holder* would be told now, as mode `test` and of no matter.

    :param holder: a post, desk or unit, or somebody by his staff number. :param channel: only by this means;
        absent: as a notice of that *urgency* would go. :raises Untriable: there is no such template or means.
    """
    if template not in scene.templates.templates:
        known = ", ".join(sorted(scene.templates.templates))
        raise Untriable(f"there is no template {template!r} in what is published; there are {known}")
    people, directory = scene.directory.people, scene.directory
    staff_id = None if ":" in holder else holder
    at = next((post for post, staff in people.of.items() if staff_id in staff), None) if staff_id else holder
    if at is None or not (at in directory.names or at in people.of):
        raise Untriable(f"{holder!r} is no unit, desk, filled post or staff number in what is published")
    subject = Subject(
        incident_id=derive_id("trial", scene.cause),
        case_number=None,
        mode="test",
        sensitivity="normal",
        confidential=False,
        urgency=urgency,
        holder=at,
    )
    letter = Letter(template, Told(at, staff_id, "operator"), subject, _words(scene, at), "trial")
    letters = [letter] if staff_id else list(letters_to(at, letter, scene, desk=at))
    # Whoever stands in is told as well, and by what rings.
    letters = [replace(each, told=replace(each.told, reason="operator")) for each in letters]
    if channel is not None:
        letters = [replace(each, by=_means(each.told, channel, scene)) for each in letters]
    return [notice for each in letters for notice in written(each, scene)]


def _means(told: Told, channel: str, scene: Scene) -> tuple[Endpoint, ...]:
    reach = scene.directory.reach(told)
    has = reach.endpoints if reach is not None and reach.endpoints else scene.directory.defaults
    found = tuple(endpoint for endpoint in has if endpoint.channel == channel)
    if not found:
        there = ", ".join(dict.fromkeys(endpoint.channel for endpoint in has))
        raise Untriable(f"{told.who} is not told by {channel!r} in what is published; only by {there}")
    return found


def _words(scene: Scene, holder: str) -> Words:
    """Something for every word, so that the whole text is seen."""
    words: dict[str, Names | Spelt | Limit | datetime | str | None] = dict.fromkeys(WORDS, _SAID)
    return words | {
        "case": "000000-0000-0000000",
        "unit": scene.directory.name(holder),
        "phone": scene.directory.phones.get(holder),
        "deadline": scene.now,
        "until": scene.now,
        "instead_of": None,
        "message": None,
        "reason": None,
    }
