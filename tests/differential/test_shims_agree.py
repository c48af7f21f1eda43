"""The shims with native hot paths and without: the same messages, the same calls, the same exceptions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.differential import strategies as s
from tests.differential.pair import Raised, engines, exact, outcome, planned
from tests.support.exchange import drive, no_receive
from tests.support.rsgi import Proto
from tests.support.shims import NATIVE, PURE


class BrokenError(Exception):
    """What the applications here raise."""


class AsgiApp:
    """An application that does what it is told, step by step, and notes what it was given."""

    def __init__(self, steps: list[Any]) -> None:
        self.steps = steps
        self.scopes: list[Any] = []

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        self.scopes.append(scope)
        if self.steps[:1] == ["raise at the call"]:
            raise BrokenError
        return self.run(receive, send)

    async def run(self, receive: Any, send: Any) -> Any:
        for step in self.steps:
            if step == "raise":
                raise BrokenError
            if step == "receive":
                await receive()
            elif isinstance(step, dict):
                await send(step)


def starts() -> st.SearchStrategy[dict[str, Any]]:
    """Start messages: mostly with headers, which may be any iterable."""
    message = st.builds(
        lambda status, headers: {"type": "http.response.start", "status": status, "headers": headers, "x": 1},
        st.sampled_from([200, 304, 500]),
        s.response_pairs(bytes),
    )
    bare = st.just({"type": "http.response.start", "status": 200})
    return s.sometimes(bare, 8, message)


ASGI_STEPS = st.lists(
    st.one_of(
        starts(),
        starts(),
        st.just({"type": "http.response.body", "body": b"x"}),
        st.just({"type": "http.response.trailers", "headers": [(b"vary", b"x")]}),
        st.sampled_from(["receive", "raise", "raise at the call", {"type": "http.disconnect"}, {"no": "type"}]),
    ),
    max_size=4,
)


OPTIONS = st.fixed_dictionaries(
    {name: st.booleans() for name in ("handle_errors", "tell_application", "count_decisions", "preflight_continue")}
)


def run_asgi(shim: Any, app: AsgiApp, scope: Any) -> Any:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    result = outcome(lambda: drive(shim(scope, no_receive, send)))
    return result, exact([sorted(message.items()) for message in messages]), app.scopes


@given(st.data())
def test_asgi(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = planned(*data.draw(s.plans(settings, origins))) if data.draw(s.one_in(3)) else engines(settings, origins)
    origins = pair.twin.origins()
    scope = data.draw(s.scopes(settings, origins))
    if data.draw(s.one_in(10)):
        scope["type"] = "websocket"
    steps = data.draw(ASGI_STEPS)
    options = data.draw(OPTIONS)
    results = []
    for middleware, policy in ((NATIVE["asgi"], pair.native), (PURE["asgi"], pair.twin)):
        app = AsgiApp([_fresh(step) for step in steps])
        scope.pop("fastcors", None)
        result, messages, scopes = run_asgi(middleware(app, policy, **options), app, scope)
        assert len(scopes) <= 1
        passed_on = [seen is scope or {**seen, "headers": 0} == {**scope, "headers": 0} for seen in scopes]
        results.append((result, messages, passed_on, scope.get("fastcors"), policy.counts()))
    assert results[0] == results[1]
    assert (results[0][3] is not None) <= options["tell_application"]
    assert sum(results[0][4].values()) <= options["count_decisions"]


def _fresh(step: Any) -> Any:
    """The step with iterators of its own: those of one run would be empty in the next."""
    if isinstance(step, dict) and "headers" in step:
        pairs = [tuple(item.__reduce__()[1][0]) if isinstance(item, Iterator) else item for item in step["headers"]]
        return {**step, "headers": pairs}
    return step


class RsgiApp:
    """The same in RSGI."""

    def __init__(self, steps: list[Any]) -> None:
        self.steps = steps
        self.scopes: list[Any] = []

    def __call__(self, scope: Any, proto: Any) -> Any:
        self.scopes.append(scope)
        if self.steps[:1] == ["raise at the call"]:
            raise BrokenError
        return self.run(proto)

    async def run(self, proto: Any) -> Any:
        for step in self.steps:
            if step == "raise":
                raise BrokenError
            if step == "body":
                assert await proto() == b"body"
            elif isinstance(step, tuple):
                method, headers, more = step
                getattr(proto, method)(200, headers, *more)


CONTENTS: list[tuple[str, tuple[Any, ...]]] = [
    ("response_empty", ()),
    ("response_str", ("x",)),
    ("response_bytes", (b"x",)),
    ("response_stream", ()),
    ("response_file", ("x",)),
    ("response_file_range", ("x", 1, 2)),
    ("response_file", ()),
    ("response_empty", (1, 2)),
    ("response_unknown", ()),
]


def run_rsgi(shim: Any, app: RsgiApp, scope: Any) -> Any:
    proto = Proto(b"body")
    result = outcome(lambda: drive(shim(scope, proto)))
    return result, exact(proto.given), [seen is scope for seen in app.scopes]


@given(st.data())
def test_rsgi(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = planned(*data.draw(s.plans(settings, origins))) if data.draw(s.one_in(3)) else engines(settings, origins)
    scope = data.draw(s.rsgi_scopes(settings, pair.twin.origins()))
    responses = st.builds(lambda kind, headers: (kind[0], headers, kind[1]), st.sampled_from(CONTENTS), RSGI_HEADERS)
    others = st.sampled_from(["raise", "raise at the call", "body"])
    steps = data.draw(st.lists(st.one_of(responses, responses, others), max_size=3))
    options = {
        "handle_errors": data.draw(st.booleans()),
        "preflight_continue": data.draw(s.one_in(4)),
        "on_conflict": data.draw(st.sampled_from(["replace", "keep"])),
        "count_decisions": data.draw(st.booleans()),
    }
    results = []
    for middleware, policy in ((NATIVE["rsgi"], pair.native), (PURE["rsgi"], pair.twin)):
        app = RsgiApp([(step[0], _again(step[1]), step[2]) if isinstance(step, tuple) else step for step in steps])
        results.append((run_rsgi(middleware(app, policy, **options), app, scope), policy.counts()))
    assert results[0] == results[1]
    assert sum(results[0][1].values()) <= options["count_decisions"]


class WsgiApp:
    """The same in WSGI: a list of steps at the call, and a list of steps while it is iterated over."""

    def __init__(self, at_call: list[Any], in_body: list[Any] | None) -> None:
        self.at_call = at_call
        self.in_body = in_body
        self.environs: list[Any] = []
        self.closed = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.environs.append(environ)
        self.start_response = start_response
        self.run(self.at_call)
        return [b"body"] if self.in_body is None else self

    def run(self, steps: list[Any]) -> None:
        for step in steps:
            if step == "raise":
                raise BrokenError
            if step == "again":
                try:
                    raise BrokenError
                except BrokenError:
                    self.start_response("500 Again", [("X-Again", "1")], sys.exc_info())
            elif isinstance(step, list):
                write = self.start_response("200 OK", step)
                assert callable(write)

    def __iter__(self) -> Iterator[bytes]:
        for step in self.in_body or ():
            if isinstance(step, bytes):
                yield step
            else:
                self.run([step])

    def close(self) -> None:
        self.closed += 1


def text(value: bytes) -> str:
    return value.decode("latin-1")


RSGI_HEADERS = s.response_pairs(text)
WSGI_STEPS = st.one_of(s.response_pairs(text), s.response_pairs(text), st.sampled_from(["raise", "again"]))
BODY_STEPS = st.one_of(st.sampled_from([b"x", b"", b"", b"y"]), WSGI_STEPS)


def run_wsgi(shim: Any, app: WsgiApp, environ: Any) -> Any:
    events: list[Any] = []

    def start_response(*args: Any) -> Any:
        events.append(("start", len(args), args[:2], args[2][0] if len(args) == 3 else None))
        if len(args) == 3 and any(event[0] == "chunk" and event[1] for event in events):
            raise args[2][1]  # PEP 3333: the headers are on their way already
        return events.append

    def serve() -> None:
        body = shim(environ, start_response)
        try:
            for chunk in body:
                events.append(("chunk", chunk))
        finally:
            if hasattr(body, "close"):
                body.close()

    result = outcome(serve)
    return result, exact(events), [seen is environ for seen in app.environs], app.closed


@given(st.data())
def test_wsgi(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = planned(*data.draw(s.plans(settings, origins))) if data.draw(s.one_in(3)) else engines(settings, origins)
    origins = pair.twin.origins()
    environ = data.draw(s.environs(settings, origins))
    at_call = data.draw(st.lists(WSGI_STEPS, max_size=2))
    in_body = data.draw(st.one_of(st.none(), st.lists(BODY_STEPS, max_size=4)))
    options = data.draw(OPTIONS)
    results = []
    for middleware, policy in ((NATIVE["wsgi"], pair.native), (PURE["wsgi"], pair.twin)):
        app = WsgiApp([_again(step) for step in at_call], in_body and [_again(step) for step in in_body])
        environ.pop("fastcors", None)
        found = run_wsgi(middleware(app, policy, **options), app, environ)
        results.append((*found, environ.get("fastcors"), policy.counts()))
    assert results[0] == results[1]


def _again(step: Any) -> Any:
    return _fresh({"headers": step})["headers"] if isinstance(step, list) else step


@given(st.data())
def test_what_an_application_raises_comes_out_and_nothing_or_one_500_before_it(data: st.DataObject) -> None:
    """Whatever the policy and the request: the exception passes; before a start, ``handle_errors`` makes one 500."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    started, handle_errors = data.draw(st.booleans()), data.draw(st.booleans())
    steps: list[Any] = [{"type": "http.response.start", "status": 200, "headers": []}] if started else []
    for middleware, policy in ((NATIVE["asgi"], pair.native), (PURE["asgi"], pair.twin)):
        app = AsgiApp([*steps, "raise"])
        result, messages, scopes = run_asgi(middleware(app, policy, handle_errors=handle_errors), app, scope)
        if not scopes:
            continue  # a preflight
        assert result == Raised(BrokenError)
        assert len(messages[1]) == (1 if started else 2 * handle_errors)
