"""Whether rosters, contacts, channels and texts fit one another: who is told, how, in which words."""

from collections.abc import Iterable, Iterator, Sequence, Set

from wangge_contracts.posts import Seats
from wangge_local.bundle_whole import Finding, Parts, repeated
from wangge_notifier.contacts import CHANNELS, Endpoint
from wangge_notifier.proofs import flaws
from wangge_notifier.templates import Own, Templates
from wangge_router.rulebook import Rulebook


def faults_of_people(parts: Parts, holders: Set[str]) -> Iterator[Finding]:
    """Yield what is wrong with who is told; *holders*: every unit, every desk, every filled post."""
    yield from _stand_ins(parts, holders)
    yield from _seats(parts)
    yield from _contacts(parts, holders)
    yield from _channels(parts)
    yield from _templates(parts)


def _stand_ins(parts: Parts, holders: Set[str]) -> Iterator[Finding]:
    """Duty and deputies name filled posts and shifts that exist; nobody is his own deputy."""
    rosters, seats = parts.rosters, Seats(parts.places)
    known = holders | {seats.named(post.holder) for post in rosters.posts}
    named = [("duty", who) for who in rosters.duty]
    named += [("deputies", each) for pair in rosters.deputies.items() for each in pair]
    for key, each in named:
        if each not in known:
            text = f"{key} names {each!r}, which is no unit and no filled post or desk"
            yield Finding("rosters", (), text, "correct it, or fill the post", quoted=each)
    for who, to in rosters.deputies.items():
        if who == to:
            text = f"{who!r} is named as its own deputy"
            yield Finding("rosters", (), text, "name another post, or none", quoted=who)
    for shift in sorted(set(rosters.duty.values()) - rosters.shifts.keys()):
        text = f"duty names the shift {shift!r}, but shifts has none of that name"
        yield Finding("rosters", (), text, "add it to shifts, or correct the name", quoted=shift)


def _seats(parts: Parts) -> Iterator[Finding]:
    """The posts that the rulebook writes are filled somewhere; where one is vacant a desk has its task."""
    seats, posts = Seats(parts.places), (post.holder for post in parts.rosters.posts)
    filled = {seats.named(holder) for holder in posts if holder.startswith("officer:")}
    for path, seat in _seats_written(parts.rulebook):
        if "/" in seat and seat not in filled:
            text = f"{path[-1]} names the post {seat!r}, which nobody fills anywhere"
            yield Finding("rulebook", path, text, "correct it, or fill the post in rosters.toml")


def _seats_written(rulebook: Rulebook) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every post that is written there, and where; what is left out a city need not have."""
    if "check" in rulebook.model_fields_set:
        yield ("check",), rulebook.check
    yield from ((("substitutes",), seat) for seat in rulebook.substitutes)
    if "verifier" in rulebook.terms.model_fields_set:
        yield ("terms", "verifier"), rulebook.terms.verifier
    for number, rule in enumerate(rulebook.rules):
        at = ("rules", number, "then")
        yield from (((*at, "attends"), seat) for seat in rule.then.attends)
        if rule.then.check is not None:
            yield (*at, "check"), rule.then.check


def _contacts(parts: Parts, holders: Set[str]) -> Iterator[Finding]:
    contacts, seated = parts.contacts, {post.staff_id for post in parts.rosters.posts}
    for number, contact in enumerate(contacts.contacts):
        if contact.holder not in holders:
            text = f"a contact names {contact.holder!r}, which is no unit, desk or filled post"
            at = ("contacts", number, "holder")
            yield Finding("contacts", at, text, "correct it, or remove the contact")
    for number, name in repeated(contact.holder for contact in contacts.contacts):
        yield Finding("contacts", ("contacts", number, "holder"), f"two contacts for {name}", "keep one")
    for number, name in repeated(person.staff_id for person in contacts.people):
        yield Finding("contacts", ("people", number, "staff_id"), f"{name} is listed twice", "keep one")
    for number, person in enumerate(contacts.people):
        if person.staff_id not in seated and not person.at:
            text = f"nobody is told by {person.staff_id!r}: no roster seats that number and `at` names nobody"
            yield Finding("contacts", ("people", number, "staff_id"), text, "say `at` which unit or desk")
        for holder in person.at:
            if holder not in holders:
                text = f"{person.staff_id} is at {holder!r}, which is no unit, desk or filled post"
                yield Finding("contacts", ("people", number, "at"), text, "correct it")
        if person.shift is not None and person.shift not in parts.rosters.shifts:
            text = f"{person.staff_id} has the shift {person.shift!r}, which rosters.toml does not name"
            yield Finding("contacts", ("people", number, "shift"), text, "add it to `shifts` there")


def _channels(parts: Parts) -> Iterator[Finding]:
    contacts = parts.contacts
    reaches: list[tuple[tuple[str | int, ...], str, Sequence[Endpoint]]]
    reaches = [
        (("contacts", number, "endpoints"), each.holder, each.endpoints or ())
        for number, each in enumerate(contacts.contacts)
    ]
    reaches += [
        (("people", number, "endpoints"), each.staff_id, each.endpoints or ())
        for number, each in enumerate(contacts.people)
    ]
    reaches.append((("defaults",), "who has no endpoints of his own", contacts.defaults))
    yield from _everybodys(contacts.defaults)
    for at, who, endpoints in reaches:
        yield from _unsent(who, endpoints, at)
    for channel, shape, name in (("sms", parts.channels.sms, "sms"), ("email", parts.channels.mail, "mail")):
        for at, who, endpoints in reaches:
            if shape is None and any(each.channel == channel for each in endpoints):
                text = f"{who} is told by {channel}, and channels.toml has no [{name}] to send it by"
                yield Finding("contacts", at, text, f"describe [{name}] in channels.toml", warning=True)
                break


def _everybodys(defaults: Iterable[Endpoint]) -> Iterator[Finding]:
    """An address among the defaults is one for thousands of posts: rarely is that what was meant."""
    for each in defaults:
        if each.channel != "console":
            text = f"all who have no endpoints of their own are told by one {each.channel}, at {each.address}"
            remedy = "leave the defaults at the console, and give a contact to whom that address belongs"
            yield Finding("contacts", ("defaults",), text, remedy, warning=True)


def _unsent(who: str, endpoints: Iterable[Endpoint], at: tuple[str | int, ...]) -> Iterator[Finding]:
    for channel in dict.fromkeys(each.channel for each in endpoints if each.channel not in CHANNELS):
        text = f"{who} is told by {channel}, and nothing here sends by it"
        yield Finding("contacts", at, text, f"use {', '.join(CHANNELS)}")


def _templates(parts: Parts) -> Iterator[Finding]:
    own = parts.templates or Own()
    known = Templates.shipped().templates.keys() | own.templates.keys()
    for number, tell in enumerate(own.tells):
        for name in tell.tells.values():
            if name not in known:
                text = f"{tell.fact} is to be told by the template {name!r}, which does not exist"
                yield Finding("templates", ("tells", number), text, "write it, or correct the name")
    for flaw in flaws(own):
        yield Finding("templates", flaw.path, f"{'.'.join(flaw.path)}: {flaw.why}", flaw.remedy)
