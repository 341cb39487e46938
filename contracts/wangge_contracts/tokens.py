"""A bearer token at a door: shown in a header, known by its hash alone."""

from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator

from wangge_contracts.v1.words import Sha256

NO_TOKEN = sha256(b"").hexdigest()
"""What a script makes of a token that it forgot to fill in; everybody has an empty one."""


def _of_a_token(hashed: str) -> str:
    if hashed == NO_TOKEN:
        raise ValueError("this is the hash of an empty token")
    return hashed


TokenHash = Annotated[Sha256, AfterValidator(_of_a_token)]
"""The SHA-256 of a token, as files and settings have it: 64 small hexadecimal digits."""


def token_hash(authorization: bytes) -> bytes:
    """
    Return the SHA-256 of the bearer token in an `Authorization` header; empty for none and other schemes.

    The hash is looked up, so that the time it takes tells nothing about a token.
    """
    scheme, _, token = authorization.partition(b" ")
    token = token.strip()
    return sha256(token).digest() if token and scheme.lower() == b"bearer" else b""
