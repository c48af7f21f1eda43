"""What can be read of a policy: its parameters as attributes, and its signature.

``import fastcors`` runs this module, and the rest of the room only where a policy is made.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the one of typing would load typing, which takes longer than all of ``import fastcors``

if TYPE_CHECKING:
    import inspect
    from typing import Any, Generic, Literal, NoReturn, TypeVar, overload

    from fastcors._config.settings import OriginFunc

    _T = TypeVar("_T")
    _Names = Literal["*"] | tuple[str, ...]

    class Attribute(Generic[_T]):
        """A parameter as an attribute of a policy, to read: as in ``to_dict``, but with a tuple for a list."""

        def __init__(self, name: str) -> None: ...
        @overload
        def __get__(self, policy: None, owner: type) -> Attribute[_T]: ...
        @overload
        def __get__(self, policy: Any, owner: type) -> _T: ...
        def __get__(self, policy: Any, owner: type) -> Attribute[_T] | _T: ...
        # At run time a policy's own __setattr__ says what to do instead.
        def __set__(self, policy: Any, value: NoReturn) -> None: ...
else:

    class Attribute:
        """A parameter as an attribute of a policy, to read: as in ``to_dict``, but with a tuple for a list."""

        def __init__(self, name):
            self._name = name

        def __get__(self, policy, owner):
            if policy is None:
                return self
            if self._name == "allow_origins":  # which settings do not have
                value = policy.to_dict()[self._name]
            else:
                value = to_json(getattr(policy.settings, self._name))
            return tuple(value) if isinstance(value, list) else value

        @property
        def __doc__(self):
            """The help of the parameter."""
            from fastcors._config.parameters import TABLE

            return next(parameter.help for parameter in TABLE if parameter.name == self._name)


__all__ = ["PARAMETERS", "Attribute", "LazySignature", "Readable", "to_json"]


def to_json(value: object) -> object:
    """A checked value in the form that JSON takes: ``"*"`` or a list for a tuple."""
    if isinstance(value, tuple):
        return "*" if value == ("*",) else list(value)
    return value


class Readable:
    """What can be read of a policy: each of its parameters."""

    __slots__ = ()

    allow_origins: Attribute[_Names]
    allow_origin_regex: Attribute[str | None]
    allow_origin_func: Attribute[OriginFunc | None]
    vary: Attribute[tuple[str, ...]]
    origin_cache_ttl: Attribute[float]
    origin_cache_size: Attribute[int]
    origin_timeout: Attribute[float | None]
    allow_methods: Attribute[_Names]
    allow_headers: Attribute[_Names]
    expose_headers: Attribute[_Names]
    allow_credentials: Attribute[bool]
    max_age: Attribute[int | None]
    allow_private_network: Attribute[bool]
    timing_allow_origin: Attribute[bool | _Names]
    disclose: Attribute[Literal["full", "minimal"]]
    preflight_status: Attribute[int]
    preflight_failure_status: Attribute[int]
    name: Attribute[str | None]
    debug: Attribute[bool]
    dangerously_allow_insecure_origins: Attribute[bool]
    dangerously_allow_public_suffixes: Attribute[bool]
    dangerously_allow_null_origin: Attribute[bool]
    dangerously_reflect_any_origin: Attribute[bool]


PARAMETERS = tuple(Readable.__annotations__)
"""The names of the parameters, in order."""

for _name in PARAMETERS:
    setattr(Readable, _name, Attribute(_name))


class LazySignature:
    """The ``__signature__`` of a class that takes the parameters by their names, made when something looks at it."""

    def __init__(self, make: object, returns: object) -> None:
        self._make = make
        self._returns = returns

    def __get__(self, instance: object, owner: type | None = None) -> inspect.Signature:
        """The signature; AttributeError for a subclass with a ``__new__`` of its own, which has another one."""
        if owner is None or owner.__new__ is not self._make:
            raise AttributeError("__signature__")
        from fastcors._config.keywords import signature

        return signature(self._returns)
