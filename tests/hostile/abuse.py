"""Run in a process of its own: everything that can be called is called with everything that should not be.

``python abuse.py BACKEND PART``. Exceptions are fine here; what must not happen is that the interpreter dies.
Prints "survived" at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import importlib
import pickle
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fastcors._config.plan import compiled, plan_of
from tests.hostile import nasty
from tests.hostile.collector import collect_in_between
from tests.support.rsgi import Proto as RsgiProto
from tests.support.shims import NATIVE, PURE

SHIMS = {"python": PURE, "cython": NATIVE}[sys.argv[1]]
PLAN = plan_of(nasty.SETTINGS, any_origin=False)
MODULE: Any = importlib.import_module({"python": "fastcors._twin.engine", "cython": "fastcors._core"}[sys.argv[1]])
CALLS = 6000
# These only look at the type, or would stop the test: they are not ours.
NOT_OURS = {"__class__", "__init_subclass__", "__subclasshook__", "__dir__", "__doc__", "__module__"}


def engine() -> Any:
    return MODULE.Engine(*compiled(nasty.SETTINGS, nasty.ORIGINS))


def decisions() -> list[Any]:
    policy = engine()
    return [
        policy.decide(b"GET", None),
        policy.decide(b"GET", b"https://a.example"),
        policy.decide("GET", "https://x.b.example:1"),
        policy.decide(b"OPTIONS", b"https://a.example", b"PUT", [b"x-a", "X-A"]),
        policy.decide(b"OPTIONS", b"https://a.example", b"PUT", [b"x-a", b"x-b"]),
        policy.decide(b"OPTIONS", "é", "\ud800", "\udcff"),
    ]


def types() -> list[type[Any]]:
    import fastcors
    from fastcors.errors import BufferTooSmallError, PolicyError, PolicyIssue

    found = [value for value in vars(MODULE).values() if isinstance(value, type)]
    ours = [value for value in found if value.__module__.startswith("fastcors")]
    return [*ours, fastcors.Policy, *SHIMS.values(), BufferTooSmallError, PolicyError, PolicyIssue, fastcors.Reason]


def touch(thing: Any, choose: random.Random, calls: int) -> None:
    """Read every attribute of the thing and call what can be called, with 0 to 4 nasty arguments."""
    names = [name for name in dir(type(thing)) if name not in NOT_OURS]
    pool = nasty.values()
    for number in range(calls):
        name = names[number % len(names)]
        if number % 500 == 499:
            pool = nasty.values()
        with contextlib.suppress(Exception):
            attribute = getattr(thing, name)
            if callable(attribute):
                arguments = [choose.choice(pool) for _ in range(choose.randrange(5))]
                result = attribute(*arguments)
                if asyncio.iscoroutine(result):
                    with contextlib.suppress(StopIteration):
                        result.send(None)
                    result.close()
                elif isinstance(result, Iterator):
                    next(result, None)


def half_built() -> None:
    """``T.__new__(T)``, then every method and property."""
    choose = random.Random(1)
    for kind in types():
        with contextlib.suppress(TypeError, ValueError):
            touch(kind.__new__(kind), choose, 600)
        with contextlib.suppress(TypeError, ValueError):
            touch(object.__new__(kind), choose, 600)
        for _ in range(60):
            with contextlib.suppress(Exception):
                touch(kind.__new__(kind, *choose.choices(nasty.values(), k=choose.randrange(4))), choose, 20)
    for _ in range(1000):  # enough to go through a free list of dead instances
        with contextlib.suppress(TypeError):
            repr(MODULE.Decision.__new__(MODULE.Decision))


def wrong_arguments() -> None:
    """Whole objects, every method, arguments of every kind."""
    choose = random.Random(2)
    touch(engine(), choose, CALLS)
    for decision in decisions():
        touch(decision, choose, CALLS // 4)
    pool = nasty.values()
    texts = [value for value in pool if issubclass(type(value), (str, bytes))]
    lines = [*texts, texts, tuple(texts), nasty.LyingList(texts), nasty.LyingTuple(texts), None, [], [""] * 5000]
    policy = engine()
    for _ in range(CALLS):
        decision = policy.decide(
            choose.choice(["OPTIONS", nasty.LyingBytes(b"OPTIONS"), choose.choice(texts)]),
            choose.choice([nasty.LyingStr("https://a.example"), choose.choice(texts)]),
            choose.choice(["PUT", choose.choice(texts)]),
            choose.choice(lines),
            request_private_network=choose.choice(texts),
        )
        assert decision.kind in ("actual", "preflight")
        assert decision.explain().isascii()
        assert len(decision.block) < 20_000
        arguments = choose.choices(pool, k=choose.randrange(7))
        readers = (policy.decide, policy.decide_head, policy.write_into, policy.write_head_into)
        for function in (*readers, MODULE.Engine, MODULE.sift):
            with contextlib.suppress(Exception):
                function(*arguments)
        with contextlib.suppress(Exception):
            policy.decide(b"OPTIONS", b"https://a.example", b"PUT", choose.choice(pool)).explain()
        with contextlib.suppress(Exception):
            policy.write_into(bytearray(500), 0, b"OPTIONS", *arguments)
        with contextlib.suppress(Exception):
            policy.write_into(bytearray(2000), 0, b"OPTIONS", *arguments[:3], whole=choose.choice(pool))


def plans() -> None:
    """Plans whose fields are of any type: the engine may refuse them, not die of them."""
    choose = random.Random(3)
    pool = [*nasty.values(), ("*",), ("x",), ("*", "x"), (1,), ("é",), ("\ud800",), ("",), ("x" * 70_000,), "full"]
    for _ in range(CALLS // 5):
        fields = {name: choose.choice(pool) for name in choose.sample(PLAN._fields, k=3)}
        origins = choose.choice([nasty.ORIGINS, ["*"], [], choose.choice(pool), choose.choices(pool, k=2)])
        with contextlib.suppress(Exception):
            policy = MODULE.Engine(PLAN._replace(**fields), origins)
            for decision in (
                policy.decide(b"GET", b"https://a.example"),
                policy.decide(b"OPTIONS", b"https://a.example", b"PUT", b"x-a"),
                policy.decide(b"OPTIONS", b"https://a.example", b"PATCH", b"x-b"),
            ):
                touch(decision, choose, 20)
            policy.origins()


class Saboteur:
    """An item that changes the list it is in when somebody looks at it."""

    def __init__(self, action: Callable[[], object], answer: Any) -> None:
        self.action = action
        self.answer = answer

    def __iter__(self) -> Iterator[Any]:
        self.action()
        gc.collect()
        return iter(self.answer)

    def __index__(self) -> int:
        self.action()
        gc.collect()
        return 0


def sabotage() -> None:
    """What is being read changes under the reader's hands."""
    policy = engine()
    ok, asked = b"https://a.example", b"access-control-request-headers"
    for answer in ((b"origin", ok), (asked, b"x-a"), (b"vary", b"x"), ("a", "b"), (1, 2)):
        for build in (
            lambda items: items.clear,
            lambda items: lambda: items.extend([(b"origin", bytes(1000))] * 100),
            lambda items: lambda: items.__setitem__(slice(None), [Saboteur(items.clear, (b"x", b"y"))] * 3),
            lambda items: lambda: items.__delitem__(slice(0, 2)),
        ):
            for method in ("OPTIONS", "GET"):
                headers: list[Any] = [
                    (b"origin", bytes(bytearray(ok))),
                    (b"access-control-request-method", bytes(bytearray(b"PUT"))),
                    (asked, bytes(bytearray(b"x-a"))),
                ]
                headers += [Saboteur(build(headers), answer), (asked, "x-a"), (b"x", b"y")]
                with contextlib.suppress(RuntimeError):
                    decision = policy.decide_asgi({"type": "http", "method": method, "headers": headers})
                    gc.collect()
                    touch(decision, random.Random(4), 20)
                    policy.response_headers(headers)
                    touch(policy.decide_pairs(method, headers), random.Random(4), 20)
            for decision in decisions():
                response: list[Any] = [(b"vary", b"x"), ("x", "y"), (b"access-control-allow-origin", b"*")]
                response += [Saboteur(build(response), answer), (b"vary", b"z"), ["a", bytearray(b"b")]]
                for merge in (decision.merge_asgi, decision.merge_wsgi):
                    with contextlib.suppress(Exception):
                        merge(response)
    lines = [b"x-a", "X-A"]
    buffer = bytearray(1000)
    for action in (lines.clear, lambda: buffer.extend(bytes(100_000)), lambda: buffer.clear()):
        lines[:] = [bytes(bytearray(b"x-a")), "X-A"]
        with contextlib.suppress(Exception):
            policy.write_into(buffer, Saboteur(action, ()), b"OPTIONS", ok, b"PUT", lines)
    lines[:] = [bytes(bytearray(b"x-" + b"a" * 100)) for _ in range(100)]
    decision = MODULE.Engine(*compiled(nasty.SETTINGS._replace(allow_headers=("*",)), ["https://a.example"])).decide(
        b"OPTIONS", bytes(bytearray(ok)), bytes(bytearray(b"PUT")), lines
    )
    before = decision.block
    lines.clear()
    gc.collect()
    junk = [bytes([number % 256]) * 102 for number in range(1000)]
    assert decision.block == before
    del junk


def lifetimes() -> None:
    """Decisions outlive policies, inputs and each other; and nobody minds a cycle."""
    for _ in range(300):
        found = decisions()
        scope = {"type": "http", "method": "OPTIONS", "headers": [(b"origin", bytes(bytearray(b"https://a.example")))]}
        found.append(engine().decide_asgi(scope))
        del scope
        gc.collect(0)
        for decision in found:
            assert decision.explain()
            assert len(decision.headers) == len(decision.headers_str)
            assert decision.block.endswith(b"\r\n")
            assert decision.detail is not None
            decision.merge_asgi([(b"x", b"y")])
            assert repr(decision)
            assert hash(decision) == hash(decision)

    class Child(MODULE.Engine):  # type: ignore[misc]
        def __del__(self) -> None:
            self.decide(b"GET", b"https://a.example").explain()

    for _ in range(200):
        child = Child(*compiled(nasty.SETTINGS, nasty.ORIGINS))
        with contextlib.suppress(AttributeError):
            child.me = child  # a cycle, where the class allows attributes
        del child
    gc.collect()


def copies() -> None:
    """Copy, deepcopy, pickle in every protocol, damaged pickles."""
    things = [engine(), *decisions()]
    choose = random.Random(5)
    for thing in things:
        for function in (copy.copy, copy.deepcopy):
            with contextlib.suppress(TypeError):
                function(thing)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with contextlib.suppress(TypeError):
                data = bytearray(pickle.dumps(thing, protocol))
                pickle.loads(data)
    data = bytearray(pickle.dumps(engine()))
    start = data.index(b"https://")  # damage values only: a damaged opcode runs anything
    for _ in range(300):
        damaged = bytearray(data)
        at = start + choose.randrange(len(b"https://a.example"))
        damaged[at] = choose.randrange(32, 127)
        with contextlib.suppress(Exception):
            pickle.loads(damaged).decide(b"GET", b"https://a.example")


def initialised_again() -> None:
    """A second ``__init__``, a second ``__new__``, another class."""
    policy = engine()
    before = policy.decide(b"GET", b"https://a.example").headers
    for arguments in ((), (nasty.SETTINGS, ["*"]), (None,), (1, 2, 3)):
        with contextlib.suppress(TypeError):
            policy.__init__(*arguments)
        for decision in decisions():
            with contextlib.suppress(TypeError):
                decision.__init__(*arguments)
            assert decision.kind
    for name in ("plan", "settings", "policy", "x", "__class__", "__dict__", "headers", "_settings"):
        for thing in (policy, *decisions()):
            with contextlib.suppress(AttributeError, TypeError):
                setattr(thing, name, None)
            with contextlib.suppress(AttributeError, TypeError):
                delattr(thing, name)
    assert policy.decide(b"GET", b"https://a.example").headers == before


class Treacherous(str):
    """A method whose comparison does something."""

    action: Callable[[], object]

    def __eq__(self, other: object) -> bool:
        self.action()
        gc.collect()
        return False

    def __hash__(self) -> int:
        return str.__hash__(self)


def shims() -> None:
    """The shims between a treacherous server and a treacherous application."""
    choose = random.Random(6)
    pool = nasty.values()
    policy = engine()

    async def receive() -> Any:
        return choose.choice(pool)

    def asgi_app(kind: int) -> Any:
        async def coroutine(scope: Any, receive: Any, send: Any) -> Any:
            for _ in range(choose.randrange(4)):
                with contextlib.suppress(Exception):
                    await send(choose.choice(pool))
                with contextlib.suppress(Exception):
                    headers = choose.choice(pool)
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                with contextlib.suppress(Exception):
                    send(*choose.choices(pool, k=choose.randrange(4)))
                with contextlib.suppress(Exception):
                    send(message={"type": "x"})
            touch(send, choose, 40)
            if choose.randrange(2):
                raise choose.choice([RuntimeError("x"), StopAsyncIteration(), TypeError()])

        return (coroutine, lambda *_: choose.choice(pool), lambda *_: choose.choice(pool)(), choose.choice(pool))[kind]

    def drain(awaitable: Any) -> None:
        """Resume it in every way, also after its end."""
        steps = [
            lambda: awaitable.send(None),
            lambda: awaitable.send(choose.choice(pool)),
            lambda: awaitable.throw(RuntimeError("thrown")),
            lambda: awaitable.throw(GeneratorExit),
            lambda: awaitable.throw(*choose.choices(pool, k=choose.randrange(4))),
            lambda: awaitable.close(),
            lambda: next(awaitable),
            lambda: iter(awaitable),
            lambda: awaitable.__await__(),
        ]
        for _ in range(choose.randrange(1, 12)):
            with contextlib.suppress(Exception, GeneratorExit):
                choose.choice(steps)()

    async def inner_send(message: Any) -> Any:
        if choose.randrange(10) == 5:
            raise OSError("gone")

    middleware = SHIMS["asgi"]
    ok = b"https://a.example"
    for number in range(1500):
        headers: list[Any] = [(b"origin", bytes(bytearray(ok))), (b"x", b"y")]
        method = Treacherous(choose.choice(["GET", "OPTIONS"]))
        method.action = choose.choice([headers.clear, lambda headers=headers: headers.extend([None] * 999), int])
        scope: Any = {"type": "http", "method": choose.choice([method, "GET"]), "headers": headers}
        if number % 5 == 4:
            scope = choose.choice([{**scope, "headers": choose.choice(pool)}, choose.choice(pool)])
        with contextlib.suppress(Exception):
            shim = middleware(asgi_app(number % 4), policy, handle_errors=choose.random() < 0.5)
            if number % 7 == 6:
                shim.app, shim.policy = choose.choice(pool), choose.choice([*pool, policy])
            drain(shim(scope, receive, choose.choice([inner_send, inner_send, choose.choice(pool)])))
    for handle_errors in (False, True):
        touch(middleware(asgi_app(0), policy, handle_errors=handle_errors), choose, 1500)

    def rsgi_app(kind: int) -> Any:
        async def app(scope: Any, proto: Any) -> None:
            for name in ("response_str", "response_stream", "response_file_range", "response_unknown", "__call__"):
                with contextlib.suppress(Exception):
                    getattr(proto, name)(*choose.choices(pool, k=choose.randrange(6)))
                with contextlib.suppress(Exception):
                    getattr(proto, name)(200, choose.choice(pool), "x")
            touch(proto, choose, 40)
            if kind == 2:
                raise RuntimeError("x")

        return (app, app, app, lambda *_: choose.choice(pool))[kind]

    middleware = SHIMS["rsgi"]
    for number in range(1500):
        headers = choose.choice([{"origin": choose.choice(["https://a.example", *pool])}, choose.choice(pool)])
        scope = SimpleNamespace(proto="http", method=choose.choice(["GET", "OPTIONS"]), path="/", headers=headers)
        if number % 5 == 4:
            setattr(scope, choose.choice(["proto", "method", "path", "headers"]), choose.choice(pool))
        with contextlib.suppress(Exception):
            shim = middleware(rsgi_app(number % 4), policy, handle_errors=choose.random() < 0.5)
            if number % 7 == 6:
                shim._callback, shim.policy = choose.choice(pool), choose.choice([*pool, policy])
            drain(shim(choose.choice([scope, scope, *pool[:3]]), choose.choice([RsgiProto(), choose.choice(pool)])))
    for handle_errors in (False, True):
        touch(middleware(rsgi_app(0), policy, handle_errors=handle_errors), choose, 1500)

    def wsgi_app(kind: int) -> Any:
        def app(environ: Any, start_response: Any) -> Any:
            for _ in range(choose.randrange(3)):
                with contextlib.suppress(Exception):
                    start_response(*choose.choices(pool, k=choose.randrange(5)))
                with contextlib.suppress(Exception):
                    start_response("200 OK", choose.choice(pool))
            touch(start_response, choose, 40)
            if kind == 2:
                raise RuntimeError("x")
            return choose.choice(pool)

        return choose.choice(pool) if kind == 3 else app

    middleware = SHIMS["wsgi"]
    for number in range(1500):
        environ: Any = {"REQUEST_METHOD": "GET", "HTTP_ORIGIN": choose.choice(["https://a.example", *pool])}
        environ["wsgi.file_wrapper"] = choose.choice(pool)
        if number % 5 == 4:
            environ = choose.choice(pool)
        with contextlib.suppress(Exception):
            shim = middleware(wsgi_app(number % 4), policy, handle_errors=choose.random() < 0.5)
            body = shim(environ, choose.choice([lambda *_: None, choose.choice(pool)]))
            if type(body).__module__.startswith("fastcors"):
                touch(body, choose, 30)
            for _ in range(3):
                with contextlib.suppress(Exception):
                    next(iter(body))
            body.close()
    for handle_errors in (False, True):
        touch(middleware(wsgi_app(0), policy, handle_errors=handle_errors), choose, 1500)


def collections() -> None:
    """Garbage is collected in the middle of everything."""
    collect_in_between(MODULE, SHIMS)


PARTS = {
    function.__name__: function
    for function in (
        half_built, wrong_arguments, plans, sabotage, lifetimes, copies, initialised_again, shims, collections,
    )
}  # fmt: skip

if __name__ == "__main__":
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # coroutines that nobody waited for
    PARTS[sys.argv[2]]()
    gc.collect()
    sys.stdout.write("survived\n")
