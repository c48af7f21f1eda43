"""Lists and dicts of a request that another thread changes: each answer is one that some state of them can give.

No server shares them. An application may hand its scope or its headers to a thread of its own, and must not crash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.exchange import AsgiApp, WsgiApp, call_asgi, call_wsgi
from tests.support.shims import middleware
from tests.threads.together import rounds, while_changing

CHANGES = rounds(400)
ALLOWED = "https://a.example"
NAME = b"access-control-allow-origin"


def changing(change: Callable[[int], None], use: Callable[[], None]) -> None:
    """Change something in two threads, over and over, while the others use it."""
    while_changing(change, use, CHANGES, changers=2)


def fresh(text: str) -> bytes:
    """Bytes that nobody else holds."""
    return bytes(bytearray(text, "ascii"))


def lines(step: int) -> list[tuple[bytes, bytes]]:
    """Header lines that nobody else holds, of another number each time: a preflight, or a request with no origin."""
    found = [(fresh(f"x-{number}"), fresh(f"{step}")) for number in range(step % 40)]
    if step % 3:
        found.insert(step % 7, (fresh("Origin"), fresh(ALLOWED)))
        found.append((fresh("Access-Control-Request-Method"), fresh("PUT")))
        found += [(fresh("access-control-request-headers"), fresh("x-a"))] * (step % 5)
    return found


@pytest.fixture
def policy(policy_class: type[Any]) -> Any:
    return policy_class(allow_origins=[ALLOWED], allow_methods=["PUT"], allow_headers=["X-A"])


def test_a_header_list_is_read_as_it_was_or_as_it_is(policy: Any) -> None:
    headers = lines(1)
    scope: dict[str, Any] = {"type": "http", "method": "OPTIONS", "path": "/", "headers": headers}
    shim = middleware("asgi", policy)(AsgiApp(), policy)

    def change(step: int) -> None:
        if step % 2:
            headers[:] = lines(step)
        else:
            headers[-1:] = []  # in one step, because another thread changes it too

    def use() -> None:
        decisions = [policy.decide_asgi(scope), policy.decide_pairs("OPTIONS", headers)]
        assert {decision.reason.value for decision in decisions} <= {"ok", "not-cors"}
        assert dict(policy.response_headers(headers)).get(NAME, ALLOWED.encode()) == ALLOWED.encode()
        assert call_asgi(shim, scope)[0]["status"] in (204, 207)

    changing(change, use)


def test_a_dictionary_of_headers_is_read_as_it_was_or_as_it_is(policy: Any) -> None:
    headers: dict[bytes, Any] = {}

    def change(step: int) -> None:
        headers[fresh(f"x-of-a-name-that-is-long-enough-{step % 50}")] = fresh("1")
        headers[fresh("Origin")] = fresh(ALLOWED)
        headers[fresh("Access-Control-Request-Method")] = [fresh("PUT")]
        headers.pop((b"Origin", b"x-of-a-name-that-is-long-enough-%d" % (step % 30))[step % 2], None)

    def use() -> None:
        assert policy.decide_mapping("OPTIONS", headers).reason.value in ("ok", "not-cors")

    changing(change, use)


def test_the_lines_of_requested_headers_are_written_as_they_were_or_as_they_are(policy: Any) -> None:
    given: list[bytes] = []

    def change(step: int) -> None:
        given[:] = [fresh("x-a")] * (step % 30)

    def use() -> None:
        buffer = bytearray(300)
        policy.write_into(buffer, 0, "OPTIONS", ALLOWED, "PUT", given)
        assert NAME in buffer.lower()
        assert policy.decide("OPTIONS", ALLOWED, "PUT", given).allowed

    changing(change, use)


def test_a_scope_is_read_as_it_was_or_as_it_is(policy: Any) -> None:
    scope: dict[str, Any] = {"type": "http", "method": "OPTIONS", "path": "/", "headers": lines(1)}
    shim = middleware("asgi", policy)(AsgiApp(), policy)

    def change(step: int) -> None:
        scope["headers"] = lines(step)
        scope["method"] = fresh("OPTIONS" if step % 2 else "GET").decode()
        scope["type"] = "".join(("ht", "tp"))

    def use() -> None:
        assert call_asgi(shim, scope)[0]["status"] in (204, 207)
        assert policy.decide_asgi(scope).reason.value in ("ok", "not-cors")

    changing(change, use)


def test_an_environ_is_read_as_it_was_or_as_it_is(policy: Any) -> None:
    environ: dict[str, Any] = {"REQUEST_METHOD": "OPTIONS", "PATH_INFO": "/"}
    shim = middleware("wsgi", policy)(WsgiApp(), policy)

    def change(step: int) -> None:
        environ["HTTP_ORIGIN"] = fresh(ALLOWED).decode()
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = fresh("PUT").decode()
        environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] = fresh("x-a").decode()
        environ[f"x{step % 50}"] = step
        environ.pop(("HTTP_ORIGIN", "HTTP_ACCESS_CONTROL_REQUEST_METHOD", f"x{step % 30}")[step % 3], None)

    def use() -> None:
        assert call_wsgi(shim, environ).status[:3] in ("204", "207")
        assert policy.decide_wsgi(environ).reason.value in ("ok", "not-cors")

    changing(change, use)


def test_the_headers_of_a_response_are_merged_as_they_were_or_as_they_are(policy: Any) -> None:
    decision = policy.decide("GET", ALLOWED)
    given: list[tuple[bytes, bytes]] = []
    message: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": given}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(message)

    shim = middleware("asgi", policy)(app, policy)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"origin", ALLOWED.encode())]}

    def change(step: int) -> None:
        given[:] = [(fresh(f"x-{number}"), fresh("1")) for number in range(step % 40)]
        if step % 4 == 0:
            given.append((fresh("vary"), fresh("Accept")))
        message["headers"] = given if step % 2 else list(given)

    def use() -> None:
        for merged in (decision.merge_asgi(given), call_asgi(shim, scope)[0]["headers"]):
            assert merged.count((NAME, ALLOWED.encode())) == 1

    changing(change, use)


def test_a_store_of_headers_is_filled_whole_while_it_changes(policy: Any, engine: Any) -> None:
    from fastcors._twin import store as twin_store

    merge_store = getattr(engine, "merge_store", twin_store.merge_store)
    store: dict[str, tuple[str, str]] = {}

    def change(step: int) -> None:
        name = fresh(f"x-{step % 60}").decode()
        store[name] = (name, str(step))
        store.pop(f"x-{step % 17}", None)

    def use() -> None:
        assert merge_store(policy, ALLOWED, store) in (True, False)

    changing(change, use)
    assert store.get(NAME.decode(), (None, ALLOWED))[1] == ALLOWED
