"""The playground's API: a small ASGI application behind fastcors, and a record of what goes over the wire."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from fastcors import Policy
from fastcors._browser.steps import Step, facts
from fastcors.asgi import CORSMiddleware
from fastcors.demo.web import COOKIE

__all__ = ["Api", "Exchange"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_RECORDS = 200
_NO_STORE = (b"cache-control", b"no-store")
_TEXT = 2000  # characters of a header's value that are shown
_ASKED = ("origin", "access-control-request-method", "access-control-request-headers")


class Exchange(NamedTuple):
    """One request that reached the API, and its answer."""

    run: str
    """The ``run`` of its query: which press of the button it comes from."""
    number: int
    step: Step
    path: str
    headers: list[tuple[str, str]]
    answer: dict[str, Any]
    """``status`` and ``headers``; empty until the application has answered."""

    def as_json(self, credentials: bool) -> dict[str, Any]:
        """The exchange as the page shows it; ``credentials`` says whether the page asked for them."""
        step = self.step._replace(credentials=credentials)
        return {
            "number": self.number,
            "method": step.method,
            "path": self.path,
            "host": step.host,
            "headers": self.headers,
            "answer": self.answer,
            "told": facts(step),
        }


class Api:
    """An ASGI application: the record, the shim, and the API behind them.

    ``hosts`` are its two addresses, "name:port"; ``/redirect`` leads from one to the other.
    """

    def __init__(self, policy: Policy, hosts: tuple[str, str]) -> None:
        self.shim = CORSMiddleware(_Application(hosts), policy)
        self._exchanges: deque[Exchange] = deque(maxlen=_RECORDS)
        self._number = 0
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """The number of the latest exchange; 0 before the first."""
        return self._number

    def exchanges(self, run: str, after: int) -> list[Exchange]:
        """What came since the exchange ``after``, of one run."""
        with self._lock:
            return [one for one in self._exchanges if one.run == run and one.number > after]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._note(scope)
        drops_vary = scope["path"] == "/no-vary"

        async def send_noted(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                if drops_vary:
                    kept = [(name, value) for name, value in message["headers"] if name.lower() != b"vary"]
                    message = {**message, "headers": kept}
                answer.update(status=message["status"], headers=_shown(message["headers"]))
            await send(message)

        await self.shim(scope, receive, send_noted)

    def _note(self, scope: Scope) -> dict[str, Any]:
        """Put the request into the record; returns where its answer goes."""
        policy = self.shim.policy
        assert policy is not None  # noqa: S101
        headers = _shown(scope["headers"])
        asked = [(name.title(), value) for name, value in headers if name in _ASKED]
        host = next((value for name, value in headers if name == "host"), "")
        step = Step(policy, scope["method"], asked, policy.decide_asgi(scope), None, host, scope["path"])
        query = parse_qs(scope["query_string"].decode("latin-1")[:_TEXT], max_num_fields=None)
        answer: dict[str, Any] = {}
        with self._lock:
            self._number += 1
            run = query.get("run", [""])[0]
            self._exchanges.append(Exchange(run, self._number, step, scope["path"][:_TEXT], headers, answer))
        return answer


def _shown(raw: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Header lines as text. Of the cookies only the page's own: others are of other programs on this host."""
    lines = [(name.decode("latin-1"), value.decode("latin-1")[:_TEXT]) for name, value in raw]
    return [(name, _own_cookie(value) if name.lower() == "cookie" else value) for name, value in lines]


def _own_cookie(value: str) -> str:
    """The value of ``Cookie`` without the cookies of others."""
    cookies = [cookie.strip() for cookie in value.split(";")]
    own = [cookie for cookie in cookies if cookie == COOKIE]
    return "; ".join(own if len(own) == len(cookies) else [*own, "(others, not shown)"])


class _Application:
    """The API itself, which knows nothing of CORS."""

    def __init__(self, hosts: tuple[str, str]) -> None:
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        signed_in = COOKIE in [cookie.strip() for cookie in cookies.split(";")]
        status, headers, kind, body = self._respond(scope, signed_in)
        headers += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _respond(self, scope: Scope, signed_in: bool) -> tuple[int, list[tuple[bytes, bytes]], bytes, bytes]:
        path = scope["path"]
        if path == "/redirect":
            here = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            there = self._hosts[1] if here == self._hosts[0] else self._hosts[0]
            query = scope["query_string"].decode("latin-1")
            location = f"http://{there}/items?{query}".encode("latin-1")
            return 302, [(b"location", location), _NO_STORE], b"text/plain", b""
        if path == "/no-vary":
            # A style sheet, as a browser blocks and forgets JSON that a no-cors request gets.
            return 200, [(b"cache-control", b"max-age=60")], b"text/css", b"lamp { color: green }"
        found = path == "/items"
        value = {"items": ["a lamp", "a chair"], "cookie": signed_in} if found else {"error": "there is nothing here"}
        return 200 if found else 404, [_NO_STORE], b"application/json", json.dumps(value).encode()
