"""How this process proves to Kafka who it is, and how what they say to each other is sealed."""

import ssl
from pathlib import Path
from typing import Any, Literal, Self

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from wangge_chassis.logs import in_words
from wangge_chassis.settings import FromEnvironment

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


class KafkaAccess(FromEnvironment):
    """Read from `WANGGE_KAFKA_<FIELD>`, for every client of a process; the files again for each line."""

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
        return self

    def require_files(self) -> None:
        """End the process, with one line, when a file that is named cannot be used."""
        try:
            self.client()
        except OSError as error:
            raise SystemExit(f"WANGGE_KAFKA: {in_words(error)}") from None

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

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:  # it does not say of which file
            raise OSError(f"{self.ca_file} names nobody to trust: {in_words(error)}") from error


def kafka_access() -> dict[str, Any]:
    """Return what every aiokafka client of this process is given besides its own arguments."""
    return KafkaAccess.from_environment().client()
