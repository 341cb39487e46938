"""What an operator may set for this room."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wangge_chassis import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the router, read from `WANGGE_ROUTER_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_ROUTER_")

    unknown_after_s: float = Field(
        60.0,
        ge=1,
        description="How long answers and orders wait for an incident that is not here, until refused.",
    )
