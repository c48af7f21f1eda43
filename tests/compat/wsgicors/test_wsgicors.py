"""The drop-in for wsgicors: the same answers where they are safe, and the differences. Its own suite is run by
``make test-peers``.
"""

from __future__ import annotations

import configparser
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import wsgicors as theirs

from fastcors import InsecurePolicyWarning
from tests.support.exchange import APP_BODY, Req, WsgiApp, call_wsgi, pre
from tests.support.origins import INVALID, STRICT

GOOD, OTHER = b"https://a.example", b"https://other.example"
LIST = {"origin": "https://a.example https://*.b.example http://localhost:*", "methods": "PUT, GET", "maxage": "60"}
TWO = {
    "policy": "first, second",
    "first_origin": "https://a.example",
    "first_methods": "GET, PUT",
    "first_maxage": "10",
    "second_origin": "*",
    "second_methods": "*",
    "second_maxage": "20",
}


@pytest.fixture(scope="module")
def ours(over: Callable[[str], ModuleType]) -> ModuleType:
    return over("wsgicors")


def get(*origins: bytes, method: bytes = b"GET") -> Req:
    return Req(method, origins)


def answer(app: Any, req: Req) -> tuple[str, dict[str, str], bytes]:
    """The status, the headers of CORS and ``Vary``, of which none comes twice, and the body."""
    result = call_wsgi(app, req.environ())
    found: dict[str, str] = {}
    for name, value in result.headers:
        if name.startswith(("Access-Control-", "Vary", "vary")):
            assert name not in found
            assert type(value) is str
            found[name] = value
    return result.status, found, result.body


def headers_of(app: Any, req: Req) -> dict[str, str]:
    return answer(app, req)[1]


# The same answers

SAME: dict[str, dict[str, Any]] = {
    "copy": {"origin": "copy", "methods": "*", "headers": "*", "expose_headers": "X-A", "maxage": "180"},
    "star": {"origin": "*", "methods": "PUT", "headers": "X-A, X-B", "expose_headers": "*"},
    "list": LIST,
    "list-credentials": {**LIST, "credentials": "true", "headers": "*", "expose_headers": "X-A, X-B"},
    "no-credentials": {**LIST, "credentials": "yes"},
    "nothing": {"origin": ""},
    "a-question-mark": {"origin": "https://?.example"},
    "any-method": {"origin": "https://a.example", "methods": "*"},
}
REQUESTS = {
    "allowed": get(GOOD),
    "refused": get(OTHER),
    "wildcard": get(b"https://x.b.example"),
    "any-port": get(b"http://localhost:3000"),
    "options": get(GOOD, method=b"OPTIONS"),
    "preflight": pre(b"PUT", origin=GOOD),
    "preflight-names": pre(b"PUT", b"x-a,x-b", origin=GOOD),
    "preflight-get": pre(b"GET", origin=GOOD),
    "preflight-other-method": pre(b"DELETE", origin=GOOD),
}


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("options", SAME)
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_browser_is_answered_as_by_the_library(ours: ModuleType, options: str, request_: str) -> None:
    req = REQUESTS[request_]
    (status, one, body), (_, two, their_body) = (
        answer(module.CORS(WsgiApp(), **SAME[options]), req) for module in (ours, theirs)
    )
    one.pop("Vary", None)
    two.pop("Vary", None)
    assert one == two
    assert body == their_body
    assert status[:3] == ("204" if req.is_preflight else "207")


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("strategy", ["firstmatch", "verbmatch"])
@pytest.mark.parametrize("names", ["first, second", "second,first", "first", "first,deny", "deny", "first,deny,second"])
def test_the_same_policy_is_selected(ours: ModuleType, strategy: str, names: str) -> None:
    config = {**TWO, "policy": names, "matchstrategy": strategy}
    one, two = (module.make_middleware(WsgiApp(), config) for module in (ours, theirs))
    assert (one.activepolicies, one.matchstrategy) == (two.activepolicies, two.matchstrategy)
    assert {name: tuple(policy) for name, policy in one.policies.items()} == {
        name: tuple(policy) for name, policy in two.policies.items()
    }
    for origin in (GOOD, OTHER):
        for method in (b"GET", b"PUT", b"DELETE"):
            selected = [app.selectPolicy(origin.decode(), method.decode()) for app in (one, two)]
            assert selected[0] == selected[1]
            for req in (get(origin, method=method), pre(method, origin=origin)):
                found, expected = headers_of(one, req), headers_of(two, req)
                found.pop("Vary", None)
                expected.pop("Vary", None)
                if "Access-Control-Allow-Origin" in expected:
                    assert found == expected
                else:
                    assert found == {}


@pytest.mark.parametrize("origin", [None, "", "https://a.example", "foo"])
def test_select_policy_says_what_the_library_says(ours: ModuleType, origin: str | None) -> None:
    for names in ("first,second", "second", "first"):
        one, two = (module.make_middleware(WsgiApp(), {**TWO, "policy": names}) for module in (ours, theirs))
        assert one.selectPolicy(origin) == two.selectPolicy(origin)


def test_globs_match_as_the_library_matches(ours: ModuleType) -> None:
    for arguments in ((False, "*.b", "a.b"), (False, "x", "y"), (True, "x", "y")):
        assert ours.CORS.matchpattern(*arguments) == theirs.CORS.matchpattern(*arguments)
    for arguments in (("A.b", ["x", "a.*"]), ("A.b", ["A.*"]), ("A.b", ["A.*"], True), ("x", [])):
        assert ours.CORS.matchlist(*arguments) == theirs.CORS.matchlist(*arguments)


def test_the_factory_takes_what_an_ini_file_says(ours: ModuleType) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(
        """
        [DEFAULT]
        debug = false
        [filter:cors]
        paste.filter_app_factory = fastcors.compat.wsgicors:make_middleware
        policy=subdom,free
        free_origin=copy
        free_headers=*
        free_expose_headers=*
        free_methods=HEAD, OPTIONS, GET
        free_maxage=180
        subdom_origin=http://example.com http://example2.com https://*.example.com
        subdom_headers=*
        subdom_methods=HEAD, OPTIONS, GET, POST, PUT, DELETE
        subdom_expose_headers=Foo, Doom
        subdom_maxage=180
        """
    )
    app = ours.make_middleware(WsgiApp(), dict(parser.defaults()), **parser["filter:cors"])
    assert headers_of(app, get(b"https://www.example.com"))["Access-Control-Expose-Headers"] == "Foo, Doom"
    assert headers_of(app, get(OTHER))["Access-Control-Expose-Headers"] == "*"
    assert headers_of(app, pre(b"PUT", origin=b"http://example.com"))["Access-Control-Allow-Methods"].endswith("DELETE")


def test_deny_alone_leaves_responses_as_they_are_and_answers_preflights_with_nothing(ours: ModuleType) -> None:
    own = [("Access-Control-Allow-Origin", "*")]
    app = ours.CORS(WsgiApp(headers=own))
    assert headers_of(app, get(GOOD)) == dict(own)
    assert answer(app, pre(b"PUT", origin=GOOD)) == ("204 No Content", {}, b"")


def test_attributes_are_the_librarys(ours: ModuleType) -> None:
    inner = WsgiApp()
    app = ours.CORS(inner, **LIST)
    assert app.application is inner
    policy = app.policies["direct"]
    assert policy.match == ["https://a.example", "https://*.b.example", "http://localhost:*"]
    assert (policy.methods, policy.credentials, policy.maxage) == (["PUT", "GET"], "false", "60")


# What differs


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
def test_vary_is_there_wherever_another_origin_gets_another_answer(ours: ModuleType) -> None:
    for options in (LIST, SAME["copy"], {"origin": "*", "credentials": "true"}, TWO):
        app = ours.CORS(WsgiApp(), options) if "policy" in options else ours.CORS(WsgiApp(), **options)
        for req in (get(GOOD), get(OTHER), get()):
            assert headers_of(app, req)["Vary"] == "Origin", options
        assert "Origin" in headers_of(app, pre(b"PUT", origin=GOOD))["Vary"]
    app = ours.CORS(WsgiApp(), origin="*", methods="PUT")
    for req in (get(GOOD), get(), pre(b"PUT", origin=GOOD)):
        assert "Vary" not in headers_of(app, req)
        assert headers_of(app, req)["Access-Control-Allow-Origin"] == "*"


def test_one_line_leaves_where_the_application_set_one(ours: ModuleType) -> None:
    own = [("access-control-allow-origin", "*"), ("Access-Control-Allow-Credentials", "true")]
    app = ours.CORS(WsgiApp(headers=own), **LIST)
    assert headers_of(app, get(GOOD)) == {"Access-Control-Allow-Origin": GOOD.decode(), "Vary": "Origin"}
    assert headers_of(app, get(OTHER)) == {"Vary": "Origin"}


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize(
    "options", [{"origin": "copy"}, {"origin": "*", "credentials": "true"}, {"origin": "h*s://* *"}]
)
def test_no_origin_is_sent_back_that_no_browser_sends(ours: ModuleType, options: dict[str, Any]) -> None:
    app = ours.CORS(WsgiApp(), **options)
    for origin in INVALID:
        sent = headers_of(app, get(origin)).get("Access-Control-Allow-Origin")
        assert sent is None or (sent == origin.decode() and "/" not in sent and "*" not in sent), origin
    for origin in STRICT:
        if origin.startswith(b"https"):
            assert headers_of(app, get(origin))["Access-Control-Allow-Origin"] == origin.decode()
    assert "Access-Control-Allow-Origin" not in headers_of(app, get(GOOD, GOOD))
    for names in (b"x\r\ny", b"a" * 9000, b"," * 100, b"a b"):
        found = headers_of(app, pre(b"PUT", names, origin=GOOD))
        assert "Access-Control-Allow-Headers" not in found


def test_a_name_without_a_scheme_passes_where_it_is_listed_as_the_librarys_tests_have_it(ours: ModuleType) -> None:
    with pytest.warns(InsecurePolicyWarning, match="localhost"):
        app = ours.CORS(WsgiApp(), origin="localhost *.example.com")
    for name in (b"localhost", b"www.example.com"):
        assert headers_of(app, get(name)) == {"Access-Control-Allow-Origin": name.decode(), "Vary": "Origin"}
    for name in (b"Localhost", b"example.com", b"localhost:80", b"www.example.com/"):
        assert "Access-Control-Allow-Origin" not in headers_of(app, get(name))


def test_a_refused_preflight_has_no_cors_header(ours: ModuleType) -> None:
    app = ours.CORS(WsgiApp(), **{**LIST, "credentials": "true", "headers": "X-A"})
    status, headers, body = answer(app, pre(b"PUT", origin=OTHER))
    assert (status, headers.keys(), body) == ("204 No Content", {"Vary"}, b"")


def test_a_number_is_a_maxage(ours: ModuleType) -> None:
    app = ours.CORS(WsgiApp(), **{**LIST, "maxage": 60})
    assert headers_of(app, pre(b"PUT", origin=GOOD))["Access-Control-Max-Age"] == "60"


def test_the_policy_says_why(ours: ModuleType) -> None:
    for app in (
        ours.CORS(WsgiApp(), **LIST),
        ours.CORS(WsgiApp(), {**TWO, "policy": "first", "matchstrategy": "verbmatch"}),
    ):
        for reason, req in {
            "ok": get(GOOD),
            "origin-not-allowed": get(OTHER),
            "origin-malformed": get(b"https://a.example/"),
            "method-not-allowed": pre(b"PATCH", origin=GOOD),
            "header-not-allowed": pre(b"GET", b"x-b", origin=GOOD),
            "not-cors": get(),
        }.items():
            environ = req.environ()
            decision = app.policy_of(environ).decide_wsgi(environ)
            assert decision.reason.value == reason
            assert decision.explain()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"origin": "*", "credentials": "true"}, r"origin: .*\[origins-wildcard-credentials\]"),
        ({"origin": "copy", "credentials": "true"}, r"origin: .*\[origins-wildcard-credentials\]"),
        ({"policy": "a", "a_origin": "copy", "a_credentials": "true"}, r"a_origin: .*\[origins-wildcard-credentials\]"),
        ({"origin": "null"}, r"\[origin-null\]"),
        ({"origin": "http://192.168.1.5", "credentials": "true"}, r"\[origin-insecure\]"),
        ({"origin": "https://*.vercel.app", "credentials": "true"}, r"\[origin-public-suffix\]"),
        ({"origin": "https://*example.com", "credentials": "true"}, r"\[origin-regex-open\]"),
        ({"origin": "https://a.*", "credentials": "true"}, r"\[origin-regex-[a-z-]+\]"),
        ({"origin": "example.com"}, "no browser sends"),
    ],
)
def test_what_is_not_safe_is_warned_of_at_the_line_that_said_it(
    ours: ModuleType, options: dict[str, Any], text: str
) -> None:
    for call in (lambda: ours.CORS(WsgiApp(), **options), lambda: ours.CORS(WsgiApp(), cfg=None, **options)):
        with pytest.warns(InsecurePolicyWarning, match=text) as caught:
            call()
        assert [warning.filename for warning in caught] == [__file__]


def test_what_is_safe_is_not_warned_of(ours: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in (LIST, SAME["star"], SAME["copy"]):
            ours.CORS(WsgiApp(), **options)
        ours.CORS(WsgiApp(), origin="https://a.example https://*.b.example", credentials="true")
        ours.make_middleware(WsgiApp(), TWO)


def test_a_policy_without_an_origin_is_told(ours: ModuleType) -> None:
    with pytest.warns(UserWarning, match="'a' has no origin"):
        app = ours.make_middleware(WsgiApp(), {"policy": "a", "b_origin": "*"})
    assert headers_of(app, get(GOOD)) == {"Vary": "Origin"}


@pytest.mark.parametrize(
    "option", [{"methods": "PUT\r\nX: y"}, {"headers": "a b"}, {"expose_headers": "ä"}, {"maxage": "soon"}]
)
def test_what_cannot_be_in_a_header_is_a_value_error(ours: ModuleType, option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no name|invalid literal"):
        ours.CORS(WsgiApp(), origin="*", **option)


def test_exceptions_and_bodies_are_the_applications(ours: ModuleType) -> None:
    def fails(environ: Any, start_response: Any) -> Any:
        raise RuntimeError

    for options in (LIST, TWO):
        with pytest.raises(RuntimeError):
            call_wsgi(
                ours.CORS(fails, options if "policy" in options else None, **({} if "policy" in options else options)),
                get(GOOD).environ(),
            )
    assert answer(ours.CORS(WsgiApp(), TWO), get(GOOD))[2] == APP_BODY
