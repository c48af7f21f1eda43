"""Each way to hand a request to a policy: what real servers, parsers and frameworks hold the header fields in.

A reader takes a policy, a method and header lines (pairs of bytes, in order), and returns the decision. ValueError:
what it reads from cannot hold these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import HTTPMessage
from io import BytesIO
from typing import Any
from urllib.parse import quote
from wsgiref.headers import Headers as WSGIRefHeaders

from django.http.request import HttpHeaders
from hpack import HeaderTuple, NeverIndexedHeaderTuple
from httpx import Headers as HTTPXHeaders
from multidict import CIMultiDict, CIMultiDictProxy
from sanic.compat import Header as SanicHeader
from starlette.datastructures import Headers as StarletteHeaders
from tornado.httputil import HTTPHeaders
from urllib3 import HTTPHeaderDict
from webob.headers import EnvironHeaders as WebobHeaders
from webob.headers import ResponseHeaders
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from tests.support.rsgi import Headers as RSGIHeaders
from tests.support.rsgi import readable

Lines = list[tuple[bytes, bytes]]
Reader = Callable[..., Any]


def text(lines: Lines) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines]


def titled(lines: Lines) -> Lines:
    return [(name.title(), value) for name, value in lines]


def by_name(lines: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for name, value in lines:
        found.setdefault(name, []).append(value)
    return found


def once(lines: Lines) -> Lines:
    """The lines, each name of which must be there once."""
    if any(len(values) > 1 for values in by_name((name.lower(), value) for name, value in lines).values()):
        raise ValueError("a name is there twice")
    return lines


def environ(lines: Lines) -> dict[str, str]:
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in text(once(lines))}


def message(lines: Lines) -> HTTPMessage:
    """What http.server gives: ``self.headers``."""
    headers = HTTPMessage()
    for name, value in text(lines):
        headers[name] = value
    return headers


def tornado(lines: Lines) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in text(lines):
        try:
            headers.add(name, value)
        except Exception as error:
            raise ValueError from error
    return headers


def rsgi(lines: Lines) -> RSGIHeaders:
    if not all(readable(value) for _, value in lines):
        raise ValueError(
            "granian keeps such a value, which is malformed then; tests/integration/test_rsgi.py has those"
        )
    return RSGIHeaders(lines)


class Multiple(dict[str, list[str]]):
    """A dictionary of lists, as AWS Lambda's ``multiValueHeaders`` are."""


MAPPINGS: dict[str, Callable[[Lines], Any]] = {
    "multidict": lambda lines: CIMultiDict(text(titled(lines))),
    "multidict proxy (aiohttp)": lambda lines: CIMultiDictProxy(CIMultiDict(text(lines))),
    "Sanic": lambda lines: SanicHeader(text(lines)),
    "http.server": message,
    "Tornado": tornado,
    "Starlette": lambda lines: StarletteHeaders(raw=[(name.lower(), value) for name, value in lines]),
    "Werkzeug, Quart": lambda lines: WerkzeugHeaders(text(titled(lines))),
    "Flask": lambda lines: EnvironHeaders(environ(lines)),
    "granian RSGI": rsgi,
    "wsgiref": lambda lines: WSGIRefHeaders(text(titled(lines))),
    "Django": lambda lines: HttpHeaders(environ(lines)),
    "WebOb": lambda lines: WebobHeaders(environ(lines)),
    "WebOb response": lambda lines: ResponseHeaders(text(titled(lines))),
    "httpx": lambda lines: HTTPXHeaders([(name.lower(), value) for name, value in lines]),
    "urllib3": lambda lines: HTTPHeaderDict(text(lines)),
    "dict": lambda lines: dict(text(once(titled(lines)))),
    "dict of bytes": lambda lines: dict(once(lines)),
    "dict of lists": lambda lines: Multiple(by_name(text(lines))),
}
"""Mappings of header fields, made of lines."""


def h2_pairs(method: Any, lines: Lines, path: str) -> list[Any]:
    """A header list as HTTP/2 has it; the host is its ``:authority``."""
    hosts = [value for name, value in lines if name.lower() == b"host"]
    pseudo = [(b":method", method), (b":scheme", b"https"), (b":path", quote(path).encode() + b"?q=1")]
    pseudo += [(b":authority", host) for host in hosts[:1]]
    return [*pseudo, *((name.lower(), value) for name, value in lines if name.lower() != b"host" or len(hosts) > 1)]


def as_str(pairs: list[Any]) -> list[Any]:
    return [tuple(part if isinstance(part, str) else part.decode("latin-1") for part in item) for item in pairs]


H2: dict[str, Callable[[list[Any]], Any]] = {
    "pairs": list,
    "tuple": tuple,
    "generator": iter,
    "lists": lambda pairs: [list(item) for item in pairs],
    "hpack": lambda pairs: [HeaderTuple(*item) for item in pairs],
    "hpack, never indexed": lambda pairs: [NeverIndexedHeaderTuple(*item) for item in pairs],
    "hpack, str": lambda pairs: [HeaderTuple(*item) for item in as_str(pairs)],
}


def feed_whole(policy: Any, method: Any, lines: Lines, path: str = "/") -> Any:
    feed = feed_class(policy)(policy)
    for name, value in titled(lines):
        feed.on_header(name, value)
    return feed.decide(method, path=path)


def feed_pieces(policy: Any, method: Any, lines: Lines, path: str = "/", size: int = 3) -> Any:
    feed = feed_class(policy)(policy)
    for name, value in lines:
        for part in pieces(name, size):
            feed.on_header_field(part)
        for part in pieces(value, size):
            feed.on_header_value(part)
    return feed.decide(method, path=path)


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    """The data in pieces; one that is empty where there is none. Behind 4096 bytes they are a hundred times larger."""
    source = BytesIO(data)
    yield source.read(size)
    yield from iter(lambda: source.read(size if source.tell() < 4096 else 100 * size), b"")


def feed_class(policy: Any) -> Any:
    """The RequestFeed of a policy's engine."""
    from fastcors._twin.engine import Engine
    from fastcors._twin.feed import RequestFeed

    if isinstance(policy, Engine):
        return RequestFeed
    from fastcors import _core

    return _core.RequestFeed


def mapping_reader(make: Callable[[Lines], Any]) -> Reader:
    return lambda policy, method, lines, path="/": policy.decide_mapping(method, make(lines), path=path)


def h2_reader(make: Callable[[list[Any]], Any]) -> Reader:
    return lambda policy, method, lines, path="/": policy.decide_h2(make(h2_pairs(method, lines, path)))


READERS: dict[str, Reader] = {
    **{f"decide_mapping, {name}": mapping_reader(make) for name, make in MAPPINGS.items()},
    **{f"decide_h2, {name}": h2_reader(make) for name, make in H2.items()},
    "RequestFeed, on_header": feed_whole,
    "RequestFeed, pieces": feed_pieces,
}
