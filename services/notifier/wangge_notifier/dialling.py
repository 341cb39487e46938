"""HTTP to addresses that others gave us: checked where they are dialled, nothing followed, little read."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from wangge_notifier.addresses import Admitted
from wangge_notifier.delivering import Outcome
from wangge_notifier.resolving import NOT_ASKED, TO_LOOK_UP, NotAsked, Resolver

MOST_BYTES = 64 * 1024
_CONNECT_WITHIN_S = 5.0
_TO_CONNECT = 0.9
"""Of a call's deadline: what has no connection by then was surely not sent, and is not in doubt."""
_LONGEST_RETRY_AFTER = timedelta(hours=1)
_THROTTLED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class NotAdmitted(OSError):
    """This address may not be dialled."""


class _AdmittingResolver(AbstractResolver):
    """Resolves a name once and admits it only if every address is admitted; the connection uses those."""

    def __init__(self, admitted: Admitted, resolver: AbstractResolver) -> None:
        self._admitted = admitted
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found or not all(self._admitted.admits(each["host"]) for each in found):
            raise NotAdmitted("a name with an address that is not admitted")
        return found

    async def close(self) -> None:
        await self._resolver.close()


class Dialler:
    """
    One HTTP client for all endpoints.

    An address is checked three times: as it is written, as its name resolves, and on the socket that is
    about to connect, so that no literal, name or answer of a name server gets around it.
    """

    def __init__(
        self,
        admitted: Admitted,
        *,
        within_s: float,
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        self._admitted = admitted
        self._within_s = within_s
        self._resolver = resolver or (lambda: Resolver(patience_s=within_s * TO_LOOK_UP))
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, address: str, *, headers: dict[str, str], body: bytes | None, reads: bool = False
    ) -> tuple[Outcome, int, bytes]:
        """
        Make one call; return how it went by its status, the status (0: none) and what was read.

        Unless *reads*, the status is all that counts, and what the receiver writes is left where it is.
        """
        try:
            url = URL(address)
            if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
                return Outcome("bad-address", hopeless=True), 0, b""
            if _is_literal(url.host) and not self._admitted.admits(url.host):
                return _REFUSED, 0, b""
            async with self._opened().request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                outcome = outcome_of(response.status, retry_after=response.headers.get("retry-after"))
                return outcome, response.status, await _read(response) if reads else b""
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            if _stems_from(error, NotAdmitted):
                return _REFUSED, 0, b""
            if _stems_from(error, NotAsked):
                return NOT_ASKED, 0, b""
            return Outcome("unreachable", sick=True, detail=type(error).__name__), 0, b""
        except TimeoutError:
            told = f"no answer within {self._within_s:g} s"
            return Outcome("timeout", sick=True, doubtful=True, detail=told), 0, b""
        except (aiohttp.InvalidURL, ValueError):
            return Outcome("bad-address", hopeless=True), 0, b""
        except (aiohttp.ClientError, OSError) as error:
            return Outcome("broken-off", sick=True, doubtful=True, detail=type(error).__name__), 0, b""

    async def attend(self) -> None:
        """Keep the connections until the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._session is not None:
                await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            to_connect_s = self._within_s * _TO_CONNECT
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    keepalive_timeout=5.0,
                    resolver=_AdmittingResolver(self._admitted, self._resolver()),
                    socket_factory=self._socket,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._within_s,
                    connect=to_connect_s,
                    sock_connect=min(_CONNECT_WITHIN_S, to_connect_s),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "wangge-notifier/1"},
                auto_decompress=False,
                # Who takes a notice has it, however long a header he answers with: some policies have 20 KB.
                max_field_size=MOST_BYTES,
                trust_env=False,
            )
        return self._session

    def _socket(self, at: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = at
        if not self._admitted.admits(address[0]):
            raise NotAdmitted("an address that is not admitted")
        return socket.socket(family, kind, protocol)


def outcome_of(status: int, *, retry_after: str | None = None, real_s: float | None = None) -> Outcome:
    """
    Return what an HTTP status says of an attempt: only 2xx is success.

    `Retry-After` (RFC 9110 10.2.3: seconds, or a date against *real_s*, Unix time) counts with 429 and 503
    and is cut at an hour. 410 says that the endpoint is gone for good (Standard Webhooks 1.0).
    """
    gone = status == HTTPStatus.GONE
    return Outcome(
        str(status),
        accepted=HTTPStatus.OK <= status < 300,
        hopeless=gone,
        gone=gone,
        sick=status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=_retry_after(retry_after, real_s) if status in _THROTTLED else None,
    )


def _retry_after(text: str | None, real_s: float | None) -> timedelta | None:
    if text is None:
        return None
    try:
        if text.strip().isdecimal():
            seconds = float(text[:9])
        else:
            at = parsedate_to_datetime(text)
            # In its oldest form a date names no zone and means GMT (RFC 9110 5.6.7), not the machine's.
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            seconds = at.timestamp() - (time() if real_s is None else real_s)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(timedelta(seconds=max(0.0, seconds)), _LONGEST_RETRY_AFTER)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read what was answered, as far as we are ready to; what is longer is useless and cut."""
    found = bytearray()
    while len(found) < MOST_BYTES and (chunk := await response.content.read(MOST_BYTES - len(found))):
        found += chunk
    return bytes(found)


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


def _stems_from(error: BaseException, kind: type[OSError]) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind) or isinstance(getattr(seen, "os_error", None), kind):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


_REFUSED = Outcome("address-refused", hopeless=True, detail="it leads inside: see ADMITTED")
