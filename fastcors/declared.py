"""What a function may see of a request: the values that the ``vary`` of its policy declares.

The names of the control data are those of RFC 9113, section 8.3.1 (https://www.rfc-editor.org/rfc/rfc9113).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, final

from fastcors.errors import NotDeclaredError

__all__ = ["AUTHORITY", "METHOD", "PATH", "PSEUDO_NAMES", "DeclaredRequest", "canonical_name"]

METHOD, PATH, AUTHORITY = ":method", ":path", ":authority"
PSEUDO_NAMES = (METHOD, PATH, AUTHORITY)
"""What ``vary`` may declare of a request beside its headers."""

_READ_AS = {METHOD: "request.method", PATH: "request.path", AUTHORITY: "request.host"}


def canonical_name(name: str) -> str:
    """Return a declared name in lower case; ``Host`` is the ``:authority`` of HTTP/1.1 (RFC 9113, section 8.3.1)."""
    lower = name.lower()
    return AUTHORITY if lower == "host" else lower


@final
class DeclaredRequest:
    """A request, as far as a policy's ``vary`` declares it: the second argument of ``allow_origin_func``.

    It has copies of the declared values and nothing else of the request, and it does not change. To read what is not
    declared raises :class:`fastcors.errors.NotDeclaredError`, because an answer that depends on it would be remembered,
    and cached, for requests to which it does not apply.

    For tests of a function it is made of a mapping: ``DeclaredRequest({":authority": "a.example", "X-Tenant": "a"})``.
    """

    __slots__ = ("_values",)
    _values: dict[str, str | None]

    def __init__(self, values: Mapping[str, str | None]) -> None:
        named = {canonical_name(name): value for name, value in values.items()}
        object.__setattr__(self, "_values", named)

    @property
    def method(self) -> str:
        """The method of the request, ``OPTIONS`` for a preflight; declared as ``":method"``.

        What a preflight is for is in the header ``Access-Control-Request-Method``.
        """
        return self._read(METHOD) or ""

    @property
    def path(self) -> str:
        """The path by which the application routes, decoded and without a query; declared as ``":path"``."""
        return self._read(PATH) or ""

    @property
    def host(self) -> str:
        """The host that the request is for, in lower case, with the port where one is said; empty where none is.

        Declared as ``":authority"`` or ``"Host"``.
        """
        return self._read(AUTHORITY) or ""

    def header(self, name: str, default: str | None = None) -> str | None:
        """Return the value of a request header, or ``default`` where there is none; several lines are joined.

        The name is in any letter case, and declared as it is.
        """
        value = self._read(canonical_name(name))
        return default if value is None else value

    @property
    def names(self) -> tuple[str, ...]:
        """What is declared, in lower case."""
        return tuple(self._values)

    @property
    def values(self) -> tuple[str | None, ...]:
        """The value of each name; None for a header that the request does not have."""
        return tuple(self._values.values())

    def _read(self, name: str) -> str | None:
        try:
            return self._values[name]
        except KeyError:
            read = _READ_AS.get(name, f"request.header({name!a})")
        raise NotDeclaredError(name, read, self.names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a DeclaredRequest does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a DeclaredRequest does not change")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self._values),)

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, DeclaredRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"DeclaredRequest({self._values!a})"
