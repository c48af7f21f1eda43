"""What can only be a mistake is an error where it is made, and says what to write: the shims and the extension."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.client import HTTPMessage
from typing import Any
from wsgiref.headers import Headers as WSGIHeaders

import pytest
from flask import Flask
from multidict import CIMultiDict, CIMultiDictProxy
from starlette.applications import Starlette
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

import fastcors.asgi
import fastcors.flask
import fastcors.rsgi
import fastcors.starlette
import fastcors.wsgi
from fastcors import Policy, PolicyError
from fastcors.decision import Reason

ORIGIN = "https://app.example"
POLICY = Policy(allow_origins=[ORIGIN])


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """An application for ASGI."""


async def rsgi_app(scope: Any, proto: Any) -> None:
    """An application for RSGI."""


class RsgiObject:
    """An application for RSGI, as frameworks have them; and for nothing else."""

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Respond."""


class AsgiAndRsgiObject(RsgiObject):
    """One for both."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond."""


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """An application for WSGI."""
    return []


class AsgiObject:
    """An application for ASGI, as frameworks have them."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""


class SyncAsgiObject:
    """One whose call is no coroutine function and returns an awaitable."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        return asgi_app(scope, receive, send)


def asgi(*arguments: Any, **parameters: Any) -> Any:
    return fastcors.asgi.CORSMiddleware(asgi_app, *arguments, **parameters)


def rsgi(*arguments: Any, **parameters: Any) -> Any:
    return fastcors.rsgi.CORSMiddleware(rsgi_app, *arguments, **parameters)


def wsgi(*arguments: Any, **parameters: Any) -> Any:
    return fastcors.wsgi.CORSMiddleware(wsgi_app, *arguments, **parameters)


def flask(*arguments: Any, **parameters: Any) -> Any:
    app = Flask(__name__)
    fastcors.flask.CORS(app, *arguments, **parameters)
    return app.extensions["fastcors"]


def flask_later(*arguments: Any, **parameters: Any) -> Any:
    app = Flask(__name__)
    fastcors.flask.CORS().init_app(app, *arguments, **parameters)
    return app.extensions["fastcors"]


def starlette(*arguments: Any, **parameters: Any) -> Any:
    return fastcors.starlette.CORS(Starlette(), *arguments, **parameters)


Make = Callable[..., Any]
every_door = pytest.mark.parametrize("make", [asgi, rsgi, wsgi, flask, flask_later, starlette])


class TestThePolicy:
    # Starlette's door may be given nothing, where views have policies of their own: tests/unit/views/.
    @pytest.mark.parametrize("make", [asgi, rsgi, wsgi, flask, flask_later])
    def test_nothing_at_all_is_an_error_that_says_what_to_write(self, make: Make) -> None:
        for options in ({}, {"handle_errors": False}, {"on_conflict": "keep"}, {"routes": None}):
            with pytest.raises(TypeError, match=r"nothing is allowed: .*allow_origins=\[\.\.\.\].*policy=None"):
                make(**options)

    @every_door
    def test_none_said_as_the_policy_is_no_cors(self, make: Make) -> None:
        for shim in (make(None), make(policy=None), make(policy=None, handle_errors=False)):
            assert (shim.policy, shim.routes) == (None, None)

    @every_door
    def test_none_beside_routes_or_parameters_is_not_given(self, make: Make) -> None:
        assert make(policy=None, routes={"/": POLICY}).routes == {"/": POLICY}
        assert make(None, allow_origins=[ORIGIN]).policy == POLICY

    @every_door
    @pytest.mark.parametrize(
        ("value", "advice"),
        [
            ({"allow_origins": "*"}, r"not \{.*\}: write \*\*mapping for parameters, or Policy\.from_dict\(mapping\)"),
            ({}, r"Policy\.from_dict\(mapping\)"),
            ({"/": POLICY}, r"given as routes=\{\.\.\.\}"),
            ([ORIGIN], r"given as allow_origins=\[\.\.\.\]"),
            ("*", r"given as allow_origins=\[\.\.\.\]"),
            (Policy, r"make an instance, Policy\(\.\.\.\)"),
            (5, r"must be a fastcors\.Policy or None, not 5$"),
        ],
    )
    def test_what_is_no_policy_is_sent_where_it_belongs(self, make: Make, value: Any, advice: str) -> None:
        with pytest.raises(TypeError, match=advice):
            make(value)
        shim = make(POLICY)
        with pytest.raises(TypeError, match=advice):
            shim.policy = value
        assert shim.policy == POLICY


class TestOptions:
    @every_door
    @pytest.mark.parametrize("beside", [{}, {"policy": POLICY}, {"routes": {"/": POLICY}}, {"allow_origins": [ORIGIN]}])
    def test_a_misspelt_option_gets_the_name_of_the_option(self, make: Make, beside: dict[str, Any]) -> None:
        for name, hint in [
            ("handle_error", "handle_errors"),
            ("preflight_continues", "preflight_continue"),
            ("on_conflicts", "on_conflict"),
            ("resources", "routes"),
            ("intercept_exceptions", "handle_errors"),
            ("automatic_options", "preflight_continue"),
            ("vary_header", None),
            ("send_wildcard", None),
            ("supports_credentials", "allow_credentials"),
        ]:
            with pytest.raises(PolicyError) as caught:
                make(**beside, **{name: False})
            issue = caught.value.issues[-1]
            assert (issue.code, issue.field, issue.hint) == ("unknown-parameter", name, hint)
            assert "give only one of a policy, routes and" not in str(caught.value)

    @every_door
    def test_a_policy_in_two_ways_is_still_told_apart_from_a_misspelt_option(self, make: Make) -> None:
        with pytest.raises(TypeError, match="not policy and parameters of a policy"):
            make(POLICY, max_age=5)
        with pytest.raises(TypeError, match="not policy and routes"):
            make(POLICY, routes={"/": POLICY})

    @pytest.mark.parametrize("make", [wsgi, flask])
    def test_an_option_of_another_shim_is_no_parameter_of_a_policy(self, make: Make) -> None:
        with pytest.raises(PolicyError) as caught:
            make(POLICY, check_websocket_origin=True)
        (issue,) = caught.value.issues
        assert (issue.code, issue.hint) == ("unknown-parameter", None)
        assert "fastcors.asgi" in issue.message

    @every_door
    @pytest.mark.parametrize("name", ["handle_errors", "preflight_continue"])
    def test_a_flag_is_true_or_false(self, make: Make, name: str) -> None:
        for value, hint in [("false", "False"), ("1", "True"), (0, "False"), ([], None)]:
            for beside in ({"policy": POLICY}, {"routes": {"/": POLICY}}, {"allow_origins": [ORIGIN]}):
                with pytest.raises(PolicyError) as caught:
                    make(**beside, **{name: value})
                (issue,) = caught.value.issues
                assert (issue.code, issue.field, issue.hint) == ("wrong-type", name, hint)

    @pytest.mark.parametrize("make", [asgi, rsgi])
    def test_so_is_the_one_for_websockets(self, make: Make) -> None:
        with pytest.raises(PolicyError) as caught:
            make(POLICY, check_websocket_origin="no")
        assert [(issue.field, issue.hint) for issue in caught.value.issues] == [("check_websocket_origin", "False")]


class TestTheApplication:
    @pytest.mark.parametrize("app", [asgi_app, AsgiObject(), SyncAsgiObject(), Starlette()])
    def test_an_asgi_application_is_one_for_asgi_alone(self, app: Any) -> None:
        assert fastcors.asgi.CORSMiddleware(app, POLICY).app is app
        with pytest.raises(TypeError, match=r"ASGI"):
            fastcors.wsgi.CORSMiddleware(app, POLICY)

    @pytest.mark.parametrize("app", [wsgi_app, Flask(__name__), Flask(__name__).wsgi_app])
    def test_a_wsgi_application_is_one_for_wsgi_alone(self, app: Any) -> None:
        assert fastcors.wsgi.CORSMiddleware(app, POLICY).app == app
        with pytest.raises(TypeError, match=r"is a WSGI application: for WSGI there is fastcors\.wsgi\.CORSMiddleware"):
            fastcors.asgi.CORSMiddleware(app, POLICY)

    @pytest.mark.parametrize("app", [rsgi_app, RsgiObject(), lambda scope, proto: rsgi_app(scope, proto)])
    def test_an_rsgi_application_is_one_for_rsgi(self, app: Any) -> None:
        assert fastcors.rsgi.CORSMiddleware(app, POLICY).app is app

    @pytest.mark.parametrize("app", [rsgi_app, RsgiObject()])
    @pytest.mark.parametrize("module", [fastcors.asgi, fastcors.wsgi])
    def test_and_for_nothing_else(self, module: Any, app: Any) -> None:
        with pytest.raises(
            TypeError, match=r"is an RSGI application: for RSGI there is fastcors\.rsgi\.CORSMiddleware"
        ):
            module.CORSMiddleware(app, POLICY)

    @pytest.mark.parametrize("app", [asgi_app, AsgiObject(), Starlette()])
    def test_an_asgi_application_is_none_for_rsgi(self, app: Any) -> None:
        with pytest.raises(
            TypeError, match=r"is an ASGI application: for ASGI there is fastcors\.asgi\.CORSMiddleware"
        ):
            fastcors.rsgi.CORSMiddleware(app, POLICY)

    @pytest.mark.parametrize("app", [wsgi_app, Flask(__name__), Flask(__name__).wsgi_app])
    def test_a_wsgi_application_is_none_for_rsgi(self, app: Any) -> None:
        with pytest.raises(TypeError, match=r"is a WSGI application: for WSGI there is fastcors\.wsgi\.CORSMiddleware"):
            fastcors.rsgi.CORSMiddleware(app, POLICY)

    def test_an_application_may_be_one_for_two_interfaces(self) -> None:
        app = AsgiAndRsgiObject()
        assert fastcors.asgi.CORSMiddleware(app, POLICY).app is app
        assert fastcors.rsgi.CORSMiddleware(app, POLICY).app is app
        with pytest.raises(TypeError, match="is an RSGI application"):
            fastcors.wsgi.CORSMiddleware(app, POLICY)  # type: ignore[arg-type]

    def test_shims_may_be_around_shims(self) -> None:
        for shim in (
            fastcors.asgi.CORSMiddleware(asgi(POLICY), None),
            fastcors.rsgi.CORSMiddleware(rsgi(POLICY), None),
            fastcors.wsgi.CORSMiddleware(wsgi(POLICY), None),
        ):
            assert shim.app.policy == POLICY
        with pytest.raises(TypeError, match="for WSGI there is"):
            fastcors.asgi.CORSMiddleware(wsgi(POLICY), POLICY)
        with pytest.raises(TypeError, match="ASGI"):
            fastcors.wsgi.CORSMiddleware(asgi(POLICY), POLICY)
        with pytest.raises(TypeError, match="for ASGI there is"):
            fastcors.rsgi.CORSMiddleware(asgi(POLICY), POLICY)

    def test_what_tells_nothing_of_its_arguments_is_believed(self) -> None:
        assert fastcors.asgi.CORSMiddleware(lambda *arguments: None, POLICY)  # type: ignore[arg-type,return-value]
        assert fastcors.wsgi.CORSMiddleware(lambda *arguments: [], POLICY)
        assert fastcors.wsgi.CORSMiddleware(dict, POLICY)  # which has no signature
        assert fastcors.rsgi.CORSMiddleware(lambda *arguments: None, POLICY)  # type: ignore[arg-type,return-value]

    @pytest.mark.parametrize("module", [fastcors.asgi, fastcors.rsgi, fastcors.wsgi])
    @pytest.mark.parametrize(
        ("app", "advice"),
        [
            (None, r"must be an? .SGI application, app\(.*\), not None"),
            ("main:app", r"not 'main:app': import it and give the object"),
            (POLICY, r"the application comes first: CORSMiddleware\(app, policy\), not Policy\(allow_"),
            (Policy, r"the application comes first"),
            ({"allow_origins": "*"}, r"the application comes first"),
            (5, r"must be an? .SGI application"),
            (re, r"must be an? .SGI application"),
            (lambda: None, r"is no .SGI application: it cannot be called as app\("),
            (lambda request: None, r"is no .SGI application"),  # Tornado's, Django's middleware
        ],
    )
    def test_what_is_no_application_is_refused(self, module: Any, app: Any, advice: str) -> None:
        for given in ({"policy": POLICY}, {"allow_origins": [ORIGIN]}, {"routes": {"/": POLICY}}, {}):
            with pytest.raises(TypeError, match=advice):
                module.CORSMiddleware(app, **given)


PAIRS = [("origin", ORIGIN), ("access-control-request-method", "PUT")]


def message(*pairs: tuple[str, str]) -> HTTPMessage:
    headers = HTTPMessage()
    for name, value in pairs:
        headers[name] = value
    return headers


def of_starlette(*pairs: tuple[str, str]) -> StarletteHeaders:
    return StarletteHeaders(raw=[(name.encode(), value.encode()) for name, value in pairs])


MAPPINGS: list[tuple[Callable[..., Any], str]] = [
    (lambda *pairs: dict(pairs), r"not dict: give headers\.items\(\)"),
    (lambda *pairs: {name.encode(): value.encode() for name, value in pairs}, r"not dict: give headers\.items\(\)"),
    (lambda *pairs: WSGIHeaders(list(pairs)), r"not Headers: give headers\.items\(\)"),
    (message, r"not HTTPMessage: give headers\.items\(\)"),
    (lambda *pairs: CIMultiDict(pairs), r"not CIMultiDict: give headers\.items\(\)"),
    (lambda *pairs: CIMultiDictProxy(CIMultiDict(pairs)), r"not CIMultiDictProxy: give headers\.items\(\)"),
    (of_starlette, r"not Headers: give headers\.raw"),
]


class TestHeaderLists:
    @pytest.fixture
    def policy(self, make_engine: Callable[..., Any]) -> Any:
        return make_engine([ORIGIN], allow_methods=("PUT",))

    @pytest.mark.parametrize(("made", "advice"), MAPPINGS)
    def test_a_mapping_is_a_type_error_that_says_what_to_give(self, policy: Any, made: Any, advice: str) -> None:
        for headers in (made(*PAIRS), made(PAIRS[0])):
            for decide in (
                lambda headers: policy.decide_asgi({"method": "OPTIONS", "headers": headers}),
                lambda headers: policy.decide_asgi({"method": "GET", "headers": headers}, origin_granted=False),
                policy.response_headers,
            ):
                with pytest.raises(TypeError, match=advice):
                    decide(headers)
        good = made(*PAIRS).raw if advice.endswith("raw") else made(*PAIRS).items()
        assert policy.decide_asgi({"method": "OPTIONS", "headers": good}).kind == "preflight"

    @pytest.mark.parametrize(
        "headers", [{}, CIMultiDict(), of_starlette(), "origin", b"", bytearray(b"x"), 5, object()]
    )
    def test_so_is_what_holds_no_pairs_at_all(self, policy: Any, headers: Any) -> None:
        with pytest.raises(TypeError, match=r"headers must be a list of \(name, value\) pairs"):
            policy.decide_asgi({"method": "GET", "headers": headers})
        with pytest.raises(TypeError, match=r"headers must be a list of \(name, value\) pairs"):
            policy.response_headers(headers)

    @pytest.mark.parametrize("pairs", [PAIRS, []])
    def test_a_container_with_keys_that_gives_pairs_is_good(self, policy: Any, pairs: list[tuple[str, str]]) -> None:
        decision = policy.decide_asgi({"method": "OPTIONS", "headers": WerkzeugHeaders(pairs)})
        assert decision == policy.decide_asgi({"method": "OPTIONS", "headers": pairs})

    @pytest.mark.parametrize("headers", [None, [], (), iter([])])
    def test_no_headers_are_no_origin(self, policy: Any, headers: Any) -> None:
        assert policy.decide_asgi({"method": "GET", "headers": headers}).reason is Reason.NOT_CORS
