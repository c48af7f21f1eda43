"""What the ``vary`` of a policy declares, taken out of what a server or a caller has: a ``DeclaredRequest``.

Both engines share this. Nothing that a client sends raises anything: where a value has no one meaning, or is too long,
there is ``UNFIT`` instead, about which nobody is asked.

RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from fastcors._grammar import (
    MAX_DECLARED,
    MAX_HEADER_BYTES,
    MAX_METHOD,
    MAX_ORIGIN,
    has_one_meaning,
    is_authority,
    without_root,
)
from fastcors._header_list import check_header_list, lines_method, pair, pairs_of_dict, values_of
from fastcors.decision import text_of
from fastcors.declared import AUTHORITY, METHOD, PATH, PSEUDO_NAMES, DeclaredRequest, canonical_name

__all__ = [
    "FIELDS_OF_CORS",
    "MOST_LINES",
    "UNFIT",
    "of_environ",
    "of_given",
    "of_h2",
    "of_headers",
    "of_mapping",
    "of_pairs",
    "of_rsgi",
    "of_scope",
    "pseudo_fields",
    "room_of_fields",
]

UNFIT: Final = DeclaredRequest({})
"""Stands for a request about which nobody is asked."""

FIELDS_OF_CORS: Final = {
    b"origin": MAX_ORIGIN,
    b"access-control-request-method": MAX_ORIGIN,  # more than it may have: explain() shows so much of it
    b"access-control-request-headers": MAX_HEADER_BYTES,
    b"access-control-request-private-network": MAX_METHOD,
}
"""The fields that a request is decided by, each with the bytes that its lines may have."""
MOST_LINES: Final = MAX_DECLARED // 2 + 2
"""So many lines of a field are too long, however short each is: RFC 9110, section 5.3, joins them by two bytes."""

_Lines = Mapping[str, Sequence[str]]
"""The values of header lines by declared name, in order."""


def of_scope(names: Sequence[str], scope: Mapping[str, Any], headers: object) -> DeclaredRequest:
    """Return what is declared of an ASGI scope, whose header list may have been read already: ``headers``."""

    def control(name: str) -> str | None:
        if name == METHOD:
            return _text(scope.get("method", "GET"))  # a WebSocket's handshake has none in its scope
        path, root = scope.get("path"), scope.get("root_path")
        return without_root(path, root) if isinstance(path, str) and isinstance(root, str) else _text(path)

    return _declared(names, control, _lines(names, headers))


def of_rsgi(names: Sequence[str], scope: Any) -> DeclaredRequest:
    """Return what is declared of an RSGI scope. A line that the server has and does not hand over is no one's host."""
    lines = _lines_of(names, scope.headers, "get_all")
    if AUTHORITY in names and AUTHORITY not in lines:
        authority = _text(getattr(scope, "authority", None))
        lines |= {} if authority is None else {AUTHORITY: [authority]}
    return _declared(names, lambda name: _text(scope.method if name == METHOD else scope.path), lines)


def of_environ(names: Sequence[str], environ: Mapping[str, Any]) -> DeclaredRequest:
    """Return what is declared of a WSGI environ (PEP 3333)."""

    def control(name: str) -> str | None:
        if name == METHOD:
            return _text(environ.get("REQUEST_METHOD"))
        path = _text(environ.get("PATH_INFO", ""))
        return None if path is None else _decoded(path)

    lines = {name: _line(environ, name) for name in names}
    return _declared(names, control, {name: [value] for name, value in lines.items() if value is not None})


def of_pairs(names: Sequence[str], method: object, path: object, headers: object) -> DeclaredRequest:
    """Return what is declared of a method, a decoded path and header pairs. TypeError for no path where one is."""
    return _declared(names, _control_of(names, method, path), _lines(names, headers))


def of_mapping(names: Sequence[str], method: object, path: object, headers: object) -> DeclaredRequest:
    """Return what is declared of a method, a decoded path and a mapping of headers. TypeError for no path where one is.

    A line whose value is no text is no one's host.
    """
    how = lines_method(headers)
    if how == "items":
        return of_pairs(names, method, path, pairs_of_dict(headers))
    return _declared(names, _control_of(names, method, path), _lines_of(names, headers, how))


def _lines_of(names: Sequence[str], headers: object, how: str) -> dict[str, list[str]]:
    """Return the values of the declared headers in a mapping, by its method ``how``."""
    lines = {}
    for name in names:
        values = None if name in (METHOD, PATH) else values_of(headers, how, "host" if name == AUTHORITY else name)
        if values is not None:
            lines[name] = [text for text in map(_text, values) if text is not None] or ["\xff"]
    return lines


def of_h2(names: Sequence[str], path: object, headers: Iterable[Any]) -> DeclaredRequest:
    """Return what is declared of a header list of HTTP/2 or HTTP/3; ``path`` is decoded, or None for its ``:path``.

    A host that ``Host`` says otherwise than ``:authority`` is none (RFC 9113, section 8.3.1).
    """
    from urllib.parse import unquote

    control = pseudo_fields(headers)
    given = {METHOD: control.get(METHOD), PATH: _text(path)}
    if isinstance(path, bytes):
        given[PATH] = _decoded(_any_text(path))
    elif path is None:
        sent = control.get(PATH)
        given[PATH] = _decoded(unquote(sent.partition("?")[0], "latin-1")) if sent else None
    lines = _lines(names, headers)
    authority = control.get(AUTHORITY)
    if AUTHORITY in names and authority is not None:
        hosts = [authority, *lines.get(AUTHORITY, ())]
        lines[AUTHORITY] = list(dict.fromkeys(host.lower() for host in hosts))
    return _declared(names, given.get, lines)


def pseudo_fields(headers: Iterable[Any]) -> dict[str, str | None]:
    """Return the pseudo-header fields that a list of HTTP/2 begins with; None for one that is there twice.

    One that comes later makes the request malformed (RFC 9113, section 8.3), and is not looked at.
    """
    found: dict[str, str | None] = {}
    for item in headers:
        named = pair(item)
        name = None if named is None else _text(named[0])
        if named is None or name is None or not name.startswith(":"):
            break
        if name in PSEUDO_NAMES:
            found[name] = None if name in found else _text(named[1])
    return found


def room_of_fields(names: Sequence[str]) -> dict[bytes, int]:
    """Return which header fields of a request matter, each with the bytes that its lines may have.

    These are the fields of CORS and what is declared.
    """
    room = {
        (b"host" if name == AUTHORITY else name.encode("ascii")): MAX_DECLARED
        for name in names
        if name not in (METHOD, PATH)
    }
    return room | {name: max(most, room.get(name, 0)) for name, most in FIELDS_OF_CORS.items()}


def _control_of(names: Sequence[str], method: object, path: object) -> Callable[[str], str | None]:
    if PATH in names and path is None:
        raise TypeError("allow_origin_func sees the path of the request: give path=..., decoded")
    given: dict[str, str | None] = {METHOD: _text(method), PATH: _text(path)}
    if isinstance(path, bytes):
        given[PATH] = _decoded(_any_text(path))
    return given.__getitem__


def of_headers(names: Sequence[str], headers: object) -> DeclaredRequest:
    """Return what is declared of an ASGI header list. TypeError where more is declared than headers and the host."""
    more = [name for name in (METHOD, PATH) if name in names]
    if more:
        raise TypeError(f"vary declares {' and '.join(more)}, which no header says: use decide_asgi(scope)")
    return _declared(names, _text, _lines(names, headers))


def of_given(names: Sequence[str], method: object, given: object) -> DeclaredRequest:
    """Return what is declared, from the ``request`` that a caller gave: a mapping of names to values.

    TypeError where something is missing that every request has, or of another type.
    """
    if isinstance(given, DeclaredRequest):
        if given is UNFIT or given.names == tuple(names):
            return given
        given = dict(zip(given.names, given.values, strict=True))
    if not isinstance(given, Mapping):
        raise TypeError(
            f"allow_origin_func sees {', '.join(names)} of the request: give decide(..., request={{...}}), a mapping of"
            f" these names to their values, not {type(given).__name__}"
        )
    values: dict[str, Any] = {METHOD: method}
    for name, value in given.items():
        if not isinstance(name, str) or not (value is None or isinstance(value, (str, bytes))):
            raise TypeError("request must be a mapping of names to values, each of them str, bytes or None")
        values[canonical_name(name)] = value
    missing = [name for name in PSEUDO_NAMES if name in names and values.get(name) is None]
    if missing:
        raise TypeError(f"request has no {' and no '.join(missing)}, which vary declares")
    lines = {name: [_any_text(value)] for name, value in values.items() if value is not None}

    def control(name: str) -> str | None:
        path: Any = values[name]
        return _decoded(_any_text(path)) if isinstance(path, bytes) else _any_text(path)

    return _declared(names, control, lines)


def _declared(names: Sequence[str], control: Callable[[str], str | None], lines: _Lines) -> DeclaredRequest:
    """Return the request, whose method and path ``control`` returns; or UNFIT."""
    values: dict[str, str | None] = {}
    for name in names:
        if name == AUTHORITY:
            value = _authority(lines.get(AUTHORITY, ()))
        elif name in PSEUDO_NAMES:
            value = control(name)
            value = _path(value) if name == PATH else value
        else:
            found = lines.get(name)
            values[name] = value = None if found is None else ", ".join(found)  # RFC 9110, section 5.3
            if value is None:
                continue
        if value is None or len(value) > MAX_DECLARED:
            return UNFIT
        values[name] = value
    return DeclaredRequest(values)


def _authority(lines: Sequence[str]) -> str | None:
    """Return the host in lower case (RFC 9110, section 4.2.3), ``""`` where there is none; None where it is no host."""
    if not lines:
        return ""
    host = lines[0].lower()
    return host if len(lines) == 1 and (not host or is_authority(host)) else None


def _path(path: str | None) -> str | None:
    """Return a path that is read in one way only, or None: routes have no policy for another one either."""
    if path is None or len(path) > MAX_DECLARED:
        return None
    path = path or "/"  # RFC 3986, section 6.2.3
    return path if path.startswith("/") and has_one_meaning(path.encode("utf-8", "surrogatepass")) else None


def _decoded(path: str) -> str:
    """Return a path whose characters are bytes (PEP 3333) as text, as ASGI servers decode it."""
    try:
        return path.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return path


def _lines(names: Sequence[str], headers: object) -> dict[str, list[str]]:
    """Return the values of the declared headers in an ASGI header list, by name; ``Host`` as ``:authority``."""
    lines: dict[str, list[str]] = {}
    check_header_list(headers)
    pairs: Iterable[Any] = () if headers is None else headers  # type: ignore[assignment]
    for item in pairs:
        found = pair(item)
        key, text = (None, None) if found is None else (_text(found[0]), _text(found[1]))
        if key is None or text is None:
            continue
        name = canonical_name(key)
        if name in names and not key.startswith(":") and len(lines.setdefault(name, [])) <= MAX_DECLARED:
            lines[name].append(text)
    return lines


def _line(environ: Mapping[str, Any], name: str) -> str | None:
    """Return the value that an environ has of a header, or None (PEP 3333, "environ Variables")."""
    key = "HOST" if name == AUTHORITY else name.upper().replace("-", "_")
    if key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return _text(environ.get(key)) or None  # "may be empty or absent"
    return _text(environ.get(f"HTTP_{key}"))


def _text(value: object) -> str | None:
    """Return a str or bytes (latin-1) as exact text, of a long one the beginning; None for anything else."""
    return _any_text(value) if issubclass(type(value), (str, bytes)) else None


def _any_text(value: Any) -> str:
    return text_of(value, MAX_DECLARED + 1)
