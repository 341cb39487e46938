"""Who may act through the ledger and see what is restricted: people with a bearer token each."""

from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts import v1
from wangge_contracts.tokens import TokenHash, token_hash


class Speaker(BaseModel):
    """A person whom the ledger vouches for. The token itself is nowhere kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token_sha256: TokenHash
    staff_id: v1.Id
    name: v1.Short | None = None
    role: v1.Slug | None = None
    speaks_for: Annotated[tuple[str, ...], Field(min_length=1)]
    """Holders on whose behalf the person may speak; `*` stands for any characters."""

    @property
    def person(self) -> v1.Person:
        """The person as messages name them."""
        return v1.Person(staff_id=self.staff_id, name=self.name, role=self.role)

    def may_speak_for(self, holder: str) -> bool:
        """Whether the person may act on behalf of *holder*."""
        return any(fnmatchcase(holder, pattern) for pattern in self.speaks_for)


class People(BaseModel):
    """Everybody who may act; with an empty list nobody may."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    person: tuple[Speaker, ...] = ()

    @model_validator(mode="after")
    def _tokens_are_unique(self) -> Self:
        if len({speaker.token_sha256 for speaker in self.person}) < len(self.person):
            raise ValueError("two people have the same token")
        return self

    def speaker(self, authorization: str | None) -> Speaker | None:
        """Return who holds the token of an `Authorization` header; None for nobody we know."""
        shown = token_hash((authorization or "").encode("latin-1")).hex()
        return next((speaker for speaker in self.person if speaker.token_sha256 == shown), None)
