"""A gateway by the shape of its HTTP calls: what it is asked, and what its answer means."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import from_json, to_json

from wangge_contracts.message import refuse_nul
from wangge_notifier.delivering import Outcome

WORDS = frozenset({"to", "text", "subject", "notice", "reference", "callback"})
"""What a template may ask to have filled in, besides `secret:<name>`."""
_LONGEST_REFERENCE = 200
"""Characters; what is longer fits no index of PostgreSQL's, and no provider needs it."""
_ASKED = re.compile(r"\{([a-z]+(?::[a-z0-9-]+)?)\}")
_NUMBER = re.compile(r"[0-9][0-9 -]{5,}[0-9]")
"""What may be a telephone number: some gateways quote the one that they refuse, and no fact may hold it."""
Pointer = Annotated[str, Field(pattern=r"^(/[^/]+)+$", max_length=200)]
"""Where a value is in an answer: a JSON Pointer (RFC 6901) of plain names and numbers."""
Json = Any


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(_Strict):
    """What an answer says: accepted when the value at *status* is one of *accepted* (without it any 2xx)."""

    reference: Pointer | None = None
    """Where the provider's own id is."""
    status: Pointer | None = None
    accepted: tuple[str, ...] = ()
    delivered: tuple[str, ...] = ()
    hopeless: tuple[str, ...] = ()
    """Words that say that no repeat can help, as for a number that does not exist."""
    throttled: tuple[str, ...] = ()


class Call(_Strict):
    """One HTTP call; `{to}`, `{text}`, `{notice}` ... stand for what is known when it is made."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
    headers: dict[str, str] = {}
    body: Json = None
    """Sent as JSON."""
    form: dict[str, str] | None = None
    answer: Answer = Answer()

    @model_validator(mode="after")
    def _asks_for_what_there_is(self) -> Self:
        if self.body is not None and self.form is not None:
            raise ValueError("a call has `body` (JSON) or `form`, not both")
        for asked in _ASKED.findall(str([self.url, self.headers, self.body, self.form])):
            if asked not in WORDS and not asked.startswith("secret:"):
                raise ValueError(
                    f"unknown word {{{asked}}}: there are {', '.join(sorted(WORDS))}, secret:<name>"
                )
        return self

    def filled(self, words: Mapping[str, str]) -> tuple[str, dict[str, str], bytes | None]:
        """Return address, headers and body; raises LookupError for a secret that is not among *words*."""
        headers = {name: _fill(value, words) for name, value in self.headers.items()}
        url = _fill(self.url, {name: urlencode({"": word})[1:] for name, word in words.items()})
        if self.form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            return url, headers, urlencode({k: _fill(v, words) for k, v in self.form.items()}).encode()
        if self.body is not None:
            headers["content-type"] = "application/json"
            return url, headers, to_json(_filled(self.body, words))
        return url, headers, None

    def outcome(self, status: int, body: bytes) -> Outcome:
        """Return what the gateway's answer of a *status* 2xx says; without a word it is in doubt."""
        answer = self.answer
        said = read(body) if answer.status or answer.reference else None
        word = at(said, answer.status) or None
        reference = at(said, answer.reference)
        if reference is not None and len(reference) > _LONGEST_REFERENCE:
            reference = None  # no provider's: a report will have to name the notice
        if answer.status is None or word in answer.accepted or word in answer.delivered:
            delivered = answer.status is not None and word in answer.delivered
            return Outcome(word or str(status), accepted=True, delivered=delivered, reference=reference)
        if word is None:
            # It took the call and we cannot read what it said of it: the text may be on its way.
            return Outcome("unclear", doubtful=True)
        if word not in answer.hopeless and word not in answer.throttled:
            word = _NUMBER.sub("#", word)
        return Outcome(word[:64], hopeless=word in answer.hopeless, sick=word in answer.throttled)


def read(body: bytes) -> Json:
    """Return the JSON in *body*; None for what is no JSON, or holds U+0000 and could not be kept."""
    try:
        refuse_nul(body)
        return from_json(body)
    except ValueError:
        return None


def at(said: Json, pointer: str | None) -> str | None:
    """Return the word or number at *pointer*; None for anything else."""
    found = value_at(said, pointer) if pointer else None
    return (
        str(found).lower()
        if isinstance(found, bool)
        else str(found)
        if isinstance(found, str | int)
        else None
    )


def value_at(said: Json, pointer: str) -> Json:
    """Return whatever is at *pointer*; None for nothing."""
    for step in pointer.split("/")[1:]:
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdecimal() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def _filled(shape: Json, words: Mapping[str, str]) -> Json:
    if isinstance(shape, str):
        return _fill(shape, words)
    if isinstance(shape, dict):
        return {name: _filled(each, words) for name, each in shape.items()}
    return [_filled(each, words) for each in shape] if isinstance(shape, list) else shape


def _fill(text: str, words: Mapping[str, str]) -> str:
    return _ASKED.sub(lambda asked: words[asked[1]], text)
