"""A receiver in the test's own loop."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

Answer = Callable[[web.BaseRequest], web.Response | Awaitable[web.Response]]
Serving = Callable[[Answer], Awaitable[int]]


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """Serve every path with what a function answers; gives the port."""
    runners: list[web.ServerRunner] = []

    async def serve(answer: Answer) -> int:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            answered = answer(request)
            return await answered if isinstance(answered, Awaitable) else answered

        runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    yield serve
    for runner in runners:
        await runner.cleanup()
