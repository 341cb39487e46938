"""What an operator may set for intake."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, TypeAdapter
from pydantic_settings import SettingsConfigDict

from wangge_chassis import ServiceSettings
from wangge_contracts.tokens import TokenHash
from wangge_contracts.v1 import PlaceCode
from wangge_intake.sealing import seal_with


def _keys(secret: SecretStr) -> SecretStr:
    seal_with(secret.get_secret_value())
    return secret


_Hash = TypeAdapter(TokenHash)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _hashes(text: str) -> str:
    for part in _split(text):
        _Hash.validate_python(part)
    return text


class Settings(ServiceSettings):
    """Everything of `ServiceSettings`, and what judging reports and keeping a door needs."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_INTAKE_")

    dead_letter_key: Annotated[SecretStr, AfterValidator(_keys)] = Field(
        description="Fernet key that seals unreadable messages; older keys may follow, comma separated."
    )
    district: PlaceCode = Field(
        "110101",
        description="Code of the district whose reports these are, until a configuration is published.",
    )
    room: bool = Field(True, description="Whether this process judges what lies on the topics.")
    door: bool = Field(True, description="Whether this process takes reports and answers over HTTP.")
    tokens: Path | None = Field(
        None,
        description="TOML or JSON file with the SHA-256 of each outsider's token; none: nobody enters.",
    )
    body_limit: int = Field(4 * 1024 * 1024, ge=1024, description="Largest HTTP body, in bytes.")
    quota_per_s: float = Field(
        1000.0,
        gt=0,
        description="Reports and answers per second that one outsider may send over HTTP for long.",
    )
    quota_burst: float = Field(10_000.0, ge=1, description="How many it may send at once after a pause.")
    kept_within_s: float = Field(
        5.0,
        gt=0,
        le=30,
        description="How long a report may wait for Kafka's acknowledgement before it is refused.",
    )
    contact_readers: Annotated[str, AfterValidator(_hashes)] = Field(
        "",
        description="SHA-256 of the bearer token by which the courier asks for a reporter's contact; two, "
        "comma separated, while it is renewed; none: nobody may ask.",
    )
    contact_erasers: Annotated[str, AfterValidator(_hashes)] = Field(
        "",
        description="SHA-256 of the bearer tokens, comma separated, by which it may be found what is kept of "
        "a person, and erased; none: nobody may.",
    )
    contacts_per_s: float = Field(
        20.0, gt=0, description="Contacts per second that may be asked for over a long time."
    )
    contacts_burst: float = Field(200.0, ge=1, description="How many may be asked for at once after a pause.")
    wait_limit_s: float = Field(10.0, ge=0, le=60, description="Longest `Prefer: wait` that is honoured.")

    @property
    def readers(self) -> tuple[str, ...]:
        """The hashes of `contact_readers`."""
        return _split(self.contact_readers)

    @property
    def erasers(self) -> tuple[str, ...]:
        """The hashes of `contact_erasers`."""
        return _split(self.contact_erasers)
