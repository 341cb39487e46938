"""What an operator may set for this room."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wangge_chassis import FollowerSettings


class Settings(FollowerSettings):
    """Settings of the escalation room, read from `WANGGE_ESCALATION_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_ESCALATION_")

    bell_net_s: float = Field(
        30.0, ge=0.1, le=600, description="How often the bell looks though nobody told it to: a net."
    )
    rings_per_turn: int = Field(
        500, ge=1, le=5000, description="Most clocks that ring in one transaction; the rest ring next."
    )
    relieved_per_turn: int = Field(
        500,
        ge=1,
        le=5000,
        description="Most clocks that are held against declared outages in one transaction.",
    )
    patience_s: float = Field(
        60.0, ge=1, description="What is told later than this is marked as catching up, in house seconds."
    )
    late_s: float = Field(
        60.0, ge=1, description="Input of intake, router or this room that is older makes red lights wait."
    )
    late_every_s: float = Field(5.0, ge=0.1, le=60, description="How often the broker is asked for that.")
    held_at_most_s: float = Field(
        600.0, ge=0, description="After so long they ring all the same, until all have caught up once."
    )
    audit_every_s: float = Field(10.0, ge=0.1, le=600, description="How often overdue rungs are looked for.")
    audit_bound_s: float = Field(
        30.0,
        ge=1,
        description="A rung that is overdue for longer, in house seconds, makes the room not ready.",
    )
    dead_man_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Asked again and again while nothing is overdue; {replica} in it is replaced.",
    )
    dead_man_every_s: float = Field(60.0, ge=0.1, description="How often.")
