"""Standard Webhooks 1.0: who receives a notice can tell that it is ours, and has it once."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import digest

_PREFIX = "whsec_"
_SIZES = range(24, 65)


def sign(secrets: Sequence[bytes], *, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """
    Return the three headers for *body*, signed with each of *secrets*.

    The id is the same on every attempt, the timestamp (Unix seconds, real time) is the attempt's own.
    """
    signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
    signatures = (b64encode(digest(secret, signed, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def secret_of(text: str) -> bytes:
    """Return the bytes of a secret written `whsec_<base64>`; raises ValueError for anything else."""
    try:
        if not text.startswith(_PREFIX):
            raise ValueError
        secret = b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise ValueError("a signing secret is written whsec_<base64>") from None
    if len(secret) not in _SIZES:
        raise ValueError("a signing secret has 24 to 64 bytes")
    return secret
