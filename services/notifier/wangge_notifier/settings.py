"""What an operator may set for the notifier."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wangge_chassis import ServiceSettings


class Settings(ServiceSettings):
    """Read from `WANGGE_NOTIFIER_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_NOTIFIER_", frozen=True, extra="forbid")

    linger_s: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Rest after a small batch: who reads here does not wait for milliseconds.",
    )

    language: Literal["zh", "en"] = Field("zh", description="Language of notices.")
    secrets: Path | None = Field(
        None,
        description="TOML file, `[secrets]`, with the signing secrets (`whsec_...`, one or a list) of each "
        "holder told by webhook; who has none is not told by webhook.",
    )
    attempts: int = Field(8, ge=1, le=50, description="Attempts after which a notice is given up.")
    first_wait_s: float = Field(
        5.0, gt=0, le=3600, description="Wait after the first failure, in house time; doubles each time."
    )
    longest_wait_s: float = Field(3600.0, gt=0, description="Longest wait between two attempts, house time.")
    send_within_s: float = Field(
        10.0, gt=0, le=120, description="Deadline of one attempt, from the name's look-up to the answer."
    )
    at_once: int = Field(8, ge=1, le=64, description="Most attempts on their way to one endpoint.")
    look_every_s: float = Field(0.2, gt=0, le=10, description="How often it is asked what is due.")
