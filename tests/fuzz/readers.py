"""The targets that read a request: each makes the same request of an input, in another form."""

from __future__ import annotations

from typing import Any

from hpack import HeaderTuple
from multidict import CIMultiDict

from tests.fuzz.checks import check_reader, check_written, decided
from tests.fuzz.inputs import Given, given_request
from tests.support.readers import by_name, feed_pieces, feed_whole, text
from tests.support.rsgi import Headers, Scope, readable


def values(data: bytes) -> None:
    """Check ``decide``, and what is written of its decision."""
    given = given_request(data)
    origins, methods = given.values(b"origin"), given.values(b"access-control-request-method")
    lines = given.values(b"access-control-request-headers")
    networks = given.values(b"access-control-request-private-network")
    arguments = (given.method, origins[0] if origins else None, methods[0] if methods else None, lines)
    network = networks[0] if networks else None
    check_written(given.pair, *arguments, request_private_network=network)
    texts = [argument.decode("latin-1") if isinstance(argument, bytes) else argument for argument in arguments[:3]]
    decided(given.pair, lambda engine: engine.decide(*texts, [line.decode("latin-1") for line in lines]))
    if origins:
        given.pair.both(lambda engine: engine.is_origin_allowed(origins[0]))


def pairs(data: bytes) -> None:
    """Check ``decide_pairs`` on bytes and on text."""
    given = given_request(data)
    check_reader(given, lambda engine: engine.decide_pairs(given.method, given.fields))
    texts = tuple(text(given.fields))
    check_reader(given, lambda engine: engine.decide_pairs(given.method.decode("latin-1"), texts))


def scope_of(given: Given) -> dict[str, Any]:
    """Return the ASGI scope of a request, names as they were given."""
    return {"type": "http", "method": given.method.decode("latin-1"), "path": "/", "headers": given.fields}


def asgi(data: bytes) -> None:
    """Check ``decide_asgi`` and ``response_headers``."""
    given = given_request(data)
    check_reader(given, lambda engine: engine.decide_asgi(scope_of(given)))
    given.pair.both(lambda engine: engine.response_headers(given.fields))


def environ_of(given: Given) -> dict[str, Any]:
    """Return the WSGI environ of a request, in which several lines are one."""
    environ = {"REQUEST_METHOD": given.method.decode("latin-1"), "PATH_INFO": "/"}
    for name, value in given.fields:
        if name.replace(b"-", b"").isalnum() and name.isascii():
            key = "HTTP_" + name.decode().upper().replace("-", "_")
            before = f"{environ[key]}," if key in environ else ""
            environ[key] = before + value.decode("latin-1")
    return environ


def wsgi(data: bytes) -> None:
    """Check ``decide_wsgi``."""
    given = given_request(data)
    check_reader(given, lambda engine: engine.decide_wsgi(environ_of(given)), joins=True)


def scope_of_rsgi(given: Given) -> Scope:
    """Return the RSGI scope of a request, with headers as granian has them."""
    fields = [(name, value) for name, value in given.fields if name.isascii()]
    return Scope(Headers(fields), method=given.method.decode("latin-1"))


def rsgi(data: bytes) -> None:
    """Check ``decide_rsgi``."""
    given = given_request(data)
    scope = scope_of_rsgi(given)
    if all(readable(value) for _, value in given.fields):
        check_reader(given, lambda engine: engine.decide_rsgi(scope))
    else:
        decided(given.pair, lambda engine: engine.decide_rsgi(scope))


def mapping(data: bytes) -> None:
    """Check ``decide_mapping`` on a multidict and on a dictionary of lists."""
    given = given_request(data)
    headers = CIMultiDict(text(given.fields))
    check_reader(given, lambda engine: engine.decide_mapping(given.method, headers))
    lists = by_name((name.lower(), value) for name, value in given.fields)
    check_reader(given, lambda engine: engine.decide_mapping(given.method, lists))


def h2(data: bytes) -> None:
    """Check ``decide_h2`` on what hpack gives."""
    given = given_request(data)
    fields = [HeaderTuple(*field) for field in [(b":method", given.method), (b":path", b"/"), *given.fields]]
    check_reader(given, lambda engine: engine.decide_h2(fields))


def feed(data: bytes) -> None:
    """Check ``RequestFeed``, whole fields and pieces of them."""
    given = given_request(data)
    check_reader(given, lambda engine: feed_whole(engine, given.method, given.fields))
    size = 1 + len(data) % 9
    check_reader(given, lambda engine: feed_pieces(engine, given.method, given.fields, size=size))
