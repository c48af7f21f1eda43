"""A garbage collection may begin at any allocation, and runs finalizers, which may change what is being read."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from typing import Any

from fastcors._config.plan import compiled
from tests.hostile import nasty
from tests.support.rsgi import Headers, Proto, Scope

ORIGIN = b"https://a.example"


class Finalizer:
    """Garbage in a cycle, so that only a collection ends it, which does something then."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action
        self.me = self

    def __del__(self) -> None:
        self.action()


def hoard() -> list[Any]:
    """Take what CPython keeps for reuse, so that the next list, dict or tuple is a real allocation."""
    gc.set_threshold(0)
    kept = [([], {}, (number,), (number, number)) for number in range(300)]
    gc.collect()  # what is counted begins anew
    return kept


def arm(after: int, *actions: Callable[[], object]) -> None:
    """Do this in a collection that comes with one of the next allocations."""
    for action in actions:
        Finalizer(action)
    gc.set_threshold(gc.get_count()[0] + after)


def fresh(text: bytes) -> bytes:
    """Make bytes that nobody else holds, long enough to be given back at once."""
    return bytes(bytearray(text))


def asgi(shim_class: Any, policy: Any, method: str, threshold: int) -> None:
    headers: list[Any] = [(fresh(b"x-%d" % number), fresh(b"y")) for number in range(threshold)]
    headers += [(fresh(b"origin"), fresh(ORIGIN)), (fresh(b"access-control-request-method"), fresh(b"PUT"))]
    headers += [(fresh(b"access-control-request-headers"), fresh(b"x-a"))]
    scope = {"type": "http", "method": method, "headers": headers}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message: dict[str, Any] = {"type": "http.response.start", "status": 200}
        message["headers"] = [(fresh(b"content-type"), fresh(b"text/plain"))]
        kept = hoard()
        arm(threshold, message.clear, *([message["headers"].clear] if threshold % 2 else []))
        await send(message)
        gc.set_threshold(0)
        del kept

    async def send(message: Any) -> None:
        assert all(len(pair) == 2 for pair in message.get("headers", ()))

    shim = shim_class(app, policy)
    kept = hoard()
    arm(threshold, headers.clear, lambda: headers.extend([(b"x", bytes(900))] * 200))
    running = shim(scope, None, send)
    with contextlib.suppress(StopIteration):
        running.send(None)
    gc.set_threshold(0)
    del kept


def rsgi(shim_class: Any, policy: Any, method: str, threshold: int) -> None:
    lines = [
        (b"origin", ORIGIN),
        (b"access-control-request-method", b"PUT"),
        (b"access-control-request-headers", b"x-a"),
    ]
    scope = Scope(Headers(lines), method=method)

    async def app(scope: Any, proto: Any) -> None:
        headers = [("content-type", fresh(b"text/plain").decode())]
        kept = hoard()
        arm(threshold, headers.clear, lambda: headers.extend([("x", "y" * 900)] * 200))
        proto.response_str(200, headers, "")
        gc.set_threshold(0)
        del kept

    shim = shim_class(app, policy)
    proto = Proto()
    kept = hoard()
    arm(threshold, lambda: vars(scope).clear())
    with contextlib.suppress(StopIteration, AttributeError, TypeError):  # which says that this is no scope
        shim(scope, proto).send(None)
    gc.set_threshold(0)
    del kept


def wsgi(shim_class: Any, policy: Any, method: str, threshold: int) -> None:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "HTTP_ORIGIN": fresh(ORIGIN).decode()}
    environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = fresh(b"PUT").decode()
    environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] = fresh(b"x-a").decode()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        headers = [("Content-Type", fresh(b"text/plain").decode())]
        kept = hoard()
        arm(threshold, headers.clear, lambda: headers.extend([("X", "y" * 900)] * 200))
        start_response("200 OK", headers)
        gc.set_threshold(0)
        del kept
        return []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        assert all(len(pair) == 2 for pair in headers)

    shim = shim_class(app, policy)
    kept = hoard()
    arm(threshold, environ.clear)
    list(shim(environ, start_response))
    gc.set_threshold(0)
    del kept


def mapping(policy: Any, method: str, threshold: int) -> None:
    """A dictionary of headers, which every collection makes larger or smaller."""
    headers: dict[bytes, Any] = {fresh(b"x-of-a-name-that-is-long-enough-%d" % number): b"y" for number in range(9)}
    headers |= {b"origin": ORIGIN, b"access-control-request-method": [b"PUT"]}
    kept = hoard()
    arm(threshold, headers.popitem if threshold % 2 else lambda: headers.update({b"x": b"y"}))
    policy.decide_mapping(method, headers)
    gc.set_threshold(0)
    del kept


def collect_in_between(module: Any, shims: Any) -> None:
    """Every shim, and the reader of dictionaries, with a collection at each of the first allocations."""
    before = gc.get_threshold()
    minimal = nasty.SETTINGS._replace(disclose="minimal")
    policies = [
        module.Engine(*compiled(nasty.SETTINGS, nasty.ORIGINS)),
        module.Engine(*compiled(minimal, ["https://*.example", ORIGIN.decode()])),
        module.Engine(*compiled(nasty.SETTINGS, ["https://*.example", "https://b.example:*"])),
    ]
    try:
        for threshold in range(12):
            for policy in policies:
                for method in ("GET", "OPTIONS"):
                    asgi(shims["asgi"], policy, method, threshold)
                    rsgi(shims["rsgi"], policy, method, threshold)
                    wsgi(shims["wsgi"], policy, method, threshold)
                    mapping(policy, method, threshold)
    finally:
        gc.set_threshold(*before)
