"""What a report or an answer says, apart from when and how it was sent: the same says the same hash."""

from hashlib import sha256

from wangge_contracts.message import Message

_OF_THE_SENDING = {"sent_at", "origin", "effective_at"}


def content_sha256(message: Message) -> bytes:
    """
    Return the SHA-256 of the canonical content of *message*, 32 bytes.

    Canonical is the message as this version reads it: fields in the order of the contract, instants in UTC
    with milliseconds, and nothing for a field that has its default. So the order of fields, white space,
    escapes, fields unknown to us and fields that a later version adds do not count, and neither does
    `sent_at`, which a terminal may stamp anew on every retry.
    """
    content = message.__pydantic_serializer__.to_json(message, exclude_defaults=True, exclude=_OF_THE_SENDING)
    return sha256(content).digest()
