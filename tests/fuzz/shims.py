"""The targets of the gateways' shims: a request, and what an application responds, through a whole middleware."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tests.differential.pair import exact
from tests.fuzz.inputs import Given, lines_of, pairs_of, parts_of, request_of
from tests.fuzz.readers import environ_of, scope_of, scope_of_rsgi
from tests.support.exchange import AsgiApp, WsgiApp, call_asgi, call_wsgi, text_of
from tests.support.rsgi import RsgiApp, call_rsgi
from tests.support.shims import NATIVE, PURE

Pairs = list[tuple[Any, Any]]


def _given(data: bytes) -> tuple[Given, list[tuple[bytes, bytes]]]:
    """Return a request, and the response headers behind the empty line that ends it."""
    lines = lines_of(data)
    fields, more = parts_of(lines[3:])
    return request_of([*lines[:3], *fields]), pairs_of(more)


@cache
def _middlewares(interface: str, pair: Any) -> tuple[Any, Any, Any]:
    """Return an application, and a middleware of each engine over it."""
    app = {"asgi": AsgiApp, "wsgi": WsgiApp, "rsgi": RsgiApp}[interface]()
    return app, NATIVE[interface](app, pair.native), PURE[interface](app, pair.twin)


def _check(interface: str, given: Given, headers: Pairs, decision: Any, merge: str, call: Callable[[Any], Any]) -> None:
    """Send the request through both middlewares. They send the same, which is what the decision says.

    ``call`` returns the status and the headers that come out of a middleware.
    """
    app, *middlewares = _middlewares(interface, given.pair)
    app.headers = headers
    before = list(headers)
    status, sent = call(middlewares[0])
    ran = len(app.calls)
    assert exact((status, sent)) == exact(call(middlewares[1]))
    assert (ran, len(app.calls)) == ((0, 0) if decision.kind == "preflight" else (1, 2))
    assert headers == before, "the application's own list has changed"
    app.calls.clear()
    if decision.kind == "preflight":
        ours = decision.headers if interface == "asgi" else decision.headers_str
        assert status == decision.status
        assert {_lower(pair) for pair in ours} <= {_lower(pair) for pair in sent}
        assert len(sent) - len(ours) <= 2, "beside the policy's headers there are those of the body alone"
    else:
        assert status == 207
        assert sent == getattr(decision, merge)(headers)


def _lower(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return pair[0].lower(), pair[1]


def asgi_shim(data: bytes) -> None:
    """Check the ASGI middleware."""
    given, headers = _given(data)
    decision = given.pair.twin.decide_asgi(scope_of(given))

    def call(middleware: Any) -> tuple[int, Pairs]:
        start = call_asgi(middleware, scope_of(given))[0]
        return start["status"], start["headers"]

    _check("asgi", given, headers, decision, "merge_asgi", call)


def wsgi_shim(data: bytes) -> None:
    """Check the WSGI middleware."""
    given, headers = _given(data)
    decision = given.pair.twin.decide_wsgi(environ_of(given))

    def call(middleware: Any) -> tuple[int, Pairs]:
        result = call_wsgi(middleware, environ_of(given))
        return int(result.status[:3]), result.headers

    _check("wsgi", given, text_of(headers), decision, "merge_wsgi", call)


def rsgi_shim(data: bytes) -> None:
    """Check the RSGI middleware."""
    given, headers = _given(data)
    decision = given.pair.twin.decide_rsgi(scope_of_rsgi(given))

    def call(middleware: Any) -> tuple[int, Pairs]:
        result = call_rsgi(middleware, scope_of_rsgi(given))
        return result.status, result.headers

    _check("rsgi", given, text_of(headers), decision, "merge_rsgi", call)
