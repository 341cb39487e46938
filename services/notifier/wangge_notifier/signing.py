"""Standard Webhooks 1.0: who receives a notice can tell that it is ours, and has it once."""

import tomllib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_PREFIX = "whsec_"
_SIZES = range(24, 65)


def sign(secrets: Sequence[bytes], *, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """
    Return the three headers for *body*, signed with each of *secrets*.

    The id is the same on every attempt, the timestamp (Unix seconds, real time) is the attempt's own.
    """
    signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
    signatures = (b64encode(digest(secret, signed, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def secret_of(text: str) -> bytes:
    """Return the bytes of a secret written `whsec_<base64>`; raises ValueError for anything else."""
    try:
        if not text.startswith(_PREFIX):
            raise ValueError
        secret = b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise ValueError("a signing secret is written whsec_<base64>") from None
    if len(secret) not in _SIZES:
        raise ValueError("a signing secret has 24 to 64 bytes")
    return secret


class Secrets(BaseModel):
    """The signing secrets of each holder that is told by webhook, the newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secrets: dict[str, Annotated[tuple[SecretStr, ...], Field(min_length=1)]] = {}

    @field_validator("secrets", mode="before")
    @classmethod
    def _one_or_many(cls, written: object) -> object:
        if not isinstance(written, dict):
            return written
        return {holder: (own,) if isinstance(own, str) else own for holder, own in written.items()}

    @field_validator("secrets")
    @classmethod
    def _are_secrets(cls, read: dict[str, tuple[SecretStr, ...]]) -> dict[str, tuple[SecretStr, ...]]:
        for own in read.values():
            for secret in own:
                secret_of(secret.get_secret_value())
        return read

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """Read the TOML *file*; nobody has a secret without one. Raises ValueError, without the secrets."""
        return cls.model_validate(tomllib.loads(file.read_text("utf-8")) if file else {})

    def of(self, holder: str) -> tuple[bytes, ...]:
        """Return the secrets of *holder*; empty when it has none."""
        return tuple(secret_of(secret.get_secret_value()) for secret in self.secrets.get(holder, ()))
