"""Run in a process of its own: each of the first allocations of an operation fails, one at a time.

``python starve.py OPERATION`` runs one of OPERATIONS over the native engine, ``--list GROUP`` prints their names.
MemoryError is what must come of it, or the ordinary result where nothing was lost. What must not happen is that the
interpreter dies, that another exception takes its place, or that the next, ordinary call answers otherwise than before.
Prints "survived" at the end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import _testcapi  # type: ignore[import-not-found]

from multidict import CIMultiDict

from fastcors._config.plan import compiled
from tests.hostile import nasty
from tests.support.rsgi import Headers, Scope
from tests.support.shims import NATIVE

MODULE: Any = importlib.import_module("fastcors._core")
FIRST = 120
"""How many allocations of each operation fail."""
OK = b"https://a.example"
ORIGINS = [*nasty.ORIGINS, "https://*.c.example:8080", "https://*.c.example:8081", "https://*.d.example"]
REQUEST = [(b"host", b"x"), (b"origin", OK)]
PREFLIGHT = [*REQUEST, (b"access-control-request-method", b"PUT"), (b"access-control-request-headers", b"x-a")]
LONG_HEAD = nasty.HEAD[:-2] + b"X-Long: " + b"x" * 5000 + b"\r\n\r\n"
RAW = b"OPTIONS / HTTP/1.1\r\n" + b"".join(b"%s: %s\r\n" % pair for pair in PREFLIGHT) + b"\r\n"
ASKED_RAW = b"GET / HTTP/1.1\r\nOrigin: https://q.example\r\n\r\n"
RESPONSE = [(b"content-type", b"text/plain"), (b"vary", b"accept"), (b"access-control-allow-origin", b"*")]
ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_ORIGIN": OK.decode()}
ASKED = {
    **ENVIRON, "REQUEST_METHOD": "OPTIONS",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "x-a",
}  # fmt: skip


def engine(origins: list[str] | None = None, **fields: Any) -> Any:
    return MODULE.Engine(*compiled(nasty.SETTINGS._replace(**fields), ORIGINS if origins is None else origins))


PLAIN = engine(debug=False)
EXPLAINING = engine(debug=True)
MINIMAL = engine(disclose="minimal", debug=False)
PRESENT = engine(expose_headers=("*",))
ASKING = engine(allow_origin_func=lambda origin: origin.endswith(".example"))


def scope(method: str, headers: Any, path: str = "/") -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": headers}


def odd(pairs: list[tuple[bytes, bytes]]) -> list[Any]:
    """The headers as no server has them."""
    return [[name.decode(), value] for name, value in pairs] + [None]


def titled(pairs: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode().title(), value.decode()) for name, value in pairs]


async def answers(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": RESPONSE})
    await send({"type": "http.response.body", "body": b""})


async def fails(scope: Any, receive: Any, send: Any) -> None:
    raise LookupError("application")


def fails_at_once(*_: Any) -> Any:
    raise LookupError("application")


async def receive() -> Any:
    return {}


class Server:
    """What a server's ``send`` or ``start_response`` got, in one place that is made before anything fails."""

    def __init__(self) -> None:
        self.got: list[Any] = [None] * 20
        self.count = 0

    async def send(self, message: Any) -> None:
        self.got[self.count] = message
        self.count += 1

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> None:
        self.got[self.count] = (status, headers)
        self.count += 1

    def result(self) -> list[Any]:
        return self.got[: self.count]


def asgi(app: Any, given: Any, policy: Any = PLAIN, **options: Any) -> Callable[[], Any]:
    """One request through the ASGI shim."""
    shim = NATIVE["asgi"](app, policy, **options)

    def call() -> Any:
        server = Server()
        running = shim(given, receive, server.send)
        try:
            running.send(None)
        except StopIteration:
            return server.result()
        raise AssertionError("it waits")

    return call


async def answers_rsgi(scope: Any, proto: Any) -> None:
    proto.response_str(200, LOWER, "x")
    proto.response_file_range(200, headers=LOWER, file="x", start=1, end=2)


async def fails_rsgi(scope: Any, proto: Any) -> None:
    raise LookupError("application")


class RsgiServer:
    """A protocol object that notes what it is given, in a place that is made before anything fails."""

    def __init__(self) -> None:
        self.got: list[Any] = [None] * 20
        self.count = 0

    def take(self, *arguments: Any) -> None:
        self.got[self.count] = arguments
        self.count += 1

    response_empty = response_str = response_bytes = response_file_range = take


def rsgi(app: Any, given: Any, policy: Any = PLAIN, **options: Any) -> Callable[[], Any]:
    """One request through the RSGI shim."""
    shim = NATIVE["rsgi"](app, policy, **options)

    def call() -> Any:
        server = RsgiServer()
        running = shim(given, server)
        try:
            running.send(None)
        except StopIteration:
            return server.got[: server.count]
        raise AssertionError("it waits")

    return call


def rsgi_scope(method: str, pairs: list[tuple[bytes, bytes]]) -> Scope:
    return Scope(Headers(pairs), method=method, path="/")


LOWER = [(name.decode(), value.decode()) for name, value in RESPONSE]


def answers_plainly(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", TITLED)
    return [b"x"]


def answers_slowly(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", TITLED)
    yield b"x"


def fails_slowly(environ: Any, start_response: Any) -> Any:
    """Fail when the body is asked for, in C: CPython 3.11 loses an exception where it has no memory for a frame."""
    start_response("200 OK", TITLED)
    return map({}.__getitem__, (b"",))


TITLED = titled(RESPONSE)


def wsgi(app: Any, environ: Any, policy: Any = PLAIN, view: Any = None, **options: Any) -> Callable[[], Any]:
    """One request through the WSGI shim."""
    shim = NATIVE["wsgi"](app, policy, **options)
    shim._policy_of_view = view

    def call() -> Any:
        server = Server()
        body = shim(environ, server.start_response)
        chunks = list(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        return chunks, server.result()

    return call


def with_fields(origins: list[str] = ORIGINS, **fields: Any) -> Callable[[], Any]:
    made = compiled(nasty.SETTINGS._replace(**fields), origins)
    return lambda: MODULE.Engine(*made).origins()


def policy() -> Any:
    from fastcors import Policy

    return Policy(
        allow_origins=["https://a.example", "https://*.b.example"], allow_methods=["PUT"], allow_headers=["X-A"],
        allow_credentials=True, max_age=5,
    ).to_dict()  # fmt: skip


def bad_policy() -> Any:
    from fastcors import Policy, PolicyError

    try:
        Policy(allow_origins=["https://a.example/"])
    except PolicyError as error:
        return str(error)


def text_of(pairs: list[Any]) -> list[tuple[str, str]]:
    """Header pairs of bytes as text."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]


def fault_of(decision: Any, head: bytes) -> str:
    """Why a head is refused."""
    try:
        decision.merge_head(head)
    except ValueError as error:
        return str(error)
    raise AssertionError("it was refused")


def forms(decide: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """A decision, and each of its forms."""
    decision = decide()
    return {
        "decide": lambda: decide().reason,
        "headers": lambda: decision.headers,
        "headers_str": lambda: decision.headers_str,
        "headers_str_lower": lambda: decision.headers_str_lower,
        "block": lambda: decision.block,
        "hpack": lambda: decision.hpack,
        "qpack": lambda: (decision.qpack, decision.qpack_lines),
        "asgi_messages": lambda: decision.asgi_messages,
        "rsgi_response": lambda: decision.rsgi_response,
        "response": lambda: decision.response,
        "body": lambda: (decision.body, decision.status, decision.detail),
        "merge_asgi": lambda: decision.merge_asgi(RESPONSE),
        "merge_asgi odd": lambda: decision.merge_asgi(odd(RESPONSE)[:-1]),
        "merge_asgi keep": lambda: decision.merge_asgi(RESPONSE, on_conflict="keep"),
        "merge_rsgi": lambda: decision.merge_rsgi(LOWER),
        "merge_wsgi": lambda: decision.merge_wsgi(TITLED),
        "merge_head": lambda: decision.merge_head(nasty.HEAD),
        "merge_head, long": lambda: decision.merge_head(bytearray(LONG_HEAD), on_conflict="keep"),
        "merge_head, cut": lambda: fault_of(decision, nasty.HEAD[:-1]),
        "merge_multidict": lambda: list(decision.merge_multidict(CIMultiDict(TITLED)).items()),
        "merge_multidict, plain": lambda: list(decision.merge_multidict(CIMultiDict(a="b")).items()),
        "compare": lambda: (decision == decision, hash(decision) == hash(decision)),
    }


def fed(engine: Any, headers: list[Any]) -> Any:
    """The decision on what a parser hands over."""
    feed = MODULE.RequestFeed(engine)
    for name, value in headers:
        feed.on_header(name, value)
        feed.on_header_field(name[:3])
        feed.on_header_field(name[3:])
        feed.on_header_value(value[:3])
        feed.on_header_value(value[3:])
    return feed.decide("OPTIONS")


LINES = [b"x-a", b"X-A"]
BUFFER = bytearray(1000)
DECISIONS: dict[str, Callable[[], Any]] = {
    "no CORS": lambda: PLAIN.decide(b"GET", None),
    "actual": lambda: PLAIN.decide(b"GET", OK),
    "actual, str": lambda: PLAIN.decide("GET", "https://x.b.example:1"),
    "asked": lambda: ASKING.decide("GET", "https://q.example"),
    "names that are present": lambda: PRESENT.decide(b"GET", OK),
    "preflight": lambda: PLAIN.decide(b"OPTIONS", OK, b"PUT", LINES),
    "minimal preflight": lambda: MINIMAL.decide(b"OPTIONS", OK, b"PUT", LINES),
    "refused preflight": lambda: PRESENT.decide(b"OPTIONS", OK, b"PUT", [b"x-nope"]),
}
FRESH = iter([engine() for _ in range(3 * FIRST)])
"""Policies whose answers in the form of RSGI are not made yet."""
OPERATIONS: dict[str, Callable[[], Any]] = {
    "engine": with_fields(),
    "engine, all fields": with_fields(
        expose_headers=("*",), timing_allow_origin=True, allow_private_network=True, max_age=5, disclose="minimal"
    ),
    "engine, any origin": with_fields(["*"], allow_credentials=False),
    "Policy": policy,
    "Policy, refused": bad_policy,
    "sift": lambda: MODULE.sift(["https://a.example", "junk", "http://x"], False),
    "Router": lambda: MODULE.Router({"/": PLAIN, "/a/é/": None, "/b": MINIMAL}).find("/a/é/x"),
    "Router, hosts": lambda: MODULE.Router({"//a.example/": PLAIN, "//*.b.example/x": MINIMAL}).find(
        "/x", "c.b.example"
    ),
    "Router.find, hosts": lambda: (HOSTS.find("/x", "C.B.EXAMPLE:80"), HOSTS.route_of(b"/", b"a.example")),
    "Router.find": lambda: (ROUTER.find("/a/é/x"), ROUTER.find_wsgi("/a/Ã©/x"), ROUTER.find("/b")),
    "write_into": lambda: PLAIN.write_into(BUFFER, 0, b"OPTIONS", OK, b"PUT", LINES),
    "write_into, whole": lambda: PLAIN.write_into(BUFFER, 0, b"OPTIONS", OK, b"PUT", LINES, whole=True),
    "write_into, explained": lambda: EXPLAINING.write_into(BUFFER, 0, b"OPTIONS", OK, b"PATCH", LINES, whole=True),
    "write_head_into, explained": lambda: EXPLAINING.write_head_into(
        BUFFER, 0, RAW.replace(b"PUT", b"PATCH"), whole=True
    ),
    "write_head_into": lambda: PLAIN.write_head_into(BUFFER, 0, RAW),
    "write_head_into, asked": lambda: ASKING.write_head_into(BUFFER, 0, ASKED_RAW),
    "write_head_into, one buffer": lambda: MINIMAL.write_head_into(bytearray(RAW + BUFFER), 9, bytearray(RAW)),
    "decide_head": lambda: MINIMAL.decide_head(RAW).block,
    "decide_head, asked": lambda: ASKING.decide_head(ASKED_RAW).reason,
    "is_origin_allowed": lambda: (PLAIN.is_origin_allowed(OK), ASKING.is_origin_allowed("https://q.example")),
    "response_headers": lambda: PLAIN.response_headers(REQUEST),
    "response_headers, odd": lambda: PLAIN.response_headers(odd(REQUEST)),
    "response_headers, asked": lambda: ASKING.response_headers([(b"origin", b"https://q.example")]),
    "decide_asgi": lambda: PLAIN.decide_asgi(scope("GET", REQUEST)).reason,
    "decide_asgi, preflight": lambda: MINIMAL.decide_asgi(scope("OPTIONS", PREFLIGHT)).block,
    "decide_asgi, odd": lambda: MINIMAL.decide_asgi(scope("OPTIONS", odd(PREFLIGHT))).block,
    "decide_pairs": lambda: PLAIN.decide_pairs("GET", tuple(REQUEST)).reason,
    "decide_pairs, preflight": lambda: MINIMAL.decide_pairs("OPTIONS", tuple(PREFLIGHT)).block,
    "decide_mapping": lambda: PLAIN.decide_mapping("GET", CIMultiDict(text_of(REQUEST))).reason,
    "decide_mapping, preflight": lambda: MINIMAL.decide_mapping("OPTIONS", CIMultiDict(text_of(PREFLIGHT))).block,
    "decide_mapping, dict": lambda: MINIMAL.decide_mapping("OPTIONS", dict(PREFLIGHT)).block,
    "decide_h2": lambda: MINIMAL.decide_h2([(b":method", b"OPTIONS"), *PREFLIGHT]).block,
    "decide_h2, odd": lambda: MINIMAL.decide_h2([(":method", "OPTIONS"), *odd(PREFLIGHT)]).block,
    "RequestFeed": lambda: fed(MINIMAL, PREFLIGHT).block,
    "decide_rsgi": lambda: PLAIN.decide_rsgi(rsgi_scope("GET", REQUEST)).reason,
    "decide_rsgi, preflight": lambda: MINIMAL.decide_rsgi(rsgi_scope("OPTIONS", PREFLIGHT)).block,
    "decide_rsgi, doubles": lambda: PLAIN.decide_rsgi(rsgi_scope("GET", [*REQUEST, *REQUEST])).reason,
    "decide_rsgi, the first": lambda: next(FRESH).decide("GET", OK).merge_rsgi(LOWER),
    "decide_wsgi": lambda: PLAIN.decide_wsgi(ENVIRON).reason,
    "decide_wsgi, preflight": lambda: MINIMAL.decide_wsgi(ASKED).block,
}
HOSTS = MODULE.Router({"//a.example/": PLAIN, "//*.b.example/x": MINIMAL})
ROUTER = MODULE.Router({"/": PLAIN, "/a/é/": None, "/b": MINIMAL})
for _name, _decide in DECISIONS.items():
    OPERATIONS |= {f"{form}: {_name}": call for form, call in forms(_decide).items()}
for _name, _policy in {"plain": PLAIN, "minimal": MINIMAL, "present": PRESENT, "asking": ASKING}.items():
    OPERATIONS |= {
        f"ASGI {_name}": asgi(answers, scope("GET", REQUEST), _policy),
        f"ASGI {_name}, guarded": asgi(answers, scope("GET", REQUEST), _policy, handle_errors=True),
        f"ASGI {_name}, odd": asgi(answers, scope("GET", odd(REQUEST)), _policy),
        f"ASGI {_name}, preflight": asgi(answers, scope("OPTIONS", PREFLIGHT), _policy),
        f"ASGI {_name}, preflight goes on": asgi(
            answers, scope("OPTIONS", PREFLIGHT), _policy, preflight_continue=True
        ),
        f"RSGI {_name}": rsgi(answers_rsgi, rsgi_scope("GET", REQUEST), _policy),
        f"RSGI {_name}, guarded": rsgi(answers_rsgi, rsgi_scope("GET", REQUEST), _policy, handle_errors=True),
        f"RSGI {_name}, doubles": rsgi(answers_rsgi, rsgi_scope("GET", [*REQUEST, *REQUEST]), _policy),
        f"RSGI {_name}, preflight": rsgi(answers_rsgi, rsgi_scope("OPTIONS", PREFLIGHT), _policy),
        f"WSGI {_name}": wsgi(answers_plainly, ENVIRON, _policy),
        f"WSGI {_name}, guarded": wsgi(answers_plainly, ENVIRON, _policy, handle_errors=True),
        f"WSGI {_name}, slow": wsgi(answers_slowly, ENVIRON, _policy),
        f"WSGI {_name}, preflight": wsgi(answers_plainly, ASKED, _policy),
        f"WSGI {_name}, preflight goes on": wsgi(answers_plainly, ASKED, _policy, preflight_continue=True),
        f"WSGI {_name}, view": wsgi(answers_plainly, ENVIRON, _policy, lambda *_: MINIMAL),
    }
OPERATIONS |= {
    "ASGI raises": asgi(fails, scope("GET", REQUEST), handle_errors=True),
    "ASGI raises at once": asgi(fails_at_once, scope("GET", REQUEST), handle_errors=True),
    "RSGI raises": rsgi(fails_rsgi, rsgi_scope("GET", REQUEST), handle_errors=True),
    "RSGI raises at once": rsgi(fails_at_once, rsgi_scope("GET", REQUEST), handle_errors=True),
    "WSGI raises": wsgi(fails_at_once, ENVIRON, handle_errors=True),
    "WSGI raises slowly": wsgi(fails_slowly, ENVIRON, handle_errors=True),
    "ASGI routes": asgi(answers, scope("GET", REQUEST, "/a/é"), ROUTER.routes["/"]),
}


def group_of(name: str) -> str:
    """The group that an operation is tested in."""
    if name[:4] in ("ASGI", "RSGI", "WSGI"):
        return name[:4]
    return "engine" if name.startswith(("engine", "Policy", "sift", "Router")) else "decide"


def ordinary(call: Callable[[], Any]) -> Any:
    """What comes of it where nothing fails."""
    try:
        return call()
    except LookupError as error:
        return str(error)


def starve(call: Callable[[], Any]) -> None:
    """Let each of the first allocations fail, and see each time that the next call is as ever."""
    for _ in range(3):
        before = ordinary(call)  # what is kept for reuse is there
    for number in range(FIRST):
        outcome: BaseException | None = None
        result: Any = before
        _testcapi.set_nomemory(number, number + 1)
        try:
            result = call()
        except BaseException as error:
            outcome = error
        _testcapi.remove_mem_hooks()
        assert result == before, f"allocation {number}: what failed was passed over"
        if not isinstance(outcome, (MemoryError, LookupError, type(None))):
            raise AssertionError(f"allocation {number}") from outcome
        outcome = None
        assert ordinary(call) == before, f"allocation {number}"


if __name__ == "__main__":
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # coroutines that nobody waited for
    gc.disable()
    with contextlib.suppress(AttributeError):
        sys.unraisablehook = lambda _: None
    if sys.argv[1] == "--list":
        sys.stdout.writelines(f"{name}\n" for name in OPERATIONS if group_of(name) == sys.argv[2])
        raise SystemExit
    starve(OPERATIONS[sys.argv[1]])
    gc.collect()
    sys.stdout.write("survived\n")
