"""How this process proves to Kafka who it is, and how what they say to each other is sealed."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from aiokafka.conn import collect_hosts
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from wangge_chassis.settings import FromEnvironment

_PATIENCE_S = 5.0
_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


class KafkaAccess(FromEnvironment):
    """Read from `WANGGE_KAFKA_<FIELD>`, for every client of a process; the password when one is made."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_KAFKA_")

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="As the broker's listener has it."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How user and password are proved."
    )
    user: str | None = Field(None, description="The principal, as the access rules name it.")
    password_file: Path | None = Field(None, description="File with the password and nothing else.")
    ca_file: Path | None = Field(
        None, description="PEM file of who vouches for the broker; none: who the system trusts."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.sasl and not (self.user and self.password_file):
            raise ValueError(
                f"{self.security_protocol} needs WANGGE_KAFKA_USER and WANGGE_KAFKA_PASSWORD_FILE"
            )
        for file in (self.password_file, self.ca_file):
            if file is not None and not file.is_file():
                raise ValueError(f"there is no file {file}")
        return self

    @property
    def sasl(self) -> bool:
        """Whether a user and a password are asked for."""
        return self.security_protocol.startswith("SASL")

    @property
    def tls(self) -> bool:
        """Whether the connection is sealed."""
        return self.security_protocol.endswith("SSL")

    def password(self) -> SecretStr:
        """Return what the file holds now, without the line's end. Raises OSError."""
        return SecretStr(self.password_file.read_text("utf-8").rstrip("\r\n") if self.password_file else "")

    def client(self) -> dict[str, Any]:
        """Return the arguments that aiokafka's clients take."""
        arguments: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.tls:
            arguments["ssl_context"] = self._context()
        if self.sasl:
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password().get_secret_value(),
            }
        return arguments

    def broker(self) -> BaseSecurity:
        """Return the same as FastStream's broker takes it."""
        context = self._context() if self.tls else None
        if not self.sasl:
            return BaseSecurity(ssl_context=context, use_ssl=self.tls)
        made: BaseSecurity = _SASL[self.sasl_mechanism](
            self.user or "", self.password().get_secret_value(), ssl_context=context, use_ssl=self.tls
        )
        return made

    async def try_seal(self, servers: Iterable[str]) -> None:
        """
        Seal a line to the first of *servers* that answers, if lines are to be sealed, and drop it again.

        Clients would only say that they cannot connect. Raises ConnectionError with the reason: nobody we
        trust vouches for it under that name, or it does not speak TLS.
        """
        for host, port, _ in collect_hosts(list(servers)) if self.tls else ():
            line = asyncio.open_connection(host, port, ssl=self._context(), ssl_handshake_timeout=_PATIENCE_S)
            try:
                _, writer = await asyncio.wait_for(line, 2 * _PATIENCE_S)
            except ssl.SSLError as error:
                why = getattr(error, "verify_message", None) or error.reason
                raise ConnectionError(f"no sealed line to {host}:{port}: {why}") from error
            except OSError:
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def kafka_access() -> dict[str, Any]:
    """Return what every aiokafka client of this process is given besides its own arguments."""
    return KafkaAccess.from_environment().client()
