"""The table of options in docs/migration.md: each row is true, and the document holds what was tried."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, NamedTuple

import flask_cors as real_flask_cors
import pytest
from asgi_cors import asgi_cors
from starlette.middleware.cors import CORSMiddleware as StarletteMiddleware

import fastcors.flask
from fastcors import Policy
from fastcors.asgi import CORSMiddleware
from fastcors.compat import flask_cors, starlette
from tests.compat import django_pages, options, pages
from tests.compat.options import OPTIONS, Option
from tests.compat.pages import Exchange


def arguments(context: str, own: str, **names: Any) -> dict[str, Any]:
    """The arguments of a call; an option's own go before those of its context."""
    namespace = {"timedelta": timedelta, **names}
    return {name: value for text in (context, own) for name, value in eval(f"dict({text})", namespace).items()}


def new_arguments(option: Option) -> dict[str, Any]:
    if option.new.startswith("routes="):
        return arguments("", option.new, policy=Policy(**arguments(option.new_context, "")))
    return arguments(option.new_context, option.new)


class Sides(NamedTuple):
    """The same option in each of its forms."""

    library: Exchange | None
    """The library itself, where there is one."""
    drop_in: Exchange | None
    new: Exchange


def over_starlette(option: Option) -> Sides:
    before = arguments(option.old_context, option.old)
    peer, drop_in = (
        pages.over_asgi(middleware(pages.asgi_app, **before))
        for middleware in (StarletteMiddleware, starlette.CORSMiddleware)
    )
    return Sides(peer, drop_in, pages.over_asgi(CORSMiddleware(pages.asgi_app, **new_arguments(option))))


def over_flask_cors(option: Option) -> Sides:
    before, after = arguments(option.old_context, option.old), new_arguments(option)
    old: list[Exchange] = []
    for library in (real_flask_cors, flask_cors):
        if option.name == "automatic_options":
            app = pages.flask_app(library.cross_origin(**before), [*pages.METHODS, "OPTIONS"])
        else:
            app = pages.flask_app()
            library.CORS(app, **before)
        old.append(pages.over_flask(app))
    if option.name == "automatic_options":
        return Sides(*old, decorated(fastcors.flask.cross_origin(**after)))
    new = pages.flask_app()
    fastcors.flask.CORS(new, **after)
    return Sides(*old, pages.over_flask(new))


def over_django(option: Option) -> Sides:
    logging.getLogger("django.request").disabled = True
    before = arguments(option.old_context, option.old)
    peer, drop_in = (
        django_pages.django_app([f"{package}.middleware.CorsMiddleware"], **before)
        for package in ("corsheaders", "fastcors.compat.corsheaders")
    )
    new = django_pages.django_app(["fastcors.django.CORSMiddleware"], FASTCORS=new_arguments(option))
    return Sides(pages.over_wsgi(peer), pages.over_wsgi(drop_in), pages.over_wsgi(new))


def over_asgi_cors(option: Option) -> Sides:
    peer = asgi_cors(pages.asgi_app, **arguments(option.old_context, option.old))
    return Sides(pages.over_asgi(peer), None, pages.over_asgi(CORSMiddleware(pages.asgi_app, **new_arguments(option))))


def over_own_rules(option: Option) -> Sides:
    new = CORSMiddleware(pages.asgi_bucket_app, **new_arguments(option))
    return Sides(pages.over_asgi(pages.asgi_bucket_app), None, pages.over_asgi(new))


def over_crossdomain(option: Option) -> Sides:
    old = fastcors.flask.crossdomain(**arguments(option.old_context, option.old))
    return Sides(None, decorated(old), decorated(fastcors.flask.cross_origin(**new_arguments(option))))


def decorated(decorator: Any) -> Exchange:
    return pages.over_flask(pages.flask_app(decorator))


# What no option of a library makes a difference to; fastcors may answer it otherwise.
SAME = {
    options.STARLETTE: {"error", "no-origin", "purge", "put-cookies"},
    options.FLASK_CORS: {"purge"},
    options.DJANGO: {"error", "no-origin", "purge", "put-cookies", "x-other"},
    options.ASGI_CORS: {
        *("authorization", "cookies", "elsewhere", "error", "get", "json-cookies", "post", "private", "purge"),
        *("put-cookies", "x-other"),
    },
    options.CROSSDOMAIN: {"authorization", "json-cookies", "private", "put-cookies", "x-other"},
}
SIDES = {
    options.STARLETTE: over_starlette,
    options.FLASK_CORS: over_flask_cors,
    options.DJANGO: over_django,
    options.ASGI_CORS: over_asgi_cors,
    options.OWN_RULES: over_own_rules,
    options.CROSSDOMAIN: over_crossdomain,
}


def case(option: Option) -> str:
    return f"{option.library.split(':')[0].split(',')[0]}-{option.old}"


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("option", OPTIONS, ids=case)
def test_a_page_sees_the_same_but_for_the_named_difference(option: Option) -> None:
    sides = SIDES[option.library](option)
    new = pages.views(sides.new)
    expected = {sides.library: option.differs | option.library_differs, sides.drop_in: option.differs}
    for exchange, named in expected.items():
        if exchange is not None:
            old = pages.views(exchange)
            differs = {name for name in old if old[name] != new[name]}
            assert differs == named, {name: (old[name], new[name]) for name in differs ^ named}
            assert option.difference or not differs


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("library", SAME)
def test_nearly_every_request_of_the_page_tells_options_apart(library: str) -> None:
    """A request that is answered alike whatever the options say proves nothing."""
    seen: dict[str, set[str]] = {}
    for option in OPTIONS:
        if option.library == library:
            sides = SIDES[library](option)
            for name, view in pages.views(sides.library or sides.drop_in or sides.new).items():
                seen.setdefault(name, set()).add(view)
    same = {name for name, found in seen.items() if len(found) == 1}
    assert same == SAME[library]
