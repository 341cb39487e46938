"""HTTP for who offers to go on in another protocol: the offer is passed over, and his request is read."""

import sys
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Declining(HttpToolsProtocol):
    """
    One connection that speaks HTTP/1.1, whatever is offered (RFC 9110, 7.8).

    Java's own client offers HTTP/2 with its first request. The parser takes an offer for the end of the
    request, and its body for the other protocol: so the same request is read again, without the offer.
    """

    _came = b""

    def data_received(self, data: bytes) -> None:
        """Take in what comes."""
        self._came = data
        super().data_received(data)

    @property
    def offers(self) -> bool:
        """Whether the request at hand is to be read again; CONNECT, which is taken for an offer, is not."""
        return self.parser.should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if not self.offers:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        if not self.offers:
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Read on: the parser has just raised at which byte it would hand over."""
        offer = sys.exc_info()[1]
        if offer is None or not self.offers:
            return
        head = _head(self.parser, self.url, self.headers)
        self.parser = type(self.parser)(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn's own has it.
        Declining.data_received(self, head + self._came[offer.args[0] :])


def _head(parser: Any, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    first = b"%b %b HTTP/%b" % (parser.get_method(), url, parser.get_http_version().encode())
    kept = [b"%b: %b" % each for each in headers if each[0] != b"upgrade"]
    return b"\r\n".join([first, *kept, b"", b""])
