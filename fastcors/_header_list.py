"""What may stand for the headers of a request: an iterable of pairs in ASGI, a mapping in RSGI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["check_header_list", "check_header_mapping", "pair", "readable", "wrong_head"]

_NOTHING = object()


def check_header_list(headers: object) -> None:
    """Raise TypeError for a container that is no iterable of pairs; ``None`` is an empty one.

    The author of a server chooses the container, and no client does: read as it is, a mapping or a string would be a
    request without ``Origin``.
    """
    if headers is None or isinstance(headers, (list, tuple)) or _has_pairs(headers):
        return
    advice = ""
    if isinstance(headers, (bytes, bytearray, memoryview)):
        advice = ": for a raw head there is decide_head(head)"
    elif isinstance(getattr(headers, "raw", None), (list, tuple)):
        advice = ": give headers.raw"
    elif hasattr(headers, "items"):
        advice = ": give headers.items()"
    raise TypeError(
        f"headers must be a list of (name, value) pairs, as in an ASGI scope, not {type(headers).__name__}{advice}"
    )


def check_header_mapping(headers: object) -> None:
    """Raise TypeError for what is no mapping of header names, and would be taken for a request without ``Origin``.

    Only a type of Python's own that is none is refused: servers have mappings of their own.
    """
    if issubclass(type(headers), (list, tuple, set, frozenset, str, bytes, bytearray)):
        raise TypeError(
            f"headers must be a mapping of header names, as in an RSGI scope, not {type(headers).__name__}:"
            " for a list of pairs there is decide_asgi"
        )


def wrong_head(given: object) -> TypeError:
    """Return the error about what is no run of bytes and was given as a raw head. It names the right reader."""
    advice = ""
    if isinstance(given, str):
        advice = ": give the bytes that came over the wire"
    elif isinstance(given, (list, tuple)):
        advice = ": for a list of pairs there is decide_pairs(method, headers)"
    elif hasattr(given, "getall"):
        advice = ": for a multidict there is decide_multidict(method, headers)"
    elif isinstance(given, Mapping):
        advice = ": for a scope of ASGI there is decide_asgi(scope), for an environ of WSGI decide_wsgi(environ)"
    return TypeError(f"head must be a run of bytes, not {type(given).__name__}{advice}")


def pair(item: Any) -> tuple[Any, Any] | None:
    """Return an item of a header list as (name, value), or None where it is not two things.

    The gateway interfaces want 2-item iterables. Whatever iterating over another thing raises means no, but for want of
    memory.
    """
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
