"""An SMS gateway: takes every text over HTTP and keeps it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from wangge_local.ports import free_port


class Gateway(ThreadingHTTPServer):
    """Keeps texts, and gives each the *answer* of its number, counted from one."""

    def __init__(self, answer: Callable[[int], bytes]) -> None:
        self.texts: list[dict[str, str]] = []
        self.answer = answer
        super().__init__(("127.0.0.1", free_port()), _Taking)


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Gateway)
        self.server.texts.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer(len(self.server.texts)))

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def gateway(answer: Callable[[int], bytes]) -> Iterator[Gateway]:
    """One that serves on loopback, in a thread."""
    with Gateway(answer) as serving:
        thread = Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield serving
        finally:
            serving.shutdown()
            thread.join()
