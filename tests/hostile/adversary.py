"""Run in a process of its own: Python code of an adversary, at every place where the library may run some.

``python adversary.py BACKEND SEED [ROUNDS]``. A look-up in a dictionary calls ``__eq__`` of a key that has the same
hash, a comparison calls ``__eq__`` of a value, the end of a value calls its ``__del__``, and policies call functions of
their owner. Each of these does here what hurts most: it empties what the library is reading, fills its memory with
something else, exchanges policies, or begins the next request. Exceptions are fine; what must not happen is that
memory is read that is no longer there. That is for AddressSanitizer to see, or for the interpreter to die of.
Prints "survived" at the end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fastcors._config.plan import compiled
from tests.hostile import nasty, rsgi
from tests.support.shims import NATIVE, PURE

# The collector is called at every turn, and has to look at what the adversary made. To look at all that the imports
# left as well took nine tenths of the time.
gc.freeze()

SHIMS = {"python": PURE, "cython": NATIVE}[sys.argv[1]]
MODULE: Any = importlib.import_module({"python": "fastcors._twin.engine", "cython": "fastcors._core"}[sys.argv[1]])
FEEDS: Any = importlib.import_module({"python": "fastcors._twin.feed", "cython": "fastcors._core"}[sys.argv[1]])
CHOOSE = random.Random(int(sys.argv[2]))
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 400

ORIGINS = ("https://a.example", "https://x.b.example:1", "http://localhost:9", "https://no.example", "null", "junk")
SCOPE = ("type", "method", "path", "raw_path", "root_path", "headers", "extensions", "state", "fastcors")
ENVIRON = (
    "REQUEST_METHOD", "PATH_INFO", "SCRIPT_NAME", "HTTP_ORIGIN", "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK", "wsgi.file_wrapper",
    "fastcors.policy", "fastcors.shim", "fastcors", "HTTP_HOST",
)  # fmt: skip
RAW = (
    b"OPTIONS / HTTP/1.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n"
    b"Access-Control-Request-Headers: x-a\r\n\r\n"
)
MESSAGE = ("type", "status", "headers", "trailers")

deeds: list[Callable[[], object]] = []
"""What can be done to the request that is running; each request has its own."""
depth = 0
"""How many requests are running inside each other."""


def fresh(text: str) -> bytes:
    """Bytes that nobody else holds."""
    return bytes(bytearray(text, "latin-1"))


def own(text: str) -> str:
    """A str that nobody else holds."""
    return bytes(bytearray(text, "latin-1")).decode("latin-1")


def strike() -> None:
    """Do one thing, or some, and take the memory that it set free for something else."""
    if CHOOSE.random() < 0.3:
        return
    for _ in range(CHOOSE.randrange(1, 3)):
        if deeds:
            with contextlib.suppress(Exception):
                CHOOSE.choice(deeds)()
    if CHOOSE.random() < 0.1:
        gc.collect()
    _ = [bytes(size) for size in range(8, 80, 8) for _ in range(3)]


def outcome(usual: bool) -> Any:
    """What a comparison says afterwards."""
    answer = CHOOSE.choice((usual, usual, True, False, NotImplemented, RuntimeError))
    if answer is RuntimeError:
        raise RuntimeError("compared")
    return answer


class Armed:
    """Harmless until what it is put into is complete."""

    armed = False


class Key(str):
    """A key with the hash of another one, which comes before it."""

    aim: str

    def __hash__(self) -> int:
        return hash(self.aim)

    def __eq__(self, other: object) -> Any:
        if not Armed.armed:
            return self is other
        strike()
        return outcome(False)


class Text(str):
    """A value whose comparison and whose end do something."""

    def __eq__(self, other: object) -> Any:
        if not Armed.armed:
            return str.__eq__(self, other)
        strike()
        return outcome(str.__eq__(self, other))

    __hash__ = str.__hash__

    def __del__(self) -> None:
        if Armed.armed:
            strike()


class Data(bytes):
    """As Text, in bytes."""

    def __eq__(self, other: object) -> Any:
        if not Armed.armed:
            return bytes.__eq__(self, other)
        strike()
        return outcome(bytes.__eq__(self, other))

    __hash__ = bytes.__hash__

    def __del__(self) -> None:
        if Armed.armed:
            strike()


class Pair(list[Any]):
    """A header that does something when it is read."""

    def __iter__(self) -> Iterator[Any]:
        strike()
        return super().__iter__()


class Number(int):
    """An offset or a status that does something when it is read."""

    def __index__(self) -> int:
        strike()
        return int.__index__(self)


def text(value: str) -> Any:
    return CHOOSE.choice((own, own, own, Text))(value)


def data(value: str) -> Any:
    return CHOOSE.choice((fresh, fresh, fresh, lambda value: Data(fresh(value)), text))(value)


def trapped(names: Iterable[str], mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping as a dict with keys of the adversary's before some of those that are looked up."""
    made: dict[str, Any] = {}
    for name in names:
        if CHOOSE.random() < 0.35:
            key = Key(CHOOSE.choice((name, "x", "")))
            key.aim = name
            made[key] = CHOOSE.choice((None, [], mapping.get(name), Text("http")))
    made.update(mapping)
    return made


def header_list(pairs: Iterable[tuple[str, str]], value: Callable[[str], Any]) -> list[Any]:
    """The headers as pairs, nearly always plain ones."""
    made: list[Any] = []
    for pair in pairs:
        kind = CHOOSE.choice((tuple, tuple, tuple, tuple, tuple, tuple, list, Pair))
        made.append(kind(value(part) for part in pair))
    return made


def against_list(headers: list[Any]) -> list[Callable[[], object]]:
    return [
        headers.clear,
        headers.clear,
        headers.reverse,
        lambda: headers.__delitem__(slice(0, 1)),
        lambda: headers.__setitem__(slice(None), [None] * CHOOSE.randrange(40)),
        lambda: headers.extend((fresh("origin"), fresh("https://a.example")) for _ in range(CHOOSE.randrange(200))),
        lambda: headers.__setitem__(slice(None), [(fresh("x"), fresh("y"))] * CHOOSE.randrange(40)),
    ]


def against_dict(mapping: dict[str, Any]) -> list[Callable[[], object]]:
    return [
        mapping.clear,
        mapping.popitem,
        lambda: mapping.update({str(number): number for number in range(200)}),
        lambda: mapping.update(dict.fromkeys(list(mapping))),
    ]


def against_shim(shim: Any) -> list[Callable[[], object]]:
    return [
        lambda: setattr(shim, "policy", CHOOSE.choice((None, make_engine(), CHOOSE.choice(ENGINES)))),
        lambda: setattr(shim, "routes", {"/": make_engine(), "/a": None}),
        lambda: setattr(shim, "app", lambda *_: None),
        lambda: vars(shim).clear() if hasattr(shim, "__dict__") else None,
    ]


def allows(origin: str) -> bool:
    """The function of a policy."""
    strike()
    return origin.endswith(".example")


async def allows_in_time(origin: str) -> bool:
    return allows(origin)


def sees(origin: str, request: Any) -> bool:
    """A function that sees the request."""
    strike()
    return allows(origin) and bool(request.host + request.path)


def settings() -> Any:
    """Settings of every kind that takes another way."""
    fields: dict[str, Any] = {"debug": CHOOSE.random() < 0.2}
    for name, values in (
        ("allow_credentials", (True, False)),
        ("allow_methods", (("PUT",), ("*",), ())),
        ("allow_headers", (("x-a",), ("*",), ())),
        ("expose_headers", ((), ("x-b",), ("*",))),
        ("disclose", ("full", "minimal")),
        ("allow_private_network", (False, True)),
        ("timing_allow_origin", (False, True)),
        ("dangerously_reflect_any_origin", (False, False, True)),
        ("allow_origin_func", (None, None, allows, allows_in_time, sees)),
        ("preflight_status", (204, 200)),
    ):
        fields[name] = CHOOSE.choice(values)
    if fields["allow_origin_func"] is sees:
        fields["vary"] = (":authority", ":path")
    return nasty.SETTINGS._replace(**fields)


def make_engine() -> Any:
    origins = CHOOSE.choice((nasty.ORIGINS, nasty.ORIGINS, ["*"], ["https://*.example"], []))
    return MODULE.Engine(*compiled(settings(), origins))


ENGINES = [make_engine() for _ in range(40)]
AT_ONCE = [engine for engine in ENGINES if engine.settings.allow_origin_func is not allows_in_time]
"""Those that WSGI can ask."""


def request_headers(method: str) -> list[tuple[str, str]]:
    """The header lines of a request, nearly always with an origin."""
    found = [("host", "x"), ("accept", "*/*")]
    found += [("origin", CHOOSE.choice(ORIGINS)) for _ in range(CHOOSE.choice((0, 1, 1, 1, 1, 1, 2)))]
    if method == "OPTIONS" or CHOOSE.random() < 0.3:
        found.append(("access-control-request-method", CHOOSE.choice(("PUT", "GET", "PATCH", "é"))))
        for _ in range(CHOOSE.randrange(4)):
            found.append(("access-control-request-headers", CHOOSE.choice(("x-a", "X-A", "x-a,x-c", "", "é"))))
        if CHOOSE.random() < 0.2:
            found.append(("access-control-request-private-network", "true"))
    if CHOOSE.random() < 0.3:
        CHOOSE.shuffle(found)
    return found


def response_headers(value: Callable[[str], Any]) -> list[Any]:
    """What an application sets."""
    pairs = [("Content-Type", "text/plain"), ("Vary", "Accept"), ("Access-Control-Allow-Origin", "*"), ("X-B", "c")]
    return header_list(CHOOSE.sample(pairs, CHOOSE.randrange(5)), value)


@contextlib.contextmanager
def armed(*more: Callable[[], object]) -> Iterator[None]:
    """Let the adversary act."""
    global deeds, depth
    before, was = deeds, Armed.armed
    deeds, depth, Armed.armed = [*more, gc.collect], depth + 1, True
    try:
        with contextlib.suppress(Exception):
            yield
    finally:
        deeds, depth, Armed.armed = before, depth - 1, was


def shim_over(interface: str, app: Any) -> Any:
    """A shim with options of every kind."""
    options: dict[str, Any] = {
        "handle_errors": CHOOSE.random() < 0.5,
        "preflight_continue": CHOOSE.random() < 0.2,
        "on_conflict": CHOOSE.choice(("replace", "keep")),
        "tell_application": CHOOSE.random() < 0.5,
        "count_decisions": CHOOSE.random() < 0.5,
    }
    engines = AT_ONCE if interface == "wsgi" else ENGINES
    if CHOOSE.random() < 0.3:
        options["routes"] = {"/": CHOOSE.choice(engines), "/a/": CHOOSE.choice(engines), "/b": None}
    else:
        options["policy"] = CHOOSE.choice(engines)
    shim_class = SHIMS[interface]
    taken = inspect.signature(shim_class).parameters  # RSGI has fewer
    shim = shim_class(app, **{name: value for name, value in options.items() if name in taken})
    if CHOOSE.random() < 0.5:
        shim._also_tell = lambda place, outcome: strike()
    return shim


def drain(running: Any) -> None:
    """Await it to its end, or nearly."""
    for _ in range(8):
        running.send(None)
        if CHOOSE.random() < 0.1:
            running.throw(CHOOSE.choice((RuntimeError("thrown"), GeneratorExit())))
    running.close()


def asgi_request() -> None:
    method = CHOOSE.choice(("GET", "OPTIONS", "OPTIONS", "POST"))
    headers = header_list(request_headers(method), data)
    scope = trapped(SCOPE, {
        "type": text("http"), "method": text(method), "path": text(CHOOSE.choice(("/", "/a/b", "/b"))),
        "root_path": text(""), "headers": headers,
    })  # fmt: skip
    running: Any = None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = response_headers(data)
        message = trapped(MESSAGE, {"type": text("http.response.start"), "status": 200, "headers": answer})
        deeds.extend([*against_list(answer), *against_dict(message)])
        await send(message)
        await send(trapped(MESSAGE, {"type": text("http.response.body"), "body": b""}))
        if CHOOSE.random() < 0.2:
            raise RuntimeError("application")

    async def send(message: Any) -> None:
        strike()
        for pair in message.get("headers") or ():
            assert len(pair) == 2

    shim = shim_over("asgi", app)
    again = [asgi_request, lambda: running.throw(OSError("again")), lambda: running.close(), lambda: running.send(None)]
    with armed(*against_list(headers), *against_dict(scope), *against_shim(shim), *(again if depth < 3 else [])):
        running = shim(scope, None, send)
        del headers, scope
        drain(running)


def rsgi_request() -> None:
    rsgi.request(sys.modules[__name__])


def policy_of_view(environ: Any, policy: Any) -> Any:
    """What a framework says about the view that answers."""
    strike()
    environ.get("fastcors.policy")
    return CHOOSE.choice((policy, None, CHOOSE.choice(AT_ONCE)))


def wsgi_request() -> None:
    method = CHOOSE.choice(("GET", "OPTIONS", "OPTIONS", "POST"))
    names = {"origin": "HTTP_ORIGIN", "host": "HTTP_HOST", "accept": "HTTP_ACCEPT"}
    given = {
        names.get(name, "HTTP_" + name.upper().replace("-", "_")): text(value)
        for name, value in request_headers(method)
    }
    given |= {"REQUEST_METHOD": text(method), "PATH_INFO": text(CHOOSE.choice(("/", "/a/b", "/b")))}
    environ = trapped(ENVIRON, given)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        answer = response_headers(text)
        chosen = environ.get("fastcors.shim")
        if isinstance(chosen, dict):
            chosen.update(trapped(["fastcors.policy"], {"fastcors.policy": CHOOSE.choice((None, *AT_ONCE[:3]))}))
            deeds.extend(against_dict(chosen))
        deeds.extend(against_list(answer))
        start_response(text("200 OK"), answer)
        strike()
        if CHOOSE.random() < 0.2:
            raise RuntimeError("application")
        return CHOOSE.choice(([b"x"], iter([b"", b"x"]), (strike() or b"x" for _ in range(3))))

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        strike()
        for pair in headers:
            assert len(pair) == 2

    shim = shim_over("wsgi", app)
    if CHOOSE.random() < 0.4:
        shim._policy_of_view = policy_of_view
    again = [wsgi_request] if depth < 3 else []
    with armed(*against_dict(environ), *against_shim(shim), *again):
        body = shim(environ, start_response)
        del environ
        for _ in body:
            strike()
        getattr(body, "close", int)()


class Multidict:
    """A multidict that gives one list of its own for every name, and takes whatever is added."""

    def __init__(self, lines: list[Any]) -> None:
        self.lines = lines

    def getall(self, name: str) -> list[Any]:
        return self.lines

    def __contains__(self, name: object) -> bool:
        return bool(self.lines)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.lines)

    def items(self) -> Any:
        return zip(self.lines, self.lines, strict=False)

    def copy(self) -> Multidict:
        return Multidict(list(self.lines))

    def clear(self) -> None:
        self.lines.clear()

    def add(self, name: object, value: object) -> None:
        self.lines.append(value)


def fed(engine: Any, method: str, headers: list[Any]) -> Any:
    """The decision on what a parser hands over."""
    feed = FEEDS.RequestFeed(engine)
    for item in list(headers):
        for name, value in [item] if isinstance(item, tuple) and len(item) == 2 else []:
            if isinstance(name, (str, bytes)) and isinstance(value, (str, bytes)):
                feed.on_header(name, value)
                feed.on_header_field(name)
                feed.on_header_value(value)
    return feed.decide(data(method))


def direct() -> None:
    """The methods of a policy and of its decisions."""
    method = CHOOSE.choice(("GET", "OPTIONS", "OPTIONS"))
    engine = CHOOSE.choice(ENGINES)
    headers = header_list(request_headers(method), data)
    scope = trapped(SCOPE, {"type": "http", "method": text(method), "headers": headers})
    environ = trapped(ENVIRON, {"REQUEST_METHOD": text(method), "HTTP_ORIGIN": text(CHOOSE.choice(ORIGINS))})
    environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = text("PUT")
    lines = [data("x-a"), data("X-A"), data("")]
    buffer = bytearray(1000)
    head = CHOOSE.choice((RAW, bytearray(RAW), memoryview(bytearray(RAW))))
    answers = response_headers(data), response_headers(text)
    mine = [*against_list(headers), *against_dict(scope), *against_dict(environ), *against_list(lines), buffer.clear]
    mine += [*against_list(answers[0]), *against_list(answers[1])]
    decisions: list[Any] = []
    multidict = Multidict([data(CHOOSE.choice(ORIGINS)), data("PUT")])
    mine += against_list(multidict.lines)
    for call in (
        lambda: decisions.append(engine.decide_asgi(scope)),
        lambda: decisions.append(engine.decide_wsgi(environ)),
        lambda: decisions.append(engine.decide_pairs(data(method), headers)),
        lambda: decisions.append(engine.decide_mapping(data(method), multidict)),
        lambda: decisions.append(engine.decide_mapping(data(method), environ)),
        lambda: decisions.append(engine.decide_h2(headers)),
        lambda: decisions.append(fed(engine, method, headers)),
        lambda: decisions.append(engine.decide(data(method), data(CHOOSE.choice(ORIGINS)), data("PUT"), lines)),
        lambda: engine.response_headers(headers),
        lambda: engine.write_head_into(buffer, Number(0), head, Number(0), Number(len(RAW)), path=text("/")),
        lambda: decisions.append(engine.decide_head(head, Number(0), None, path=text("/"))),
        lambda: engine.write_into(buffer, Number(0), data(method), data("https://a.example"), data("PUT"), lines),
        lambda: engine.write_into(
            buffer, Number(0), data(method), data("https://a.example"), data("PATCH"), lines, whole=1
        ),
        lambda: engine.write_head_into(buffer, Number(0), head, Number(0), None, path=text("/"), whole=1),
        lambda: engine.is_origin_allowed(data(CHOOSE.choice(ORIGINS))),
    ):
        with armed(*mine):
            call()
    headers.clear(), scope.clear(), environ.clear(), lines.clear()
    gc.collect(0)
    for decision in decisions:
        look_at(decision, answers, mine)


def look_at(decision: Any, answers: tuple[list[Any], list[Any]], mine: list[Callable[[], object]]) -> None:
    """Everything that is made of a decision."""
    for look in (
        lambda: decision.merge_asgi(answers[0], on_conflict=CHOOSE.choice(("keep", Text("keep")))),
        lambda: decision.merge_wsgi(answers[1], on_conflict=CHOOSE.choice(("keep", Text("replace")))),
        lambda: decision.merge_head(bytearray(nasty.HEAD), on_conflict=CHOOSE.choice(("keep", Text("replace")))),
        lambda: decision.merge_multidict(Multidict(answers[1]), on_conflict=CHOOSE.choice(("keep", Text("replace")))),
        lambda: (
            decision.headers,
            decision.headers_str,
            decision.block,
            decision.response,
            decision.detail,
            decision.explain(),
        ),
        lambda: (decision == decision, decision.outcome, decision.policy.counts()),
    ):
        with armed(*mine):
            look()


class Child(MODULE.Engine):  # type: ignore[misc]
    """It is used at its end, also where it was never whole."""

    def __del__(self) -> None:
        if not Armed.armed:
            return
        for call in (
            lambda: self.decide(b"GET", b"https://a.example").headers,
            lambda: self.decide(b"OPTIONS", "https://a.example", "PUT", "x-a").headers_str,
            lambda: self.decide(b"OPTIONS", "https://no.example", "PUT", "x-a").block,
            lambda: self.response_headers([(b"origin", b"https://a.example")]),
            lambda: self.decide(b"GET", None).merge_wsgi([("Vary", "x")]),
            lambda: self.write_into(bytearray(500), 0, b"OPTIONS", b"https://a.example", b"PUT"),
            lambda: (self.origins(), self.origin_count(), self.is_origin_allowed("https://a.example")),
        ):
            with contextlib.suppress(Exception):
                call()


def configuration() -> None:
    """Lists and mappings of a configuration, and what is in them."""
    from fastcors import Policy

    origins: Any = [text(origin) for origin in CHOOSE.sample(nasty.ORIGINS, 2)]
    names: Any = [text("x-a"), text("X-B")]
    routes = trapped(["/", "/a/"], {text("/"): CHOOSE.choice(ENGINES), text("/a/"): None})
    fields = trapped(
        ["allow_origins", "allow_headers", "debug"], {"allow_origins": origins, "allow_headers": names, "debug": True}
    )
    plan = compiled(settings(), nasty.ORIGINS)[0]
    odd = plan._replace(**{
        CHOOSE.choice(plan._fields): CHOOSE.choice((None, 5, ("\ud800",), Text("full"), (Text("PUT"),), "x"))
    })  # fmt: skip
    mine = [*against_list(origins), *against_list(names), *against_dict(routes), *against_dict(fields)]
    for call in (
        lambda: MODULE.Engine(*compiled(settings(), origins)).decide(b"GET", b"https://a.example").headers,
        lambda: Child(odd, origins),  # TAKEN OUT
        lambda: Child(plan, CHOOSE.choice(([*origins, "junk"], [5], ["https://*.b.example", "*.c"], None))),
        lambda: Child.__new__(Child),
        lambda: MODULE.Router(routes).find("/a/b"),
        lambda: MODULE.Router({"//a.example" + path: 1 for path in routes}).find(text("/a"), text("A.example")),
        lambda: SHIMS["asgi"](int, routes=routes),
        lambda: Policy(allow_origins=origins, allow_headers=names),
        lambda: Policy(**fields),
        lambda: Policy.from_dict(fields),
        lambda: MODULE.sift(origins, True),
    ):
        with armed(*mine):
            call()


PARTS = (asgi_request, rsgi_request, wsgi_request, direct, configuration)

if __name__ == "__main__":
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # coroutines that nobody waited for
    sys.unraisablehook = lambda _: None  # an exception in __del__
    for _ in range(ROUNDS):
        for part in PARTS:
            part()
    gc.collect()
    sys.stdout.write("survived\n")
