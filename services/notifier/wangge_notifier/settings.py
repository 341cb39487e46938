"""What an operator may set for the notifier."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from wangge_chassis import FollowerSettings
from wangge_notifier.addresses import Admitted

Url = Annotated[str, Field(pattern=r"^(https?://[^/\s]+(/[^\s]*[^/\s])?)?$")]
"""An address without a slash at its end, or none."""


class Settings(FollowerSettings):
    """Read from `WANGGE_NOTIFIER_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_NOTIFIER_")

    linger_s: float = Field(
        0.025,
        ge=0,
        le=1,
        description="Rest after a small batch, on the way to composer and courier alike.",
    )

    still_news_s: float = Field(
        1800.0,
        ge=0,
        description="What a clock tells later than this, house seconds, is for the record: no bell rings.",
    )
    secrets: Path | None = Field(
        None,
        description="TOML file with every secret of the notifier (README); who has no signing secret is not "
        "told by webhook.",
    )
    admitted: str = Field(
        "",
        description="Inside networks (CIDR, comma separated) that may be sent to; all public ones may.",
    )
    public_url: Url = Field(
        "",
        description="Where our door is seen from outside: in links that confirm, and for gateways' reports; "
        "without it there are neither.",
    )
    contacts_url: Url = Field(
        "",
        description="Where intake's door is, which opens reporters' contacts; without it none is reached.",
    )
    attempts: int = Field(8, ge=1, le=50, description="Attempts after which a notice is given up.")
    first_wait_s: float = Field(
        5.0, gt=0, le=3600, description="Wait after the first failure, in house time; doubles each time."
    )
    longest_wait_s: float = Field(3600.0, gt=0, description="Longest wait between two attempts, house time.")
    send_within_s: float = Field(
        10.0, gt=0, le=120, description="Deadline of one attempt, from the name's look-up to the answer."
    )
    look_every_s: float = Field(
        0.1, gt=0, le=10, description="How often it is asked whether an endpoint at its limit has room again."
    )
    connections: int = Field(4, ge=1, le=50, description="Most database connections of the HTTP door.")

    @field_validator("admitted")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        Admitted.parse(text)
        return text
