"""One attempt over HTTP: posted once, nothing followed, only 2xx is success."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from wangge_notifier.delivering import Outcome
from wangge_notifier.signing import sign


class Webhooks:
    """Posts notices. Neither address nor secret nor what was answered ever leaves it."""

    def __init__(self, *, within_s: float) -> None:
        self._within_s = within_s
        self._session: aiohttp.ClientSession | None = None

    async def send(self, address: str, *, secrets: Sequence[bytes], notice_id: str, body: bytes) -> Outcome:
        """Make one attempt. Never raises; whatever goes wrong is an outcome."""
        if urlsplit(address).scheme not in ("http", "https"):
            return Outcome("bad-address", hopeless=True)
        headers = sign(secrets, message_id=notice_id, timestamp_s=int(time.time()), body=body)
        headers["content-type"] = "application/json"
        try:
            async with self._opened().post(
                address, data=body, headers=headers, allow_redirects=False
            ) as response:
                # What the receiver writes is not read: the status is all that counts.
                return outcome_of(response.status)
        except TimeoutError:
            return Outcome("timeout", detail=f"no answer within {self._within_s:g} s")
        except aiohttp.InvalidURL:
            return Outcome("bad-address", hopeless=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome("unreachable", detail=type(error).__name__)

    async def attend(self) -> None:
        """Keep the connections until the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._session is not None:
                await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._within_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "wangge-notifier/1"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def outcome_of(status: int) -> Outcome:
    """Return what an HTTP status says of an attempt."""
    return Outcome(str(status), accepted=HTTPStatus.OK <= status < 300, hopeless=status == HTTPStatus.GONE)
