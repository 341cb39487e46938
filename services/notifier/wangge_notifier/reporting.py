"""A gateway's delivery reports, in whatever shape it posts them: what became of which notice."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from wangge_contracts.v1 import Fault, fault
from wangge_notifier.shaping import Json, Pointer, at, read, value_at

_FAULTS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Reported:
    """What a gateway says became of one notice: ours, or the one that it knows by its own *reference*."""

    notice: str | None
    reference: str | None
    answer: Literal["delivered", "failed"]
    word: str
    """The gateway's own for it."""


class Report(BaseModel):
    """A delivery report that the gateway posts to us: where in it what stands, and how it proves itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    each: Pointer | None = None
    """Where the list of reports is; left out: the whole body is one report, or a list of them."""
    notice: Pointer | None = None
    """Where our id of the notice is; or else *reference*, the provider's."""
    reference: Pointer | None = None
    status: Pointer
    delivered: tuple[str, ...]
    failed: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    """Words that say that it is still on its way: of such a report nothing is made."""
    signature_header: str | None = None
    """Header with the hexadecimal HMAC-SHA256 of the body under `secret:sms-report`; left out: the secret is
    the last part of the callback's address."""
    reply: Json = None
    """What the gateway wants to read when we have its reports, as JSON; left out: nothing."""

    def read(self, body: bytes) -> tuple[list[Reported], list[Fault]]:
        """Return what the reports say, and the first 20 things in them that are not understood."""
        said = read(body)
        if said is None:
            return [], [fault("not-json")]
        found = value_at(said, self.each) if self.each else said
        if found is None:
            return [], [fault("missing", self.each or "")]
        many = isinstance(found, list)
        reported: list[Reported] = []
        faults: list[Fault] = []
        for number, one in enumerate(found if many else [found]):
            read_as = self._read(one, f"{self.each or ''}/{number}" if many else self.each or "")
            if isinstance(read_as, Reported):
                reported.append(read_as)
            elif read_as is not None and len(faults) < _FAULTS_AT_MOST:
                faults.append(read_as)
        return reported, faults

    def _read(self, one: Json, place: str) -> Reported | Fault | None:
        """Return what *one* report says, or what is wrong with it; None while the text is on its way."""
        word = at(one, self.status)
        if word is None:
            return fault("missing", f"{place}{self.status}")
        if word in self.passing:
            return None
        if word not in self.delivered and word not in self.failed:
            words = ", ".join((*self.delivered, *self.failed, *self.passing))
            # Not what it is: where the pointer is wrong, that may be a telephone number.
            told = f"it is none of {words}: list it in `sms.report` of channels.toml"
            return fault("invalid", f"{place}{self.status}", detail_en=told)
        notice, reference = at(one, self.notice), at(one, self.reference)
        if not notice and not reference:
            return fault("missing", f"{place}{self.notice or self.reference or ''}")
        return Reported(notice, reference, "delivered" if word in self.delivered else "failed", word)
