"""What may stand for the headers of a request: an iterable of pairs, or a mapping. Where something else is given, there
is one error for all readers, which names the one to call.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = [
    "check_h2_list",
    "check_header_list",
    "check_header_mapping",
    "check_scope",
    "lines_method",
    "pair",
    "pairs_of_dict",
    "readable",
    "values_of",
    "wrong_head",
]

_NOTHING = object()
_PLAIN = (dict, MappingProxyType)


def check_header_list(headers: object) -> None:
    """Raise TypeError for a container that is no iterable of pairs; ``None`` is an empty one.

    The author of a server chooses the container, and no client does: read as it is, a mapping or a string would be a
    request without ``Origin``.
    """
    if headers is None or isinstance(headers, (list, tuple)) or _has_pairs(headers):
        return
    give = ""
    if isinstance(getattr(headers, "raw", None), (list, tuple)):
        give = "give headers.raw, or call "
    elif hasattr(headers, "items"):
        give = "give headers.items(), or call "
    raise _wrong_kind("headers must be a list of (name, value) pairs, as in an ASGI scope,", headers, give)


def check_header_mapping(headers: object) -> None:
    """Raise TypeError for what is no mapping of header names, and would be taken for a request without ``Origin``.

    Only a type of Python's own that is none is refused: servers have mappings of their own.
    """
    if issubclass(type(headers), (list, tuple, set, frozenset, str, bytes, bytearray)):
        raise _wrong_kind("headers must be a mapping of header names, as in an RSGI scope,", headers)


def check_h2_list(headers: object) -> None:
    """Raise TypeError for what is no list of pairs as HTTP/2 has it: its first item must be a pair of texts.

    Which pairs those are is for the client to say, so that nothing else of them is an error.
    """
    first = next(iter(headers), _NOTHING) if isinstance(headers, (list, tuple)) else None
    found = (b"", b"") if first is _NOTHING else pair(first)
    if found is None or not all(isinstance(text, (str, bytes)) for text in found):
        raise _wrong_kind("headers must be a list of (name, value) pairs, as HTTP/2 has it,", headers)


def check_scope(scope: object, kind: str, attribute: str) -> None:
    """Raise TypeError for what is no scope or environ of a gateway interface, which has this attribute."""
    if not hasattr(scope, attribute):
        raise _wrong_kind(f"this must be {kind},", scope)


def lines_method(headers: object) -> str:
    """Return the method of a mapping that gives the values of all lines of a name. TypeError for what is no mapping.

    ``"get"`` where it has one value for a name, ``"items"`` where it tells the letter cases of a name apart, as a
    dictionary does.
    """
    if type(headers) is not dict:
        # Tornado's get_all takes no name, and is left out as its get_list comes first.
        for name in ("getall", "get_list", "getlist", "get_all"):
            if hasattr(headers, name):
                return name
        if not issubclass(type(headers), _PLAIN):
            if hasattr(headers, "get") and not hasattr(headers, "headers"):
                return "get"
            raise _wrong_kind("headers must be a mapping of header names,", headers)
    if _is_scope(headers):
        raise _wrong_kind("headers must be a mapping of header names,", headers)
    return "items"


def values_of(headers: Any, method: str, name: str) -> list[Any] | None:
    """Return the values that a mapping has for a name by that method of it; None where it has no such line.

    An RSGI server's may be without the method, and has one value for a name then.
    """
    if method == "get":
        value = headers.get(name)
        if value is None:
            return None
        return list(value) if issubclass(type(value), (list, tuple)) else [value]
    check_header_mapping(headers)
    if name not in headers:
        return None
    return list(getattr(headers, method)(name)) if hasattr(headers, method) else [headers.get(name)]


def pairs_of_dict(headers: Any) -> list[tuple[Any, Any]]:
    """Return the headers in a dictionary as pairs; a value that is a list or tuple has an item for each line."""
    pairs = []
    if type(headers) is dict:
        headers = {**headers}  # in one step, unlike copy(): no garbage collection and no other thread comes in between
    for name, value in headers.items():
        lines = value if issubclass(type(value), (list, tuple)) else (value,)
        pairs += [(name, line) for line in lines]
    return pairs


def wrong_head(given: object) -> TypeError:
    """Return the error about what is no run of bytes and was given as a raw head. It names the right reader."""
    return _wrong_kind("head must be a run of bytes,", given)


def pair(item: Any) -> tuple[Any, Any] | None:
    """Return an item of a header list as (name, value), or None where it is not two things.

    The gateway interfaces want 2-item iterables. What a subclass of tuple overrides is not called. Whatever iterating
    over another thing raises means no, but for want of memory.
    """
    if issubclass(type(item), tuple):
        return (tuple.__getitem__(item, 0), tuple.__getitem__(item, 1)) if tuple.__len__(item) == 2 else None
    try:
        name, value = item
    except MemoryError:
        raise
    except Exception:
        return None
    return name, value


def readable(headers: object) -> object:
    """Return a header list that can be read twice, as what can be read once is not. TypeError for no header list."""
    check_header_list(headers)
    if headers is None or isinstance(headers, (list, tuple)):
        return headers
    return list(headers)  # type: ignore[call-overload]


def _has_pairs(headers: object) -> bool:
    """Whether iterating over it gives pairs; it is begun for what has keys alone, which can be read again."""
    if isinstance(headers, (str, bytes, bytearray, memoryview)):
        return False
    if not hasattr(headers, "keys"):
        return hasattr(headers, "__iter__") or hasattr(headers, "__getitem__")
    try:
        first = next(iter(headers), _NOTHING)  # type: ignore[call-overload]
    except Exception:  # of a mapping whose keys are no numbers
        return False
    return not isinstance(headers, Mapping) if first is _NOTHING else not isinstance(first, (str, bytes))


def _wrong_kind(expected: str, given: object, give: str = "") -> TypeError:
    """Return the error for what a reader does not take; it names the reader that does, where there is one."""
    reader = _reader_of(given)
    advice = f": {give or 'call '}{reader}" if reader else ""
    return TypeError(f"{expected} not {type(given).__name__}{advice}")


def _reader_of(given: object) -> str:
    """Return the reader for something that may stand for a request or for its headers, or nothing."""
    if isinstance(given, str):
        return "decide_head(head) with the bytes that came over the wire"
    if isinstance(given, (bytes, bytearray, memoryview)):
        return "decide_head(head)"
    if isinstance(given, (list, tuple)):
        first = pair(given[0]) if given else None
        if first is None or not isinstance(first[0], (str, bytes)):
            return ""
        return "decide_h2(headers)" if first[0][:1] in (":", b":") else "decide_pairs(method, headers)"
    if isinstance(given, dict) and "REQUEST_METHOD" in given:
        return "decide_wsgi(environ)"
    if isinstance(given, dict) and isinstance(given.get("headers"), (list, tuple)):
        return "decide_asgi(scope)"
    if hasattr(given, "headers"):
        return "decide_rsgi(scope)" if hasattr(given, "proto") else "the reader with its headers"
    if hasattr(given, "get") or hasattr(given, "items"):
        return "decide_mapping(method, headers)"
    return "decide_pairs(method, headers)" if hasattr(given, "__iter__") else ""


def _is_scope(given: Any) -> bool:
    """Whether a dictionary is an ASGI scope or a WSGI environ.

    It is known by a value that is no text: the names in a dictionary of headers are the client's choice.
    """
    return isinstance(given, dict) and (given.get("wsgi.version") == (1, 0) or isinstance(given.get("asgi"), dict))
