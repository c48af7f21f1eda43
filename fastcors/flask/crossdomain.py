"""``crossdomain``: the decorator of the old Flask snippet, with its signature, over a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from fastcors._grammar import FORBIDDEN_METHODS
from fastcors._shims.options import check_flags
from fastcors.flask.views import OwnPolicy, decorate
from fastcors.policy import Policy

__all__ = ["crossdomain"]

F = TypeVar("F", bound=Callable[..., Any])


def crossdomain(
    origin: str | Iterable[str] | None = None,
    methods: str | Iterable[str] | None = None,
    headers: str | Iterable[str] | None = None,
    max_age: int | float | str | timedelta | None = 21600,
    attach_to_all: bool = True,
    automatic_options: bool = True,
    *,
    expose_headers: str | Iterable[str] | None = None,
    credentials: bool = False,
) -> Callable[[F], F]:
    """Give a Flask view a policy of its own, in the words of the decorator that went round as a snippet.

    The parameters mean what they always did, and become those of :class:`fastcors.Policy`. Where a list is
    expected, a string is a list whose elements have commas between them.

    ``origin``
        ``"*"``, one origin or several. Each request's own is looked up among them, and sent back alone. ``None``
        names nobody, which is an error, as nobody could read the response.
    ``methods``
        ``None``: those of the route that the preflight is about. Upper-cased. OPTIONS need not be among them, nor
        among those of the route.
    ``headers``
        The request headers that may be sent; ``None``: only those that need no permission.
    ``max_age``
        How long a browser may keep the answer to a preflight: whole seconds or a ``timedelta``, a day at most;
        ``None`` leaves the header out.
    ``attach_to_all``
        ``False``: only OPTIONS requests get headers.
    ``automatic_options``
        ``False``: the view answers OPTIONS, preflights included, and its answer gets the headers.
    ``expose_headers``
        The response headers that scripts may read.
    ``credentials``
        Whether requests may carry cookies, client certificates and HTTP authentication.

    Raises PolicyError with everything that is wrong, in the names of the policy's parameters.
    """
    check_flags(attach_to_all=attach_to_all, automatic_options=automatic_options)
    parameters: dict[str, Any] = {
        "allow_origins": _list(origin, _bare),
        "allow_headers": _list(headers, str.strip),
        "expose_headers": _list(expose_headers, str.strip),
        "max_age": _seconds(max_age),
        "allow_credentials": credentials,
    }

    def for_methods(names: Iterable[str]) -> Policy:
        return Policy(allow_methods=[name for name in names if name not in FORBIDDEN_METHODS], **parameters)

    own = OwnPolicy(
        Policy(allow_methods=_list(methods, _upper), **parameters),
        automatic_options=automatic_options,
        attach_to_all=attach_to_all,
        for_methods=for_methods if methods is None else None,
    )

    def decorator(view: F) -> F:
        return decorate(view, own)

    return decorator


def _list(value: Any, fix: Callable[[str], str]) -> Any:
    """A list of what ``fix`` makes of each element; ``None`` has none, a string those between its commas.

    What is no list of strings comes back as it is, for the policy to say what is wrong with it.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    elif isinstance(value, (bytes, bytearray, memoryview)) or not isinstance(value, Iterable):
        return value
    return [fix(item) if isinstance(item, str) else item for item in value]


def _upper(method: str) -> str:
    return method.strip().upper()


def _bare(origin: str) -> str:
    """Without the slash at the end, where that is the whole path: an origin has none, so nothing else can be meant."""
    scheme, separator, rest = origin.strip().partition("://")
    return f"{scheme}{separator}{rest[:-1] if rest.find('/') == len(rest) - 1 else rest}"


def _seconds(value: Any) -> Any:
    """Whole seconds that are spelled otherwise (``3600.0``, ``"3600"``) as an int."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
