"""What is said of a notice and to its receiver: facts, bodies, texts. No clock, no network, no chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from wangge_chassis.records import Outgoing, Written
from wangge_contracts.message import derive_id, instant_text
from wangge_contracts.topics import NOTICES_CHANGED, NOTICES_COMPOSED
from wangge_contracts.v1 import NoticeChanged, NoticeComposed
from wangge_notifier.contacts import CONSOLE, Lang
from wangge_notifier.delivering import Outcome
from wangge_notifier.directory import endpoint_key
from wangge_notifier.page import lang_of
from wangge_notifier.spelling import channel_in_words
from wangge_notifier.templates import Filled

_MOVES = frozenset({"state", "attempt", "at", "outcome", "not_before", "folded_into"})
"""What each fact about a notice says anew."""
_PRIVATE = frozenset({"endpoint_key", "fallbacks", "why"})
"""What of the rest is ours and not its recipient's."""
_LINK_HOLDS = timedelta(days=1)
_MOST_LINES = 20
_REPORTER: Mapping[Lang, str] = {"zh": "反映人", "en": "the reporter"}


@dataclass(slots=True)
class Delivery:
    """
    How far a notice came.

    *document* is the notice as composed, as JSON; None while only an answer came. After *until* (house
    time, UTC) it is tried no more.
    """

    notice_id: str
    endpoint_key: str
    state: str
    attempt: int = 0
    channel: str = ""
    due_at: datetime | None = None
    document: str | None = None
    answered_at: datetime | None = None
    rank: int = 2
    gathers: bool = False
    until: datetime | None = None
    reference: str | None = None
    """What the provider calls it."""
    spared: int = 0
    """Attempts that do not count: nothing was sent, and our own house was to blame."""
    stored: bool = field(default=False, repr=False, compare=False)
    """Whether its row holds this *document*, so that only how far it came is written."""
    _read: dict[str, Any] | None = field(default=None, repr=False, compare=False)
    _lasting: tuple[bytes, bytes] | None = field(default=None, repr=False, compare=False)

    @property
    def notice(self) -> Mapping[str, Any]:
        """The notice, field by field."""
        assert self.document is not None
        if self._read is None:
            self._read = from_json(self.document)
        return self._read

    @property
    def lasting(self) -> tuple[bytes, bytes]:
        """
        What all facts about the notice say alike, as members of a JSON object: ours, and its recipient's.

        A notice is told several times, and most of the work of that is to write it: it is written once.
        """
        if self._lasting is None:
            ours, theirs = dict[str, Any](), dict[str, Any]()
            for name, value in self.notice.items():
                if name not in _MOVES:
                    (ours if name in _PRIVATE else theirs)[name] = value
            self._lasting = to_json(ours)[1:-1], to_json(theirs)[1:-1]
        return self._lasting

    @property
    def who(self) -> str:
        """Who is told: the person; without a number the post or unit itself."""
        recipient = self.notice["recipient"]
        found: str = recipient.get("staff_id") or recipient["ref"]
        return found

    @property
    def may_gather(self) -> bool:
        """An emergency goes by itself, and so does what its recipient must confirm."""
        return self.rank > 0 and not self.notice.get("confirm_by")

    def rewrite(self, **changed: Any) -> None:
        """Let the notice say something else from now on."""
        self._read = {**self.notice, **changed}
        self.document = to_json(self._read).decode()
        self.stored, self._lasting = False, None


def changed(delivery: Delivery, *, at: datetime, outcome: Outcome | None = None, **more: Any) -> Outgoing:
    """Return the fact that says how far a notice came at *at* (house time, UTC)."""
    said = {"state": delivery.state, "attempt": delivery.attempt, "at": instant_text(at), **more}
    if outcome is not None:
        detail = {"detail": outcome.detail} if outcome.detail else {}
        said["outcome"] = {"code": outcome.code[:64], **detail}
    which = [*map(str, more.values())]
    if delivery.due_at is not None:
        said["not_before"] = instant_text(delivery.due_at)
        if delivery.state == "deferred":  # perhaps more than once before the first attempt
            which.append(said["not_before"])
    return Outgoing(
        NOTICES_CHANGED.name,
        delivery.endpoint_key,
        Written(NoticeChanged.TYPE, b"%b,%b,%b}" % (to_json(said)[:-1], *delivery.lasting)),
        derive_id(delivery.notice_id, delivery.state, str(delivery.attempt), *which),
        subject=delivery.notice["incident_id"],
    )


def answered(delivery: Delivery, *, at: datetime) -> Outgoing:
    """Return the fact that an answer moved a notice on, once for each state."""
    return replace(changed(delivery, at=at), id=derive_id(delivery.notice_id, delivery.state))


def body_of(delivery: Delivery, *, confirm: str | None) -> bytes:
    """Return what the receiver of a webhook is sent; the same bytes on every attempt."""
    notice = delivery.notice
    data = {"at": notice["at"]}
    if confirm is not None:
        data["confirm_url"] = confirm
    told = {"type": f"notice.{notice['template']['name']}", "timestamp": notice["at"], "data": data}
    return b"%b,%b}}" % (to_json(told)[:-2], delivery.lasting[1])


def text_of(notice: Mapping[str, Any], *, ending: str, longest: int) -> str:
    """Return the words that a person reads, cut to *longest* characters with their *ending*, which is not."""
    text: str = notice["text"]["text"]
    ending = ending and f" {ending}"
    room = max(0, longest - len(ending))
    return (text if len(text) <= room else f"{text[: max(0, room - 1)]}…") + ending


def link_expires(notice: Mapping[str, Any]) -> datetime:
    """Return until when the link in a notice may confirm it (UTC): a day after `confirm_by`."""
    return datetime.fromisoformat(notice.get("confirm_by") or notice["at"]) + _LINK_HOLDS


def gathered_words(carrier: Delivery, others: Sequence[Delivery]) -> Mapping[str, str]:
    """Return what one notice says that stands for many: how many, and the first of them by name."""
    all_of = [carrier, *others]
    lines = [
        " ".join(filter(None, (each.notice.get("case_number"), each.notice.get("subject") or "")))
        for each in all_of[:_MOST_LINES]
    ]
    more = len(all_of) - len(lines)
    between = "；" if lang_of(carrier.notice["template"]["lang"]) == "zh" else "; "
    return {"many": str(len(all_of)), "list": between.join(lines), "more": str(more) if more else ""}


def fallback(delivery: Delivery, *, at: datetime) -> Outgoing | None:
    """Return the notice by the next means; None when there is none."""
    notice = delivery.notice
    following = next(iter(notice.get("fallbacks", ())), None)
    if following is None:
        return None
    notice_id = derive_id("fallback", delivery.notice_id, following["endpoint_key"])
    why = {"why": {**notice["why"], "channel": "fallback"}} if notice.get("why") else {}
    return anew(
        notice,
        at,
        notice_id=notice_id,
        channel=following["channel"],
        endpoint_key=following["endpoint_key"],
        fallbacks=notice["fallbacks"][1:],
        fallback_of=delivery.notice_id,
        digest=False,
        **why,
    )


def resent(delivery: Delivery, *, cause: str, at: datetime) -> Outgoing:
    """Return the same notice once more, as a notice of its own; *cause* is the message that asked for it."""
    return anew(
        delivery.notice,
        at,
        notice_id=derive_id("resend", delivery.notice_id, cause),
        resend_of=delivery.notice_id,
        digest=False,
    )


def doubtful_words(delivery: Delivery) -> Mapping[str, str]:
    """Return what a desk is told of a notice that a person must see to, in the language of the notice."""
    notice = delivery.notice
    recipient, lang = notice["recipient"], lang_of(notice["template"]["lang"])
    # A reporter has no name here: whoever may know it finds him by the case.
    nameless = _REPORTER[lang] if recipient["kind"] == "reporter" else recipient["ref"]
    return {
        "unit": recipient.get("name") or nameless,
        "channel": channel_in_words(notice["channel"], lang),
        "case": notice.get("case_number") or "",
    }


def to_desk(
    delivery: Delivery, what: str, *, desk: str, subject: str, filled: Filled, at: datetime
) -> Outgoing:
    """Tell a *desk* at its console that a person must see to it: the template *what*, as `endpoint-gone`."""
    notice = delivery.notice
    return anew(
        notice,
        at,
        notice_id=derive_id("to-desk", what, delivery.notice_id),
        recipient={"kind": "desk", "ref": desk},
        channel="console",
        endpoint_key=endpoint_key(desk, CONSOLE),
        template={**notice["template"], "name": what, "version": filled.version},
        text={**notice["text"], "text": filled.text},
        subject=subject,
        fallbacks=[],
        digest=False,
        confirm_by=None,
        why={"recipient": "operator", "channel": "shown", "fact": what},
        also=None,
    )


def anew(notice: Mapping[str, Any], at: datetime, **changed: Any) -> Outgoing:
    """Return a notice of its own that is as *notice* but for what is *changed*."""
    said = {
        **notice, "state": "composed", "attempt": 0, "at": instant_text(at), "not_before": None, **changed
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None and value is not False}
    said["confidential"] = notice["confidential"]
    return Outgoing(
        NOTICES_COMPOSED.name,
        said["endpoint_key"],
        Written(NoticeComposed.TYPE, to_json(said)),
        derive_id("composed", said["notice_id"]),
        subject=said["incident_id"],
    )
