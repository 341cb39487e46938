"""A request that names something with U+0000 -> a problem (RFC 9457), before any door sees it."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from wangge_chassis.problems import Problem


class NulRefused:
    """
    A door to which nobody can name what holds U+0000, in path or query.

    PostgreSQL keeps no such character (its manual, 8.3): nothing has a name with it, and to ask for one is an
    error that would be ours. Middleware of Starlette's kind; bodies are the door's own to read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404 for such a path and 422 for such a query; hand everything else on."""
        if scope["type"] == "http" and "\0" in scope["path"]:
            answer = Problem(404, detail="nothing has a name with the character U+0000")
        elif scope["type"] == "http" and b"\0" in unquote_to_bytes(scope["query_string"]):
            answer = Problem(422, detail="the query holds the character U+0000")
        else:
            await self._app(scope, receive, send)
            return
        await answer.response()(scope, receive, send)
