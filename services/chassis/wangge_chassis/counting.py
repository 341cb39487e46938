"""What is asked at a door, how it is answered and how soon: counted for Prometheus."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wangge_chassis import metrics

HUNG_UP = 499
"""The status under which a request is counted whose asker left before he was answered, as nginx has it."""


class Counted:
    """
    A door of which each answer is counted once its head goes: a stream may last for days.

    Routes go by their templates, or by none when the door knows no such path: what a stranger asks for must
    not become a label.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on."""
        began, status = time.perf_counter(), HUNG_UP

        def count() -> None:
            route = getattr(scope.get("route"), "path", "")
            metrics.requests(scope["method"], route, status).inc()
            metrics.request_seconds(scope["method"], route).observe(time.perf_counter() - began)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                count()
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if status == HUNG_UP:
                count()
