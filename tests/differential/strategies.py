"""Random policies, and random requests that nearly fit them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st

from fastcors._config.plan import FIELDS, Part, Plan, plan_of
from fastcors._config.settings import Settings
from tests.support.grammar import classify
from tests.support.rsgi import Headers, Scope

LABELS = ["a", "b", "example", "com", "org", "foo", "x-y", "xn--bcher-kva", "1", "0a", "a" * 63, "localhost"]
ODD_LABELS = ["a_b", "-a", "a-", "_", "-", "a_"]
SCHEMES = ["https", "http", "app", "ws", "ftp", "chrome-extension", "a+b.c-d", "s" * 64]
SHELLS = ["app://.", "app://A", "app://", "package://", "x://0xff", "x://a@b/c?d#e", "ftp://a:21", f"x://{'~' * 253}"]
ADDRESSES = ["127.0.0.1", "1.2.3.4", "[::1]", "[2001:db8::1:0:0:1]", "[1:2:3:4:5:6:7:8]", "[::]"]
PORTS = ["", "", ":8080", ":1", ":65535", ":80", ":443", ":8443"]
METHODS = ["PUT", "PATCH", "DELETE", "PURGE", "patch", "M" * 64, "!#$%&'*+-.^_`|~0"]
NAMES = ["x-a", "x-b", "authorization", "content-type", "n" * 100, "!#$%&'*+-.^_`|~0", "x"]
TEXT_MAKERS: list[Callable[[bytes], str | bytes]]


class StrChild(str):
    """A str that is none."""

    __slots__ = ()

    def __str__(self) -> str:
        return "evil"

    def encode(self, *_args: Any) -> bytes:  # type: ignore[override]
        return b"evil"

    def lower(self) -> str:
        return "evil"

    def isascii(self) -> bool:
        return True

    def __len__(self) -> int:
        return 3

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


class BytesChild(bytes):
    """Bytes that are none."""

    def __bytes__(self) -> bytes:
        return b"evil"

    def lower(self) -> bytes:
        return b"evil"

    def decode(self, *_args: Any) -> str:  # type: ignore[override]
        return "evil"

    def __len__(self) -> int:
        return 3

    def __getitem__(self, item: Any) -> Any:
        return 101

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


TEXT_MAKERS = [
    bytes,
    bytes,
    lambda value: value.decode("latin-1"),
    lambda value: value.decode("utf-8", "surrogateescape"),
    BytesChild,
    lambda value: StrChild(value.decode("latin-1")),
]


def forms(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[Any]:
    """The same data as bytes, as str, and as subclasses of both."""
    return st.builds(lambda make, value: make(value), st.sampled_from(TEXT_MAKERS), values)


WRONG = st.sampled_from(
    [1, 1.5, True, bytearray(b"GET"), memoryview(b"GET"), [b"GET"], (b"GET",), {}, object, ("a", 1), [None], ()]
)


def one_in(number: int) -> st.SearchStrategy[bool]:
    """True once in so many draws. Not at an end of the range: Hypothesis likes the ends."""
    return st.integers(0, number - 1).map(lambda drawn: drawn == number // 2)


def sometimes(rare: st.SearchStrategy[Any], number: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Of the second strategy, once in so many draws of the first."""
    return one_in(number).flatmap(lambda chosen: rare if chosen else values)


def sometimes_wrong(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly of the strategy, now and then of a wrong type."""
    return sometimes(WRONG, 60, values)


@st.composite
def hosts(draw: st.DrawFn, *, odd: bool = True) -> str:
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4))
    if odd and draw(one_in(5)):
        labels.insert(draw(st.integers(0, len(labels))), draw(st.sampled_from(ODD_LABELS)))
    if draw(one_in(20)):
        labels = ["b"] * draw(st.integers(100, 126)) + labels
    host = ".".join(labels)
    return host + "." if odd and draw(one_in(10)) else host


def _is_pattern(pattern: str) -> bool:
    wildcard = "://*." in pattern
    origin = pattern.replace("://*.", "://").removesuffix(":*")
    found = classify(origin.encode())
    if wildcard:  # nothing is below an address
        return found == "strict" and not urlsplit(origin).netloc.partition(":")[0].rpartition(".")[2].isdigit()
    return found in ("strict", "lenient")


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A valid origin pattern."""

    def attempt() -> str:
        scheme = draw(st.sampled_from(SCHEMES))
        wildcard = draw(one_in(3))
        port = draw(st.sampled_from([*PORTS, ":*", ":*"]))
        if not wildcard and draw(one_in(7)):
            return f"{scheme}://{draw(st.sampled_from(ADDRESSES))}{port}"
        return f"{scheme}://{'*.' if wildcard else ''}{draw(hosts(odd=not wildcard))}{port}"

    if draw(one_in(9)):
        return draw(st.sampled_from(SHELLS))
    pattern = attempt()
    return pattern if _is_pattern(pattern) else "https://*.example.com"


@st.composite
def pattern_lists(draw: st.DrawFn) -> list[str]:
    """Patterns as the configuration leaves them: none with ``*.`` that another one covers."""
    drawn = draw(st.lists(patterns(), min_size=1, max_size=6))
    wild = [pattern for pattern in drawn if "*." in pattern]
    covered = {pattern for pattern in wild for other in wild if pattern != other and _covers(other, pattern)}
    return [pattern for pattern in drawn if pattern not in covered]


def _covers(other: str, pattern: str) -> bool:
    """Whether ``other`` stands for every origin that ``pattern`` stands for; both have ``*.``."""
    any_port = other.endswith(":*")
    scheme, _, suffix = other.removesuffix(":*").partition("*")
    if any_port:
        pattern = re.sub(r":([0-9]+|\*)$", "", pattern)
    return pattern.startswith(scheme) and pattern.endswith(suffix)


def sorted_tuple(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


REGEXES = [r"https://.*", r".*example.*", r".*:8080", r"https?://a\..+", r"[^:]+://[a-z]+"]


def is_even(origin: str) -> bool:
    return len(origin) % 2 == 0


def has_b(origin: str) -> bool:
    return "b" in origin


def fails(origin: str) -> bool:
    raise ValueError(origin)


def answers_otherwise(origin: str) -> Any:
    return origin


FUNCTIONS = [is_even, has_b, fails, answers_otherwise]


def dynamic(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A regex or a function in one policy of five."""
    return sometimes(values, 5, st.none())


def sets_of_parts(forbidden: int = 0) -> st.SearchStrategy[int]:
    """Sets of parts as a plan has them, without those."""
    return st.integers(0, (1 << len(FIELDS)) - 1).map(lambda parts: parts & ~forbidden)


BARE = ["localhost", "Foo", "a_b.example.com", "localhost:3000", "[::1]:80", "b" * 253]
"""Hosts with no scheme, which some plans take for origins."""


@st.composite
def plans(draw: st.DrawFn, settings: Settings, origins: list[str]) -> tuple[Plan, list[str]]:
    """A plan that matches as these settings do, and answers as no library does; and the origins that it allows."""
    steps = draw(st.booleans())
    asked = Part.METHOD_REQUESTED | Part.HEADERS_REQUESTED
    origin = Part.ORIGIN | Part.TIMING
    first = 0 if steps else Part.PRIVATE_NETWORK
    values = plan_of(settings, any_origin=False).values
    bare = draw(st.booleans())
    if bare and "*" not in origins:
        origins = [*origins, *draw(st.lists(st.sampled_from(BARE), max_size=2))]
    plan = plan_of(settings, any_origin=False)._replace(
        safelists=draw(st.booleans()),
        every_failure=steps,
        loose_origins=draw(st.booleans()),
        filters_names=draw(st.booleans()),
        names_as_sent=draw(st.booleans()),
        leaves=draw(st.booleans()),
        none=draw(sets_of_parts(asked | origin)),
        allowed=draw(sets_of_parts(asked)),
        refused=draw(sets_of_parts(asked | origin)),
        bare_allowed=draw(sets_of_parts(asked)) if bare else None,
        bare_refused=draw(sets_of_parts(asked | origin)),
        accepted=draw(sets_of_parts()),
        refused_origin=draw(sets_of_parts(asked | origin | first)),
        refused_method=draw(sets_of_parts(asked | first)),
        refused_names=draw(sets_of_parts()),
        refused_network=draw(sets_of_parts()),
        garbled=draw(sets_of_parts(asked)),
        values=values,
        accepted_body=draw(st.sampled_from(["", "OK"])),
        refused_body=draw(st.sampled_from(["", "Refused: "])),
        failures=draw(st.sampled_from([("", "", "", ""), ("origin", "method", "headers", "network")])),
    )
    return plan, origins


@st.composite
def policies(draw: st.DrawFn) -> tuple[Settings, list[str]]:
    """Settings in their checked form, and origins that fit them."""
    credentials = draw(st.booleans())
    kind = draw(st.sampled_from(["list", "list", "list", "star", "reflect"]))
    if kind == "star" and credentials:
        kind = "list"
    names = st.lists(st.sampled_from(NAMES), max_size=4).map(sorted_tuple)
    any_name = st.just(("*",))
    named_too = st.just(("*", "authorization")) if not credentials else any_name
    settings = Settings(
        allow_origin_regex=draw(dynamic(st.sampled_from(REGEXES))) if kind != "star" else None,
        allow_origin_func=draw(dynamic(st.sampled_from(FUNCTIONS))) if kind != "star" else None,
        origin_cache_ttl=draw(st.sampled_from([60, 0])),
        origin_cache_size=draw(st.sampled_from([4096, 1])),
        allow_methods=draw(
            st.one_of(st.lists(st.sampled_from([*METHODS, "GET", "POST"]), max_size=4).map(sorted_tuple), any_name)
        ),
        allow_headers=draw(st.one_of(names, names, any_name, named_too)),
        expose_headers=draw(st.one_of(names, any_name)),
        allow_credentials=credentials,
        max_age=draw(st.sampled_from([None, 0, 30, 86400])),
        allow_private_network=draw(st.booleans()),
        timing_allow_origin=draw(st.sampled_from([False, True, ("*",), ("https://a.com", "https://b.com")])),
        disclose=draw(st.sampled_from(["full", "minimal"])),
        preflight_status=draw(st.sampled_from([204, 204, 200, 205, 299])),
        preflight_failure_status=draw(st.sampled_from([403, 403, 400, 200])),
        debug=draw(st.booleans()),
        dangerously_allow_null_origin=draw(one_in(4)),
        dangerously_reflect_any_origin=kind == "reflect",
    )
    origins = {"star": ["*"], "reflect": []}.get(kind)
    if origins is None:
        origins = draw(pattern_lists())
    return settings, origins


INSERTS = [
    b".", b"..", b"-", b"_", b":", b"/", b"//", b"@", b"x@", b"?", b"#", b"\\", b"%2e", b",", b", ", b" ",
    b"\t", b"\r\n", b"\n", b"\x00", b"\x7f", b"\x80", b"\xe9", b"\xff", "ü".encode(), "\u3002".encode(),
    "\u212a".encode(), b"*", b"*.", b"[", b"]", b"::", b"0", b"00", b"1", b"A", b"evil", b"evil.com",
    b".evil.com", b":80", b":443", b":8080", b":0", b":65536", b":99999999999999999999", b"null", b"https://",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, value: bytes) -> bytes:
    """The value after a few small changes."""
    data = value
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(data)))
        change = draw(st.integers(0, 8))
        if change == 0:
            data = data[:at] + draw(st.sampled_from(INSERTS)) + data[at:]
        elif change == 1:
            data = data[:at] + data[at + 1 :]
        elif change == 2:
            data = data[:at]
        elif change == 3:
            data = data[at:]
        elif change == 4:
            data = data[:at] + data[at : at + 1].swapcase() + data[at + 1 :]
        elif change == 5:
            data = data + draw(st.sampled_from(INSERTS))
        elif change == 6:
            data = draw(st.sampled_from(INSERTS)) + data
        elif change == 7:
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
        else:
            size = draw(st.sampled_from([253, 254, 326, 327, 328, 1000]))
            head, separator, tail = data.partition(b"://")
            data = head + separator + (b"a." * size)[: max(0, size - len(data))] + tail
    return data


def origin_of(pattern: str, label: str, port: str) -> bytes:
    """An origin that the pattern stands for, where label and port fit."""
    return pattern.replace("*.", label).replace(":*", port).encode()


@st.composite
def origin_values(draw: st.DrawFn, origins: Sequence[str]) -> bytes:
    """An origin that one of the patterns stands for, or one near it, or another."""
    if draw(one_in(15)):
        return draw(st.sampled_from([b"null", b"", b"*", b"a" * 327, b"a" * 328, b"http://" + b"a" * 60_000]))
    if draw(one_in(10)):
        return draw(mutated(draw(st.sampled_from(BARE)).encode()))
    listed = [origin for origin in origins if origin != "*"]
    pattern = draw(sometimes(patterns(), 4, st.sampled_from(listed)) if listed else patterns())
    label = draw(st.sampled_from(["a.", "a.", "a.", "a.b.", "a.b.", "", "1.", "a_b.", "-a.", "A.", "."]))
    return draw(mutated(origin_of(pattern, label, draw(st.sampled_from(PORTS)))))


ODD_METHODS = [b"get", b"TRACE", b"track", b"CONNECT", b"", b"P T", b"M" * 65, b"PUT,PUT", b"PUT "]


@st.composite
def method_values(draw: st.DrawFn, settings: Settings) -> bytes:
    """A requested method: mostly one that is allowed."""
    kind = draw(st.integers(0, 9))
    if kind == 4:
        return draw(st.sampled_from(ODD_METHODS))
    if kind == 5:
        return draw(st.binary(max_size=4))
    listed = [*settings.allow_methods, "GET", "HEAD", "POST"] if kind < 8 else METHODS
    return draw(mutated(draw(st.sampled_from([name for name in listed if name != "*"])).encode()))


OWS = st.sampled_from([b"", b"", b"", b"", b"", b"", b" ", b"\t", b"  ", b" \t", b"   "])


@st.composite
def elements(draw: st.DrawFn, names: Sequence[str]) -> bytes:
    """One element of a list header, mostly a good one."""
    kind = draw(st.integers(0, 24))
    if kind == 10:
        name = draw(st.binary(max_size=3))
    elif kind in (11, 12):
        name = b""
    else:
        name = draw(st.sampled_from(NAMES if kind == 13 or not names else names)).encode()
        if kind == 14:
            name = draw(mutated(name))
        elif kind > 18:
            name = draw(st.sampled_from([bytes.upper, bytes.title, bytes.swapcase]))(name)
    return draw(OWS) + name + draw(OWS)


@st.composite
def field_lines(draw: st.DrawFn, settings: Settings) -> list[bytes]:
    """The lines of Access-Control-Request-Headers: well-formed, broken, or at a limit."""
    listed = settings.allow_headers if "*" not in settings.allow_headers else NAMES
    item = elements(listed)
    lines = [b",".join(line) for line in draw(st.lists(st.lists(item, max_size=4), max_size=3))]
    kind = draw(st.integers(0, 24))
    around = draw(st.integers(-2, 2))
    name = listed[0].encode() if listed else b"x"
    if kind == 10:
        lines.append(b"," * (15 + around))
    elif kind == 11:
        lines += [b""] * (16 + around)
    elif kind == 12:
        lines.append(b",".join([name[:60]] * (128 + around)))
    elif kind == 13:
        lines += [name[:60]] * (128 + around)
    elif kind == 14:
        lines = [b"x" * 100 for _ in range(81)]  # 81 * 101 - 1 = 8180
        lines.append(b"x" * (11 + around))
    elif kind == 15:
        lines.append(b"x" * (8192 + around))
    elif kind == 16:
        lines += [b""] * draw(st.sampled_from([144, 145, 146, 147, 1024]))
    elif kind == 17:
        lines = [b" " * 8192, *lines] if draw(st.booleans()) else [b"," * 8193]
    return lines


@st.composite
def request_headers(draw: st.DrawFn, settings: Settings) -> Any:
    """The argument of that name, in each of its forms."""
    kind = draw(st.integers(0, 8))
    if kind == 4:
        return None
    lines = draw(field_lines(settings))
    if kind == 3:
        return draw(forms(st.just(b",".join(lines))))
    items = [draw(forms(st.just(line))) if len(lines) < 20 else line for line in lines]
    if items and draw(one_in(30)):
        items[draw(st.integers(0, len(items) - 1))] = draw(WRONG)
    return items if kind < 5 else tuple(items)


@st.composite
def arguments(draw: st.DrawFn, settings: Settings, origins: Sequence[str]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of ``decide``; two of three make a preflight."""
    preflight = not draw(one_in(3))
    methods = st.just(b"OPTIONS") if preflight else st.sampled_from([b"GET", b"OPTIONS", b"options", b"PUT", b""])
    asked = forms(method_values(settings)) if preflight else st.none()
    networks = st.one_of(st.none(), st.none(), forms(st.sampled_from([b"true", b"TRUE", b"", b"false"])))
    return (
        draw(sometimes_wrong(forms(methods))),
        draw(sometimes_wrong(sometimes(st.none(), 12, forms(origin_values(origins))))),
        draw(sometimes_wrong(asked)),
        draw(request_headers(settings)),
    ), {"request_private_network": draw(sometimes_wrong(networks))}


HEADER_NAMES = [
    b"vary", b"access-control-allow-origin", b"access-control-allow-credentials", b"access-control-expose-headers",
    b"access-control-allow-methods", b"content-type", b"set-cookie", b"x-a", b"x-b", b"etag", b"timing-allow-origin",
    b"", b"x a", b"x\xe9", b"*", b"x" * 300,
]  # fmt: skip
HEADER_VALUES = [
    b"", b"Origin", b"origin", b"*", b"accept", b"accept, ORIGIN", b"a,,b", b" ,\t", b"x-origin", b"originx",
    b"Access-Control-Request-Method", b"origin\xe9", b"\xe9, origin", b"accept;origin", b"1", b"\r\n", b"*x", b"x, *",
]  # fmt: skip


def spelled(names: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The names in any letter case."""
    cases = st.sampled_from([bytes.lower, bytes.lower, bytes.upper, bytes.title, bytes.swapcase])
    return st.builds(lambda case, name: case(name), cases, names)


def _pair_of(make: Any, name: Any, value: Any) -> Any:
    return make((name, value))


def response_pairs(convert: Callable[[bytes], Any]) -> st.SearchStrategy[list[Any]]:
    """An application's headers as pairs; ``convert`` gives the interface's own form."""
    names = spelled(st.sampled_from(HEADER_NAMES))
    values = st.sampled_from(HEADER_VALUES)
    good = st.builds(lambda name, value: (convert(name), convert(value)), names, values)
    text = st.builds(lambda make, value: make(value), st.sampled_from([*TEXT_MAKERS, bytearray, memoryview]), values)
    odd = st.builds(
        _pair_of,
        st.sampled_from([tuple, list, iter]),
        st.builds(lambda make, name: make(name), st.sampled_from([*TEXT_MAKERS, bytearray, memoryview]), names),
        st.one_of(text, text, text, WRONG),
    )
    broken = st.sampled_from([None, 1, (), (b"a",), (b"a", b"b", b"c"), b"ab", "ab", [b"a"], {"a": 1, "b": 2}])
    return st.lists(sometimes(broken, 80, sometimes(odd, 5, good)), max_size=6)


REQUEST_NAMES = [
    b"origin", b"origin", b"access-control-request-method", b"access-control-request-method",
    b"access-control-request-headers", b"access-control-request-headers", b"access-control-request-private-network",
]  # fmt: skip
NEAR_NAMES = [b"host", b"origi", b"origins", b"xrigin", b"", b"access-control-request-metho", b"orig\xe9n"]


@st.composite
def scopes(draw: st.DrawFn, settings: Settings, origins: Sequence[str]) -> dict[str, Any]:
    """ASGI "http" scopes, mostly as servers make them, now and then in strange forms."""
    method = draw(st.sampled_from(["OPTIONS"] * 6 + ["GET", "POST", b"OPTIONS", "options", None, 1]))
    scope: dict[str, Any] = {"type": "http", "method": method}
    if draw(one_in(30)):
        del scope["method"]
    names = list(draw(st.sampled_from([REQUEST_NAMES[::2], REQUEST_NAMES[::2], REQUEST_NAMES])))
    names += draw(st.lists(st.sampled_from(REQUEST_NAMES + NEAR_NAMES), max_size=2))
    names = draw(st.permutations([name for name in names if not draw(one_in(10))]))
    strange = draw(one_in(4))
    headers: list[Any] = []
    for lower in names:
        name = draw(spelled(st.just(lower)))
        value: Any = draw(
            {
                b"origin": origin_values(origins),
                b"access-control-request-method": method_values(settings),
                b"access-control-request-headers": field_lines(settings).map(b",".join),
                b"access-control-request-private-network": st.sampled_from([b"true", b"false", b"TRUE"]),
            }.get(lower, st.just(b"x"))
        )
        pair: Any = (name, value)
        if strange:
            pair = (draw(forms(st.just(name))), draw(forms(st.just(value))))
            odd = [list(pair), (*pair, b"x"), (pair[0], None), (1, pair[1]), None, name]
            pair = draw(st.sampled_from([pair] * 8 + odd))
        headers.append(pair)
    if draw(one_in(20)):
        line = (b"access-control-request-headers", b"x")
        headers += [line] * draw(st.sampled_from([127, 128, 144, 145, 500]))
    scope["headers"] = headers
    if strange:
        mapping = {"origin": 1, b"ab": 2, "ab": 3}
        scope["headers"] = draw(st.sampled_from([headers] * 6 + [tuple(headers), mapping, None]))
    return scope


class Values:
    """A mapping of headers in which a name may have values of any kind."""

    def __init__(self, values: dict[str, list[Any]]) -> None:
        self.get_all = values.get
        self.names = list(values)

    def __contains__(self, name: str) -> bool:
        return name in self.names


@st.composite
def rsgi_scopes(draw: st.DrawFn, settings: Settings, origins: Sequence[str]) -> Scope:
    """RSGI scopes, mostly as granian makes them, now and then with other mappings."""
    scope = draw(scopes(settings, origins))
    pairs = scope["headers"] if isinstance(scope["headers"], list) else []
    texts = [
        pair for pair in pairs if type(pair) is tuple and len(pair) == 2 and type(pair[0]) is type(pair[1]) is bytes
    ]
    lines = [(name, value) for name, value in texts if name.isascii()]
    found: dict[str, list[Any]] = {}
    for name, value in lines:
        found.setdefault(name.decode().lower(), []).append(
            draw(st.one_of(forms(st.just(value)), st.just(value), WRONG))
        )
    headers = draw(
        st.sampled_from(
            [Headers(lines)] * 8 + [{name: values[0] for name, values in found.items()}, Values(found), None, []]
        )
    )
    return Scope(headers, method=scope.get("method", "GET"))


@st.composite
def environs(draw: st.DrawFn, settings: Settings, origins: Sequence[str]) -> dict[str, Any]:
    """WSGI environs; values are latin-1 text, now and then something else."""
    environ: dict[str, Any] = {}
    values = {
        "REQUEST_METHOD": st.sampled_from([b"OPTIONS"] * 4 + [b"GET", b"POST", b"options"]),
        "HTTP_ORIGIN": origin_values(origins),
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method_values(settings),
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": field_lines(settings).map(b",".join),
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": st.sampled_from([b"true", b"false"]),
    }
    for key, strategy in values.items():
        kind = draw(st.integers(0, 19))
        if kind == 10:
            environ[key] = draw(st.one_of(forms(strategy), WRONG, st.none()))
        elif kind < 16 or key.endswith("METHOD"):
            environ[key] = draw(strategy).decode("latin-1")
    return environ
