"""The drop-in for falcon's middleware: the same answers where they are safe, and the differences, on WSGI and ASGI.

Its own suite is run by ``make test-peers``.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

from fastcors import InsecurePolicyWarning
from tests.support.origins import INVALID, STRICT

GOOD, OTHER = "https://a.example", "https://other.example"
VARY_PREFLIGHT = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.fixture(scope="module")
def ours(over: Callable[[str], ModuleType]) -> ModuleType:
    return over("falcon")


class Items:
    """A resource, with responders that WSGI and ASGI call."""

    def _get(self, resp: Any) -> None:
        resp.set_header("X-App", "1")
        resp.text = "hello"

    def on_get(self, req: Any, resp: Any) -> None:
        self._get(resp)

    on_put = on_get


class Own(Items):
    """A resource that says something of CORS itself."""

    def _get(self, resp: Any) -> None:
        resp.set_header("Access-Control-Allow-Origin", "https://own.example")
        resp.set_header("Vary", "Accept-Encoding, ORIGIN")


class Encoded(Items):
    def _get(self, resp: Any) -> None:
        resp.set_header("Vary", "Accept-Encoding")


class Silent(Items):
    """A resource that answers OPTIONS, and does not say what is allowed."""

    def on_options(self, req: Any, resp: Any) -> None:
        resp.set_header("Access-Control-Allow-Credentials", "true")


class AsyncResource:
    def __init__(self, inner: Any) -> None:
        for name in ("on_get", "on_put", *(["on_options"] if hasattr(inner, "on_options") else [])):
            setattr(self, name, self._wrap(getattr(inner, name)))

    @staticmethod
    def _wrap(responder: Any) -> Any:
        async def respond(req: Any, resp: Any) -> None:
            responder(req, resp)

        return respond


def client_of(gateway: str, middleware: Any) -> falcon.testing.TestClient:
    app: Any = (falcon.asgi.App if gateway == "asgi" else falcon.App)(middleware=[middleware])
    for path, resource in (("/", Items()), ("/own", Own()), ("/encoded", Encoded()), ("/silent", Silent())):
        app.add_route(path, AsyncResource(resource) if gateway == "asgi" else resource)
    app.add_static_route("/static", Path(__file__).parent)
    return falcon.testing.TestClient(app)


def cors(
    client: falcon.testing.TestClient,
    origin: str | None = GOOD,
    path: str = "/",
    method: str = "GET",
    asked: str | None = None,
    names: str | None = None,
    private: str | None = None,
) -> tuple[int, dict[str, str]]:
    """The status, and the headers of CORS, ``Allow`` and ``Vary``."""
    given = {"Origin": origin, "Access-Control-Request-Method": asked, "Access-Control-Request-Headers": names}
    given["Access-Control-Request-Private-Network"] = private
    headers = {name: value for name, value in given.items() if value is not None}
    result = client.simulate_request("OPTIONS" if asked is not None else method, path, headers=headers)
    found = {name.lower(): value for name, value in result.headers.items()}
    return result.status_code, {
        name: value for name, value in found.items() if name.startswith("access-control-") or name in ("vary", "allow")
    }


# The same answers

SAME: dict[str, dict[str, Any]] = {
    "default": {},
    "one": {"allow_origins": GOOD},
    "list": {"allow_origins": [GOOD, "https://b.example"], "expose_headers": ["X-A", "X-B"]},
    "credentials": {"allow_origins": [GOOD, OTHER], "allow_credentials": GOOD},
    "all-credentials": {"allow_origins": [GOOD], "allow_credentials": "*", "expose_headers": "X-A, X-B"},
    "some-of-any": {"allow_credentials": [GOOD]},
    "any-of-any": {"allow_credentials": "*"},
    "not-allowed": {"allow_origins": [GOOD], "allow_credentials": [OTHER]},
    "private": {"allow_private_network": True},
}
REQUESTS: dict[str, dict[str, Any]] = {
    "allowed": {},
    "other": {"origin": OTHER},
    "none": {"origin": None},
    "not-found": {"path": "/nowhere"},
    "not-found-preflight": {"path": "/nowhere", "asked": "PUT"},
    "wrong-method": {"method": "DELETE"},
    "options": {"method": "OPTIONS"},
    "preflight": {"asked": "PUT"},
    "preflight-names": {"asked": "PUT", "names": "X-PINGOTHER, Content-Type"},
    "preflight-private": {"asked": "GET", "private": "true"},
    "preflight-other": {"origin": OTHER, "asked": "PUT"},
    "static": {"path": f"/static/{Path(__file__).name}"},
    "static-preflight": {"path": f"/static/{Path(__file__).name}", "asked": "GET"},
    "own": {"path": "/own"},
    "silent": {"path": "/silent", "asked": "PUT", "origin": GOOD},
}


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
@pytest.mark.parametrize("options", SAME)
def test_a_browser_is_answered_as_by_falcon(ours: ModuleType, gateway: str, options: str) -> None:
    one, two = (client_of(gateway, module.CORSMiddleware(**SAME[options])) for module in (ours, falcon))
    for name, request in REQUESTS.items():
        (status, found), (their_status, expected) = (cors(client, **request) for client in (one, two))
        assert "origin" in found.pop("vary").lower()
        expected.pop("vary", None)
        if "asked" in request and "access-control-allow-methods" in expected:
            expected.pop("access-control-expose-headers", None)  # which says nothing on a preflight
        if name == "silent":  # falcon leaves what says nothing without an origin
            expected.pop("access-control-allow-credentials", None)
            found.pop("access-control-allow-credentials", None)
        assert (status, found) == (their_status, expected), name


def test_parameters_and_methods_are_falcons(ours: ModuleType) -> None:
    for name in ("__init__", "process_response", "process_response_async"):
        one, two = (inspect.signature(getattr(module.CORSMiddleware, name)) for module in (ours, falcon))
        assert [(p.name, p.default, p.kind) for p in one.parameters.values()] == [
            (p.name, p.default, p.kind) for p in two.parameters.values()
        ]
    middleware = ours.CORSMiddleware([GOOD], ["X-A"], GOOD, True)
    theirs: Any = falcon.CORSMiddleware([GOOD], ["X-A"], GOOD, True)
    for name in ("allow_origins", "expose_headers", "allow_credentials", "allow_private_network"):
        assert getattr(middleware, name) == getattr(theirs, name)
    assert isinstance(middleware, falcon.CORSMiddleware)


def test_what_falcon_refuses_is_refused(ours: ModuleType) -> None:
    for parameter in ("allow_origins", "allow_credentials"):
        with pytest.raises(ValueError, match=f"passed to {parameter}"):
            ours.CORSMiddleware(**{parameter: ["*"]})
    with pytest.raises(ValueError, match="cors_enable"):
        falcon.App(cors_enable=True, middleware=[ours.CORSMiddleware()])


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
def test_a_subclass_that_overrides_process_response_is_asked(ours: ModuleType, gateway: str) -> None:
    class Mine(ours.CORSMiddleware):  # type: ignore[name-defined, misc]
        def process_response(self, req: Any, resp: Any, resource: object, req_succeeded: bool) -> None:
            super().process_response(req, resp, resource, req_succeeded)
            resp.set_header("Access-Control-Max-Age", "1")

    assert cors(client_of(gateway, Mine([GOOD])))[1]["access-control-max-age"] == "1"


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
@pytest.mark.parametrize("options", [True, False])
def test_a_sink_is_under_cors_where_it_says_what_it_allows(ours: ModuleType, gateway: str, options: bool) -> None:
    def sink(req: Any, resp: Any) -> None:
        if options:
            resp.set_header("Allow", "GET, PATCH")

    async def waiting_sink(req: Any, resp: Any) -> None:
        sink(req, resp)

    client = client_of(gateway, ours.CORSMiddleware([GOOD]))
    client.app.add_sink(waiting_sink if gateway == "asgi" else sink, "/sink")
    found = cors(client, path="/sink", asked="PATCH")[1]
    assert found.get("access-control-allow-methods") == ("GET, PATCH" if options else None)
    assert found.get("access-control-allow-origin") == (GOOD if options else None)


# What differs


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
def test_vary_is_merged_and_there_with_every_answer(ours: ModuleType, gateway: str) -> None:
    client = client_of(gateway, ours.CORSMiddleware([GOOD]))
    for origin in (GOOD, OTHER, None):
        assert cors(client, origin)[1]["vary"] == "Origin"
        assert cors(client, origin, "/encoded")[1]["vary"] == "Accept-Encoding, Origin"
        assert cors(client, origin, "/own")[1]["vary"] == "Accept-Encoding, ORIGIN"
    assert cors(client, asked="PUT")[1]["vary"] == VARY_PREFLIGHT


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
def test_no_origin_is_sent_back_that_no_browser_sends(ours: ModuleType, gateway: str) -> None:
    client = client_of(gateway, ours.CORSMiddleware(allow_credentials="*"))
    for value in INVALID:
        origin = value.decode("latin-1")
        # What the test client takes out, and ``null``, which any site can have, are not the matter.
        if origin and origin == origin.strip() and origin.isprintable() and origin != "null":
            sent = cors(client, origin)[1].get("access-control-allow-origin")
            assert sent is None or (sent == origin and set(sent).isdisjoint("/:*,; ")), origin
    for value in STRICT:
        assert cors(client, value.decode())[1]["access-control-allow-origin"] == value.decode()


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
def test_of_the_requested_names_tokens_within_the_limits_are_sent_back(ours: ModuleType, gateway: str) -> None:
    client = client_of(gateway, ours.CORSMiddleware([GOOD]))
    assert cors(client, asked="PUT", names="X-A,x-b")[1]["access-control-allow-headers"] == "X-A, x-b"
    for names in ("a b", "x;y", "," * 50, "x-a," * 500, "y" * 9000):
        assert cors(client, asked="PUT", names=names)[1] == {"vary": VARY_PREFLIGHT}


def test_a_method_that_the_resource_has_not_is_refused_and_its_names_are_not_sent_back(ours: ModuleType) -> None:
    client = client_of("wsgi", ours.CORSMiddleware([GOOD]))
    found = cors(client, asked="DELETE", names="x-a")[1]
    assert found["access-control-allow-methods"] == "GET, PUT"
    assert "access-control-allow-headers" not in found


def test_a_preflight_that_the_resource_does_not_answer_leaves_no_header_of_cors(ours: ModuleType) -> None:
    client = client_of("wsgi", ours.CORSMiddleware([GOOD], allow_credentials="*", allow_private_network=True))
    assert cors(client, path="/silent", asked="PUT", private="true") == (200, {"vary": VARY_PREFLIGHT})


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
def test_many_resources_and_long_lists_are_answered_alike(ours: ModuleType, gateway: str) -> None:
    many = [f"https://n{number}.example" for number in range(5000)]
    client = client_of(gateway, ours.CORSMiddleware(many, allow_credentials=many[:1]))
    assert cors(client, many[0])[1]["access-control-allow-credentials"] == "true"
    assert cors(client, many[-1])[1] == {"access-control-allow-origin": many[-1], "vary": "Origin"}
    assert cors(client, OTHER)[1] == {"vary": "Origin"}


@pytest.mark.parametrize("gateway", ["wsgi", "asgi"])
def test_the_middleware_says_why(ours: ModuleType, gateway: str) -> None:
    middleware = ours.CORSMiddleware([GOOD])
    reasons = []

    class Noting(ours.CORSMiddleware):  # type: ignore[name-defined, misc]
        def process_response(self, req: Any, resp: Any, resource: object, req_succeeded: bool) -> None:
            decision = middleware.decide(req, resp.get_header("Allow"))
            reasons.append(decision.reason.value)
            assert decision.explain()

    client = client_of(gateway, Noting([GOOD]))
    for request in (
        {},
        {"origin": OTHER},
        {"origin": "https://A.example"},
        {"origin": None},
        {"asked": "PUT", "names": "x-a"},
        {"asked": "PATCH"},
        {"asked": "PUT", "private": "true"},
    ):
        cors(client, **request)  # type: ignore[arg-type]
    assert reasons == [
        "ok",
        "origin-not-allowed",
        "origin-malformed",
        "not-cors",
        "ok",
        "method-not-allowed",
        "private-network-not-allowed",
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"allow_credentials": "*"}, r"allow_origins: .*\[origins-wildcard-credentials\]"),
        ({"allow_origins": ["http://192.168.1.5"], "allow_credentials": "*"}, r"allow_origins: .*\[origin-insecure\]"),
        ({"allow_credentials": ["http://192.168.1.5"]}, r"allow_credentials: .*\[origin-insecure\]"),
        ({"allow_origins": "null"}, r"allow_origins: .*\[origin-null\]"),
        ({"allow_credentials": "null"}, r"allow_credentials: .*\[origin-null\]"),
        ({"allow_origins": "example.com"}, "allow_origins has entries .*'https://example.com'"),
        ({"allow_origins": "https://*.example.com"}, "no pattern here"),
    ],
)
def test_what_is_not_safe_is_warned_of_at_the_line_that_said_it(
    ours: ModuleType, options: dict[str, Any], text: str
) -> None:
    with pytest.warns(InsecurePolicyWarning, match=text) as caught:
        ours.CORSMiddleware(**options)
    assert [warning.filename for warning in caught] == [__file__]


def test_what_is_safe_is_not_warned_of(ours: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.CORSMiddleware()
        ours.CORSMiddleware([GOOD, "app://."], ["X-A"], "*", True)
        ours.CORSMiddleware(allow_credentials=[GOOD])


def test_an_exposed_name_that_cannot_be_in_a_header_is_a_value_error(ours: ModuleType) -> None:
    with pytest.raises(ValueError, match="is no name"):
        ours.CORSMiddleware(expose_headers="X-A\r\nX: y")


def test_importing_it_without_falcon_names_the_package() -> None:
    code = "import sys; sys.modules['falcon'] = None; import fastcors.compat.falcon"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'pip install "fastcors[falcon]"' in done.stderr.splitlines()[-1]
