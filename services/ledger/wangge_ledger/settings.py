"""What an operator may set for the ledger."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wangge_chassis import FollowerSettings


class Settings(FollowerSettings):
    """Read from `WANGGE_LEDGER_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_LEDGER_")

    people: Path | None = Field(
        None,
        description="TOML file of those who may act and see restricted matters, each with the SHA-256 of a "
        "bearer token; without it nobody may.",
    )
    tokens: Path | None = Field(
        None,
        description="TOML or JSON file with the SHA-256 of each outsider's token, the same as intake's, by "
        "which their systems ask for their tasks; without it none may.",
    )
    connections: int = Field(
        4,
        ge=1,
        le=50,
        description="Most database connections of those who ask at the HTTP door, besides the reader's own "
        "and one that is kept for those who act.",
    )
