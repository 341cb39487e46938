"""A link by which the recipient of a notice says that he has read it: signed, and good for a time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest, digest

_ID, _TIME, _MAC = 16, 4, 16
_PURPOSE = b"wangge confirm v1"


class BadLink(ValueError):
    """This was not signed by us, or its time is over (*expired*)."""

    def __init__(self, text: str, *, expired: bool = False) -> None:
        super().__init__(text)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links with one *key*, 32 bytes that nobody else knows, under one public address."""

    key: bytes
    base: str
    """Where our door is seen from outside, without a slash at its end."""

    def link(self, notice_id: str, *, expires_at: datetime) -> str | None:
        """Return the address that confirms a notice until *expires_at* (UTC); None for a foreign id."""
        try:
            said = bytes.fromhex(notice_id) + int(expires_at.timestamp()).to_bytes(_TIME, "big")
        except (ValueError, OverflowError):
            return None
        if len(said) != _ID + _TIME:
            return None
        token = urlsafe_b64encode(said + self._mac(said)).decode().rstrip("=")
        return f"{self.base}/c/{token}"

    def read(self, token: str, *, now: datetime) -> str:
        """Return the id of the notice that *token* confirms. Raises BadLink."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise BadLink("this is no link of ours") from None
        said, mac = raw[: _ID + _TIME], raw[_ID + _TIME :]
        if len(raw) != _ID + _TIME + _MAC or not compare_digest(mac, self._mac(said)):
            raise BadLink("this is no link of ours")
        if now > datetime.fromtimestamp(int.from_bytes(said[_ID:], "big"), UTC):
            raise BadLink("the time of this link is over", expired=True)
        return said[:_ID].hex()

    def _mac(self, said: bytes) -> bytes:
        return digest(self.key, _PURPOSE + said, sha256)[:_MAC]


def links_under(public_url: str, *, key: bytes) -> Links | None:
    """Return what makes and reads confirming links there; None without a key or an address."""
    return Links(key, public_url) if key and public_url else None
