"""What an operator may set for any service."""

import os
import re
from typing import Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_LINK_NAME = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|ADDR|(PORT_)?(START|END)|PORT))?)$"
)
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")
"""Kubernetes tells every container of the Services beside it, by variables that begin with their names."""
_LINKED = re.compile(r"/[^/]+/[^/]+")
"""
Docker does so too (`--link`), and passes on the environment of the other container: as `_ENV_...`, beside a
`_NAME` that holds the names of both.
"""


class FromEnvironment(BaseSettings):
    """Settings that a process takes from its environment, each under the prefix of their class."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_environment(cls) -> Self:
        """
        Return what the environment says; what is wrong with it ends the process, a line for each fault.

        Of variables that belong to no field pydantic takes no notice, even where it forbids what is extra.
        What an orchestrator says of a container that is called as our variables begin is no setting.
        """
        faults: list[str] = []
        try:
            read = cls()
        except ValidationError as error:
            faults += (f"{cls._named(*map(str, each['loc']))}: {_wrong(each)}" for each in error.errors())
        known = {cls._named(name) for name, each in cls.model_fields.items() if not each.validation_alias}
        ours = {name for name in os.environ if name.upper().startswith(cls._named(""))}
        unknown = sorted(name for name in ours if name.upper() not in known and not _is_link(name))
        faults += (f"{name}: there is no such setting" for name in unknown)
        if faults:
            raise SystemExit("\n".join(faults))
        return read

    @classmethod
    def _named(cls, *steps: str) -> str:
        prefix = cls.model_config.get("env_prefix", "")
        return "_".join((prefix.removesuffix("_"), *steps)).upper()


def _is_link(name: str) -> bool:
    by_value = name.endswith("_PORT") and _LINK_VALUE.match(os.environ[name])
    linked = name.partition("_ENV_")[0].removesuffix("_NAME") + "_NAME"
    by_docker = name == linked or "_ENV_" in name
    return bool(
        by_value or _LINK_NAME.search(name) or (by_docker and _LINKED.fullmatch(os.environ.get(linked, "")))
    )


def _wrong(error: Any) -> str:
    given = error["input"]
    if isinstance(given, str) and _LINK_VALUE.match(given):
        return f"{given} tells of a Service of that name: set this variable, or enableServiceLinks: false"
    return str(error["msg"])


class ServiceSettings(FromEnvironment):
    """
    Settings that every service has; a service's own class adds its prefix and its fields.

    Read from the environment as `WANGGE_<SERVICE>_<FIELD>`; only `__main__` constructs it.
    """

    kafka: str = Field("127.0.0.1:9092", description="Bootstrap servers, comma separated.")
    postgres: str = Field("postgresql:///wangge", description="PostgreSQL address of this service's role.")
    host: str = Field("127.0.0.1", description="Address that probes, metrics and HTTP doors listen on.")
    port: int = Field(0, ge=0, le=65535, description="Port of probes, metrics and HTTP doors; 0 = none.")
    replica: str = Field(
        "0", pattern=r"^[a-z0-9-]{1,32}$", description="Unique name of this replica; stable over restarts."
    )
    mode: Literal["development", "production"] = Field(
        "production", description="Development admits stop points."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    batch_size: int = Field(300, ge=1, le=5000, description="Most records in one transaction.")
    poll_s: float = Field(
        0.015,
        gt=0,
        le=1,
        description="Idle sleep between two polls; a poll ends with the first record, or after the longer of "
        "this and 250 ms.",
    )
    linger_s: float = Field(
        0.004, ge=0, le=1, description="Rest after a small batch, so that the next one is larger; 0 = none."
    )
    session_timeout_s: float = Field(
        10.0, ge=1, le=300, description="Silence after which the group gives our parts to others."
    )
    frozen_after_s: float = Field(
        10.0, ge=1, le=300, description="PostgreSQL ends a transaction of ours that stands idle so long."
    )
    stuck_after_s: float = Field(60.0, ge=5, description="No progress for so long ends the process.")
    stop_point: str | None = Field(
        None, validation_alias="WANGGE_STOP_POINT", description="Tests only: freeze at these named places."
    )


class FollowerSettings(ServiceSettings):
    """
    Settings of a room that hears facts and for whose readers milliseconds do not count.

    A fact is five times as large as a report: who parses 300 of them at once holds some 15 MB more than who
    parses 120.
    """

    batch_size: int = Field(120, ge=1, le=5000, description="Most records in one transaction.")
    linger_s: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Rest after a small batch: who reads here does not wait for milliseconds.",
    )
