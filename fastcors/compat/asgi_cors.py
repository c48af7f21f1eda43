"""A drop-in for ``asgi_cors``: exchange the import, and nothing else.

The names, parameters, positions and defaults are those of asgi-cors 1.0.1. Its options become a plan and a list of
origins, which ``fastcors.asgi`` runs; preflights are the application's, as there.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastcors._config.functions import is_asynchronous
from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import OriginFunc, Settings
from fastcors._engine import Engine
from fastcors._types import ASGIApp
from fastcors.asgi import CORSMiddleware
from fastcors.compat._dialect.dangers import dangers_of_list
from fastcors.compat._dialect.entries import Globs, Listed, as_text, read_globs, read_names, read_origins, split_text
from fastcors.compat._dialect.warn import warn_of_dangers, warn_of_odd, warn_of_string
from fastcors.compat._dialect.words import ASGI_CORS

__all__ = ["asgi_cors", "asgi_cors_decorator"]

Texts = Iterable[str | bytes] | None
"""A list, each entry a string or bytes; None for an empty one."""
Callback = Callable[[bytes], object] | Callable[[bytes], Awaitable[object]]

_SAFE = "https://app.example.com"


class _Wrapped(CORSMiddleware):
    """An application behind the engine; it has the attributes of the application that it wraps, as asgi-cors' has."""

    def __init__(self, app: ASGIApp, engine: Any) -> None:
        functools.update_wrapper(self, app)
        super().__init__(app, engine, preflight_continue=True)


def asgi_cors(
    app: ASGIApp,
    allow_all: bool = False,
    hosts: Texts = None,
    host_wildcards: Texts = None,
    callback: Callback | None = None,
    headers: Texts = None,
    methods: Texts = None,
    max_age: int | None = None,
) -> CORSMiddleware:
    """Return an ASGI application that adds CORS headers to the responses of ``app``.

    ``allow_all`` lets every origin read them. Otherwise those may that are in ``hosts``, that a glob in
    ``host_wildcards`` covers, or for which ``callback`` returns something true: it gets the origin as bytes, and may
    be asynchronous. ``headers``, ``methods`` and ``max_age`` are said in every answer to an allowed origin.

    What answers is a :class:`fastcors.asgi.CORSMiddleware`; its ``policy`` decides and explains. Raises AssertionError
    for an entry that ends in ``/``, and ValueError for what cannot be in a header.
    """
    return asgi_cors_decorator(allow_all, hosts, host_wildcards, callback, headers, methods, max_age)(app)


def asgi_cors_decorator(
    allow_all: bool = False,
    hosts: Texts = None,
    host_wildcards: Texts = None,
    callback: Callback | None = None,
    headers: Texts = None,
    methods: Texts = None,
    max_age: int | None = None,
) -> Callable[[ASGIApp], CORSMiddleware]:
    """Return what wraps an application as :func:`asgi_cors` does with these parameters."""
    listed = read_origins(_texts("hosts", hosts))
    globs = read_globs(_texts("host_wildcards", host_wildcards))
    said = {Part.METHODS: read_names("methods", _texts("methods", methods))}
    said[Part.HEADERS] = read_names("headers", _texts("headers", headers))
    said[Part.MAX_AGE] = (str(int(max_age)),) if max_age else ()
    _warn(listed, globs)
    engine = None
    if allow_all or listed.origins or listed.null or any(globs) or callback is not None:
        engine = _engine(bool(allow_all), listed, globs, callback, said)

    def wrap(app: ASGIApp) -> CORSMiddleware:
        return _Wrapped(app, engine)

    return wrap


def _texts(parameter: str, values: Texts) -> list[str]:
    """Return a list that was given, as text."""
    if isinstance(values, (str, bytes)):
        texts = split_text(as_text(values))
        warn_of_string(parameter, texts)
    else:
        texts = [as_text(value) for value in values or ()]
    if parameter in ("hosts", "host_wildcards"):
        for text in texts:
            if text.endswith("/") and not text.endswith("://"):  # "package://" is an origin that shells send
                raise AssertionError(f"{parameter}: an origin does not end in a slash: write {text.rstrip('/')!r}")
    return texts


def _warn(listed: Listed, globs: Globs) -> None:
    """Warn of ``null``, which any site can be, and of entries that are no origins. There are no credentials here."""
    null = ["null"] if listed.null or globs.null else []
    warn_of_dangers("hosts" if listed.null else "host_wildcards", dangers_of_list(null, credentials=False), _SAFE)
    warn_of_odd("hosts", listed.odd)
    warn_of_odd("host_wildcards", globs.odd)


def _engine(
    allow_all: bool, listed: Listed, globs: Globs, callback: Callback | None, said: dict[int, tuple[str, ...]]
) -> Engine:
    """Return the engine of these options: each answer to an allowed origin is the same, whatever it asks for."""
    parts = Part.ORIGIN_ANY if allow_all else Part.ORIGIN | Part.VARY
    parts |= sum(part for part, values in said.items() if values)
    others = parts if allow_all else Part.VARY
    methods, names = said[Part.METHODS], tuple(name.lower() for name in said[Part.HEADERS])
    plan = Plan(
        reflect=globs.any_origin and not allow_all,
        null=listed.null or globs.null,
        origin_regex=None if allow_all else globs.expression,
        origin_func=None if allow_all or callback is None else _origin_func(callback),
        origin_cache_ttl=0,  # the callback is asked about every request
        methods=methods,
        names=names,
        none=others,
        allowed=parts,
        refused=others,
        accepted=parts,
        refused_origin=others,
        refused_method=parts,
        refused_names=parts,
        refused_network=parts,
        garbled=0 if allow_all else Part.VARY,  # no browser sends such a one
        words=ASGI_CORS,
        values=lines(
            {
                Part.ORIGIN_ANY: "*",
                Part.VARY: "Origin",
                **{part: ", ".join(values) for part, values in said.items() if values},
            }
        ),
    )
    settings = Settings(
        allow_origin_regex=None if allow_all else globs.expression,
        allow_origin_func=plan.origin_func,
        allow_methods=methods,
        allow_headers=names,
        dangerously_allow_null_origin=plan.null,
        dangerously_reflect_any_origin=plan.reflect,
    )
    return Engine(plan, ["*"] if allow_all else [*listed.origins, *globs.patterns], settings)


def _origin_func(callback: Callback) -> OriginFunc:
    """Return the callback as the engine asks it: with text, and for True or False."""
    ask: Callable[[bytes], Any] = callback
    if is_asynchronous(callback):

        async def ask_and_wait(origin: str) -> bool:
            return bool(await ask(origin.encode("ascii")))

        return ask_and_wait

    def ask_now(origin: str) -> bool:
        answer = ask(origin.encode("ascii"))
        # A promise is no answer, and would be true: the engine says so in the log, and allows nothing.
        return answer if inspect.isawaitable(answer) else bool(answer)  # type: ignore[return-value]

    return ask_now
