"""The table of options in docs/migration.md: each row is true, and the document holds what was tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import fastcors.flask
from fastcors import Policy
from fastcors.asgi import CORSMiddleware
from fastcors.compat import flask_cors, starlette
from tests.contract import options, pages
from tests.contract.options import OPTIONS, Option
from tests.contract.pages import Exchange


def arguments(context: str, own: str, **names: Any) -> dict[str, Any]:
    """The arguments of a call; an option's own go before those of its context."""
    namespace = {"timedelta": timedelta, **names}
    return {name: value for text in (context, own) for name, value in eval(f"dict({text})", namespace).items()}


def new_arguments(option: Option) -> dict[str, Any]:
    if option.new.startswith("routes="):
        return arguments("", option.new, policy=Policy(**arguments(option.new_context, "")))
    return arguments(option.new_context, option.new)


def over_starlette(option: Option) -> tuple[Exchange, Exchange]:
    old = starlette.CORSMiddleware(pages.asgi_app, **arguments(option.old_context, option.old))
    new = CORSMiddleware(pages.asgi_app, **new_arguments(option))
    return pages.over_asgi(old), pages.over_asgi(new)


def over_flask_cors(option: Option) -> tuple[Exchange, Exchange]:
    before, after = arguments(option.old_context, option.old), new_arguments(option)
    if option.name == "automatic_options":
        old_view = pages.flask_app(flask_cors.cross_origin(**before), [*pages.METHODS, "OPTIONS"])
        return pages.over_flask(old_view), decorated(fastcors.flask.cross_origin(**after))
    old, new = pages.flask_app(), pages.flask_app()
    flask_cors.CORS(old, **before)
    fastcors.flask.CORS(new, **after)
    return pages.over_flask(old), pages.over_flask(new)


def over_crossdomain(option: Option) -> tuple[Exchange, Exchange]:
    old = fastcors.flask.crossdomain(**arguments(option.old_context, option.old))
    return decorated(old), decorated(fastcors.flask.cross_origin(**new_arguments(option)))


def decorated(decorator: Any) -> Exchange:
    return pages.over_flask(pages.flask_app(decorator))


# What no option of a library makes a difference to; fastcors may answer it otherwise.
SAME = {
    options.STARLETTE: {"error", "no-origin", "purge", "put-cookies"},
    options.FLASK_CORS: {"error", "purge"},
    options.CROSSDOMAIN: {"authorization", "private", "put-cookies", "x-other"},
}
SIDES = {
    options.STARLETTE: over_starlette,
    options.FLASK_CORS: over_flask_cors,
    options.CROSSDOMAIN: over_crossdomain,
}


def case(option: Option) -> str:
    return f"{option.library.split(':')[0].split(',')[0]}-{option.old}"


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("option", OPTIONS, ids=case)
def test_a_page_sees_the_same_but_for_the_named_difference(option: Option) -> None:
    old, new = map(pages.views, SIDES[option.library](option))
    differs = {name for name in old if old[name] != new[name]}
    assert differs == option.differs, {name: (old[name], new[name]) for name in differs ^ option.differs}
    assert option.difference or not differs


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("library", SIDES)
def test_nearly_every_request_of_the_page_tells_options_apart(library: str) -> None:
    """A request that is answered alike whatever the options say proves nothing."""
    seen: dict[str, set[str]] = {}
    for option in OPTIONS:
        if option.library == library:
            for name, view in pages.views(SIDES[library](option)[0]).items():
                seen.setdefault(name, set()).add(view)
    same = {name for name, found in seen.items() if len(found) == 1}
    assert same == SAME[library]


def test_the_document_holds_the_table() -> None:
    text = options.DOCUMENT.read_text(encoding="utf-8")
    assert text.partition(options.BEGIN)[2].partition(options.END)[0] == options.table()
