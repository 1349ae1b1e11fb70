"""`/mcp`: the traffic for agents, by the Model Context Protocol, read only and on the same tokens as the API.

Each request is answered by itself (no session is kept), so a token that is revoked ends at the next one.
"""

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from data.accounts.api_tokens import ApiAccess
from pages.api.authentication import access_of_request, answer_or_problem
from pages.api.problems import Problem
from pages.ui.addresses import base_path


def routes() -> Sequence[BaseRoute]:
    return [Route(f"{base_path()}/mcp", AgentEndpoint())]


class AgentEndpoint:
    """The server of the protocol's makers, behind our tokens."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method != "POST":  # a stream for what the server would say by itself: it never does
            refusal = Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Agents send POST.", headers={"Allow": "POST"})
            await refusal.response()(scope, receive, send)
            return
        found: list[ApiAccess] = []

        def admit() -> Response:
            found.append(access_of_request(request))
            return Response()

        answer = await run_in_threadpool(answer_or_problem, admit)
        if not found:
            await answer(scope, receive, send)
            return
        tools = await run_in_threadpool(_tools)
        app = tools.application(scope["path"], found[0])
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)


@cache
def _tools() -> Any:
    """Imported at the first request: it takes a second, and most servers have none."""
    return import_module("pages.api.agent_tools")
