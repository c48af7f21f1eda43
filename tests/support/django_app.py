"""One Django application for the contract's requests, by WSGI and by ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

import tests.compat.django_pages  # noqa: F401 - which configures Django
from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS, Answer, Req, call_wsgi, lower_of, text_of


class DjangoApp:
    """Answers at ``/thing`` as the other applications of the contract do, with a middleware and these settings."""

    def __init__(self, *middleware: str, decorate: Callable[[Any], Any] = lambda view: view, **settings: Any) -> None:
        self.calls = 0
        self.headers = text_of(APP_HEADERS)

        def thing(request: HttpRequest) -> HttpResponse:
            self.calls += 1
            return HttpResponse(APP_BODY, status=APP_STATUS, headers=dict(self.headers))

        async def thing_async(request: HttpRequest) -> HttpResponse:
            return thing(request)

        self._settings = {"MIDDLEWARE": list(middleware), "DEBUG": False, **settings}
        self._urls = {view: (path("thing", decorate(view)),) for view in (thing, thing_async)}
        self._sync, self._async = self._urls
        with self._project(self._sync):
            self._wsgi = WSGIHandler()
        with self._project(self._async):
            self._asgi = ASGIHandler()

    def _project(self, view: Any, **settings: Any) -> Any:
        return override_settings(**{**self._settings, **settings, "ROOT_URLCONF": self._urls[view]})

    def answer(self, req: Req, **settings: Any) -> Answer:
        """Put a request to the application by WSGI."""
        before = self.calls
        with self._project(self._sync, **settings):
            result = call_wsgi(self._wsgi, req.environ())
        return self._answer(before, int(result.status[:3]), lower_of(result.headers), result.body)

    def answer_async(self, req: Req, **settings: Any) -> Answer:
        """Put a request to the application by ASGI."""
        before = self.calls
        assert iscoroutinefunction(self._asgi._middleware_chain)
        with self._project(self._async, **settings):
            messages = asyncio.run(self._call_asgi(req))
        body = b"".join(message.get("body", b"") for message in messages[1:])
        return self._answer(before, messages[0]["status"], text_of(messages[0]["headers"]), body)

    async def _call_asgi(self, req: Req) -> list[Any]:
        messages: list[Any] = []
        body = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not body:
                await asyncio.Event().wait()  # the client stays
            return body.pop()

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self._asgi(req.scope(), receive, send)
        return messages

    def _answer(self, before: int, status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
        ran = self.calls > before
        if ran:
            assert sorted(pair for pair in headers if pair in self.headers) == sorted(self.headers)
        return Answer(ran, status, headers, body)
