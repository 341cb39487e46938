"""The one file of secrets: what signs, what logs in, what opens the door. None of it is ever told."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from wangge_contracts.tokens import TokenHash, token_hash
from wangge_notifier.signing import secret_of

_LINK_KEY_BYTES = 32


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class MailLogin(_Strict):
    """Who we are to the mail server."""

    user: SecretStr
    password: SecretStr


class Secrets(_Strict):
    """The secrets of one notifier."""

    secrets: dict[str, Annotated[tuple[SecretStr, ...], Field(min_length=1)]] = {}
    """What signs webhooks to each holder, the newest first: while one is renewed, both sign."""
    gateway: dict[str, SecretStr] = {}
    """What the shapes of a gateway's calls name as `{secret:<name>}`; `sms-report` proves its reports."""
    mail: MailLogin | None = None
    link_key: SecretStr | None = None
    """Base64 of 32 random bytes: signs the links by which recipients confirm; without it there are none."""
    contacts_token: SecretStr | None = None
    """The bearer token by which intake opens reporters' contacts to us; it knows its hash."""
    operators: tuple[TokenHash, ...] = ()
    """SHA-256 of the bearer tokens of those who may send again and answer for a recipient."""

    @field_validator("secrets", mode="before")
    @classmethod
    def _one_or_many(cls, written: object) -> object:
        if not isinstance(written, dict):
            return written
        return {holder: (own,) if isinstance(own, str) else own for holder, own in written.items()}

    @model_validator(mode="after")
    def _are_secrets(self) -> Self:
        self.of("")  # reads them all: what is no secret is refused now, not when somebody is to be told
        if self.link_key is not None and len(self.link) != _LINK_KEY_BYTES:
            raise ValueError("link_key is the base64 of 32 random bytes")
        return self

    def of(self, holder: str) -> tuple[bytes, ...]:
        """Return what signs webhooks to *holder*; empty when it has no secret."""
        return self._webhook.get(holder, ())

    @cached_property
    def _webhook(self) -> Mapping[str, tuple[bytes, ...]]:
        return {
            holder: tuple(_signs(holder, secret) for secret in own) for holder, own in self.secrets.items()
        }

    @property
    def link(self) -> bytes:
        """The key of links; empty without one."""
        try:
            return b64decode(self.link_key.get_secret_value(), validate=True) if self.link_key else b""
        except ValueError:
            return b""

    def words(self) -> dict[str, str]:
        """Return what fills `{secret:<name>}`."""
        return {f"secret:{name}": secret.get_secret_value() for name, secret in self.gateway.items()}

    def opens(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header bears an operator's token."""
        return token_hash((authorization or "").encode("latin-1")).hex() in self.operators


Held = Callable[[], Secrets]
"""Gives the secrets that hold now."""


def _signs(holder: str, secret: SecretStr) -> bytes:
    try:
        return secret_of(secret.get_secret_value())
    except ValueError as error:
        raise ValueError(f"secrets.{holder}: {error}") from None
