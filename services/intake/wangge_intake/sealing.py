"""What outsiders wrote and nobody could read lies in the dead letters under intake's key."""

from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class NotSealedByUs(ValueError):
    """The bytes were not sealed with any of these keys, or are damaged."""


def seal_with(keys: str) -> Callable[[bytes], bytes]:
    """
    Return what seals with the first of *keys*.

    :param keys: Fernet keys (URL-safe base64 of 32 bytes), comma separated: a new key is put first, and
        the old one is kept as long as letters under it are (7 days).
    :raises ValueError: one of them is no key.
    """
    return _keyring(keys).encrypt


def unseal(sealed: bytes, *, keys: str) -> bytes:
    """Return the original bytes of a dead letter of intake. Raises NotSealedByUs."""
    try:
        return _keyring(keys).decrypt(sealed)
    except InvalidToken:
        raise NotSealedByUs("sealed with another key, or damaged") from None


def _keyring(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
