"""Find: the request as CORS sees it, taken whole out of what a server or a caller has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from fastcors._dynamic.declare import FIELDS_OF_CORS, pseudo_fields
from fastcors._grammar import MAX_HEADER_BYTES, MAX_LINES, MAX_METHOD, MAX_ORIGIN
from fastcors._header_list import (
    check_h2_list,
    check_header_list,
    check_scope,
    lines_method,
    pair,
    pairs_of_dict,
    values_of,
)

Text = str | bytes

_NO_BYTE = re.compile(r"[^\x00-\xff]")
_MAX_NAME = 64
"""Longer than any header name that matters here."""
_UNREADABLE = "\xff"
"""Stands for a value that an RSGI server has but does not hand over: a byte that is valid nowhere."""


class Request(NamedTuple):
    """What a request says to CORS, in bytes. Made by :func:`actual` or :func:`preflight`, and by nobody else."""

    origin: bytes | None
    """The value of the first Origin line; None where the request has none."""
    several_origins: bool
    requested_method: bytes | None
    """Access-Control-Request-Method. None: the request is no preflight."""
    several_methods: bool
    requested_headers: tuple[bytes, ...]
    """The lines of Access-Control-Request-Headers, no more than ``MAX_LINES``."""
    private_network: bool
    given_origin: Text | None
    """The origin in the caller's own object and type, which a Decision shows."""
    given_method: Text | None
    granted: bool = False
    """Whether a regex or a function allows the origin."""


def actual(origin: Text | None, several_origins: bool = False, requested_method: Text | None = None) -> Request:
    """Return a request that is no preflight; its ``requested_method`` is kept, and means nothing."""
    value = None if origin is None else raw(origin, MAX_ORIGIN)
    return Request(value, several_origins, None, False, (), False, origin, requested_method)


def preflight(
    origin: Text,
    requested_method: Text,
    requested_headers: Sequence[Text] = (),
    network: Text | None = None,
    *,
    several_origins: bool = False,
    several_methods: bool = False,
) -> Request:
    """Return a preflight (Fetch, section 4.8, "CORS-preflight fetch")."""
    return Request(
        raw(origin, MAX_ORIGIN),
        several_origins,
        raw(requested_method, MAX_METHOD),
        several_methods,
        tuple(raw(line, MAX_HEADER_BYTES) for line in requested_headers),
        network is not None and is_true(network),
        origin,
        requested_method,
    )


def request_of_values(method: Any, origin: Any, requested_method: Any, requested_headers: Any, network: Any) -> Request:
    """Return the request that these values of header fields make; None stands for an absent one.

    TypeError for the first value of a wrong type.
    """
    check_text("method", method, optional=False)
    check_text("origin", origin)
    check_text("request_method", requested_method)
    lines = _checked_lines(requested_headers)
    check_text("request_private_network", network)
    if origin is None or requested_method is None or not is_options(method):
        return actual(origin, requested_method=requested_method)
    return preflight(origin, requested_method, lines, network)


def request_of_headers(headers: object) -> Request:
    """Return the actual request with these ASGI headers: its Origin is all that counts."""
    origins = header_lines(headers, [b"origin"])[b"origin"]
    return actual(origins[0] if origins else None, len(origins) > 1)


def request_of_scope(scope: Mapping[str, Any]) -> Request:
    """Return the request of an ASGI "http" scope. TypeError for what is no scope."""
    check_scope(scope, "an ASGI scope", "get")
    return _request_of_lines(scope.get("method"), _lines_of_pairs(scope.get("headers")))


def request_of_pairs(method: Any, headers: object) -> Request:
    """Return the request with this method and these pairs of header name and value, names in any letter case.

    TypeError for a method of a wrong type.
    """
    check_text("method", method, optional=False)
    return _request_of_lines(method, _lines_of_pairs(headers))


def request_of_mapping(method: Any, headers: Any) -> Request:
    """Return the request with this method and a mapping of its header fields.

    TypeError for a method of a wrong type, and for what is no mapping.
    """
    check_text("method", method, optional=False)
    how = lines_method(headers)
    if how == "items":
        return _request_of_lines(method, _lines_of_pairs(pairs_of_dict(headers)))
    return _request_of_lines(method, _lines_of_mapping(headers, how))


def request_of_h2(headers: Any) -> Request:
    """Return the request of a header list of HTTP/2 or HTTP/3, whose pseudo-header fields come first.

    TypeError for what is no list of pairs.
    """
    check_h2_list(headers)
    return _request_of_lines(pseudo_fields(headers).get(":method"), _lines_of_pairs(headers))


_Lines = Callable[[str], list[Text]]
"""Returns the values of the lines of a header name."""


def _request_of_lines(method: object, lines: _Lines) -> Request:
    """Return the request with this method and these lines."""
    origins = lines("origin")
    if not origins:
        return actual(None)
    several = len(origins) > 1
    methods = lines("access-control-request-method") if is_text(method) and is_options(method) else []
    if not methods:
        return actual(origins[0], several)
    names = lines("access-control-request-headers")
    networks = lines("access-control-request-private-network")
    return preflight(
        origins[0],
        methods[0],
        names[:MAX_LINES],
        b"true" if any(map(is_true, networks)) else None,
        several_origins=several,
        several_methods=len(methods) > 1,
    )


def request_of_environ(environ: Mapping[str, Any]) -> Request:
    """Return the request of a WSGI environ (PEP 3333). TypeError for what is none."""
    check_scope(environ, "a WSGI environ", "get")

    def text(key: str) -> Text | None:
        value = environ.get(key)
        return value if is_text(value) else None

    method, origin = text("REQUEST_METHOD"), text("HTTP_ORIGIN")
    if origin is None or method is None or not is_options(method):
        return actual(origin)
    requested_method = text("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    names = text("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    network = text("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK")
    if requested_method is None:
        return actual(origin)
    return preflight(origin, requested_method, () if names is None else (names,), network)


def request_of_rsgi(scope: Any) -> Request:
    """Return the request of an RSGI scope. TypeError for what is no scope."""
    check_scope(scope, "an RSGI scope", "headers")
    return _request_of_lines(scope.method, _lines_of_mapping(scope.headers, "get_all"))


def _lines_of_pairs(headers: object) -> _Lines:
    """Return what finds the lines of pairs."""
    found = header_lines(headers, FIELDS_OF_CORS)
    return lambda name: found[name.encode("ascii")]


def _lines_of_mapping(headers: Any, how: str) -> _Lines:
    """Return what finds the lines of a mapping, by its method ``how``.

    A name whose values are all no text is there, and is malformed: an RSGI server leaves out values that are not ASCII
    (granian).
    """

    def lines(name: str) -> list[Text]:
        values = values_of(headers, how, name)
        return [] if values is None else [value for value in values if is_text(value)] or [_UNREADABLE]

    return lines


def is_a(value: object, *types: type) -> bool:
    """Whether the real type of the value is one of these: a made-up ``__class__`` does not count."""
    return issubclass(type(value), types)


def is_text(value: object) -> TypeGuard[Text]:
    """Whether the value is a str or bytes, or of a subclass."""
    return is_a(value, str, bytes)


def is_options(method: Text) -> bool:
    """Whether the method is OPTIONS, which alone can be a preflight's."""
    return raw(method, MAX_METHOD) == b"OPTIONS"


def is_true(value: Text) -> bool:
    """Whether an Access-Control-Request-Private-Network is exactly ``true``."""
    return raw(value, len(b"true")) == b"true"


def raw(value: Any, limit: int) -> bytes:
    """Return a str or bytes as exact bytes; of a longer one only ``limit + 1`` bytes, enough to see that.

    The data of a subclass is read by the base class's own methods, so that no override matters. The characters of a
    str are bytes (PEP 3333); one that cannot be makes the whole of it one byte that is valid nowhere.
    """
    start = slice(limit + 1)
    if is_a(value, bytes):
        return bytes.__getitem__(value, start)
    if str.isascii(value):
        return str.__getitem__(value, start).encode("ascii")
    if _NO_BYTE.search(value):
        return b"\xff"
    return str.__getitem__(value, start).encode("latin-1")


def view_of(value: Any) -> memoryview | None:
    """Return a view of contiguous one-byte items; None where there is none."""
    try:
        view = memoryview(value)
    except (TypeError, BufferError):
        return None
    return view if view.c_contiguous and view.itemsize == 1 and view.ndim == 1 else None


def items(values: Any, limit: int) -> tuple[Any, ...]:
    """Return up to ``limit`` items of a list or tuple; a subclass's overrides do not matter."""
    if is_a(values, list):
        return tuple(list.__getitem__(values, slice(limit)))
    return tuple(tuple.__getitem__(values, slice(limit)))


def header_lines(headers: object, names: Iterable[bytes]) -> dict[bytes, list[Text]]:
    """Return the values of the named lines of an ASGI header list, by lower-case name, in order.

    Names may be in any letter case; what is not a pair of str or bytes is skipped. ``None`` has no lines; TypeError
    for a container of another kind than an iterable of pairs.
    """
    lines: dict[bytes, list[Text]] = {name: [] for name in names}
    check_header_list(headers)
    pairs: Iterable[Any] = () if headers is None else headers  # type: ignore[assignment]
    if type(headers) is list:
        pairs = headers.copy()  # which another thread may change
    for item in pairs:
        found = pair(item)
        if found is None or not is_text(found[0]) or not is_text(found[1]):
            continue
        name = raw(found[0], _MAX_NAME).lower()
        if name in lines:
            lines[name].append(found[1])
    return lines


def _checked_lines(lines: Any) -> tuple[Text, ...]:
    if lines is None:
        return ()
    if not is_a(lines, list, tuple):
        if not is_text(lines):
            kinds = "str, bytes, a list or a tuple of them, or None"
            raise TypeError(f"request_headers must be {kinds}, not {type(lines).__name__}")
        return (lines,)
    looked_at = items(lines, MAX_LINES)
    for line in looked_at:
        if not is_text(line):
            raise TypeError(f"a line of request_headers must be str or bytes, not {type(line).__name__}")
    return looked_at


def check_text(name: str, value: object, optional: bool = True) -> None:
    """Raise TypeError for what is neither str nor bytes nor, where it is optional, None."""
    if not is_text(value) and not (optional and value is None):
        kinds = "str, bytes or None" if optional else "str or bytes"
        raise TypeError(f"{name} must be {kinds}, not {type(value).__name__}")
