"""Published advisories about CORS in Python, and defects of their kind: none can be reproduced.

Those of Flask-CORS and of its forks are tried over the drop-in, in the configuration that the advisory has. Those of
other projects are about rules that hold for the native shims and for ``Policy``.
"""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from fastcors import InsecurePolicyWarning, Policy, PolicyError, asgi, wsgi
from fastcors.compat.flask_cors import CORS, cross_origin

SECRET = "https://secret.example"
EVIL = "https://evil.example"
ALLOW = "Access-Control-Allow-Origin"


def make_app(**options: Any) -> Flask:
    """An application that answers every path, behind the drop-in."""
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)
        CORS(app, **options)

    @app.route("/")
    @app.route("/<path:path>")
    def view(path: str = "") -> str:
        return path

    return app


def request(app: Any, path: str, origin: str | None, method: str = "GET", **headers: str) -> TestResponse:
    """Send a request whose path is as it comes out of a server: decoded once, and no more."""
    environ = EnvironBuilder(method=method, headers={name.replace("_", "-"): v for name, v in headers.items()})
    values = environ.get_environ()
    values["PATH_INFO"] = path
    if origin is not None:
        values["HTTP_ORIGIN"] = origin
    return TestResponse(*run_wsgi_app(app, values), request=environ.get_request())


def granted(app: Any, path: str, origin: str) -> bool:
    return request(app, path, origin).headers.get(ALLOW) is not None


# Which rule a path is under


def test_cve_2024_6866_rules_are_case_sensitive() -> None:
    app = make_app(resources={"/Public.*": {"origins": EVIL}, re.compile("/Open.*"): {"origins": EVIL}})
    assert granted(app, "/Public/x", EVIL)
    assert not granted(app, "/public/x", EVIL)
    assert not granted(app, "/open/x", EVIL)


def test_cve_2024_6844_a_plus_in_a_path_is_no_space() -> None:
    app = make_app(resources={r"/service\+path": {"origins": SECRET}, "/service path": {"origins": EVIL}})
    assert not granted(app, "/service+path", EVIL)
    assert granted(app, "/service path", EVIL)
    assert granted(app, "/service+path", SECRET)


@pytest.mark.parametrize(
    ("own", "general", "path"),
    [
        pytest.param("/api/admin", "/(api|public|static|assets)/.*", "/api/admin", id="literal"),
        pytest.param("/api/v1/.*", "/.*", "/api/v1/x", id="deeper"),
        pytest.param("/admin/.*", "/[a-zA-Z0-9_-]+/.*", "/admin/x", id="longer-but-general"),
        pytest.param("/admin/.*", r"/\w+/[a-z0-9]+/?.*", "/admin/x", id="more-slashes-but-general"),
        pytest.param("/admin/.*", re.compile("/.*"), "/admin/x", id="compiled"),
        pytest.param("(?i)/admin/.*", "/[a-zA-Z0-9_-]+/.*", "/Admin/x", id="flags"),
        pytest.param("/(admin)/.*", "/[a-zA-Z0-9_-]+/.*", "/admin/x", id="group"),
        pytest.param("/.*/secret", "/api/.*", "/api/secret", id="end"),
    ],
)
def test_cve_2024_6839_the_most_specific_rule_decides(own: str, general: str | re.Pattern[str], path: str) -> None:
    for resources in (
        {own: {"origins": SECRET}, general: {"origins": "*"}},
        {general: {"origins": "*"}, own: {"origins": SECRET}},
    ):
        app = make_app(resources=resources)
        assert not granted(app, path, EVIL)
        assert granted(app, path, SECRET)


@pytest.mark.parametrize(
    "path", ["/api/../foo.txt", "/api/..%2ffoo.txt", "/api/%2e%2e/foo.txt", "/api/x/../../foo.txt", "/api/./../foo.txt"]
)
def test_cve_2020_25032_a_path_that_leaves_a_rule_is_not_under_it(path: str) -> None:
    assert not granted(make_app(resources={"/api/*": {"origins": "*"}}), path, EVIL)
    assert not granted(make_app(resources=["/api/*"]), path, EVIL)


@pytest.mark.parametrize("path", ["/%61dmin/x", "/%2561dmin/x", "//admin/x", "/./admin/x", "/open/../admin/x"])
def test_cve_2020_25032_a_path_that_can_be_read_as_one_of_a_stricter_rule_is_not_under_a_looser(path: str) -> None:
    app = make_app(resources={"/admin/.*": {"origins": SECRET}, "/.*": {"origins": "*"}})
    assert not granted(app, path, EVIL)


def test_a_path_that_can_be_read_in_two_ways_of_one_rule_is_under_it() -> None:
    app = make_app(resources={"/files/*": {"origins": EVIL}, "/other/*": {}})
    for path in ("/files/50%", "/files/a%2Fb", "/files//a", "/files/a/../b", "/files/.well-known"):
        assert granted(app, path, EVIL)


def test_cve_2026_48710_the_host_header_does_not_choose_the_rule() -> None:
    """The rules go by the path that the server hands over, and not by a URL that is put together."""
    policy = Policy(allow_origins=[EVIL])
    for app in (
        make_app(resources={"/open/*": {"origins": EVIL}}),
        wsgi.CORSMiddleware(make_app(resources=[]), routes={"/open/": policy}),
    ):
        for host in ("example.com/open/x?", "example.com/open/", "x/open/#", "/open/"):
            assert not granted_with_host(app, "/closed", host)
            assert granted_with_host(app, "/open/x", host)


def granted_with_host(app: Any, path: str, host: str) -> bool:
    return request(app, path, EVIL, Host=host).headers.get(ALLOW) == EVIL


def test_cve_2026_2611_a_path_without_a_rule_gets_no_cors() -> None:
    routes = {"/api/": Policy(allow_origins="*")}
    for app in (make_app(resources={"/api/.*": {}}), wsgi.CORSMiddleware(make_app(resources=[]), routes=routes)):
        assert granted(app, "/api/x", EVIL)
        for path in ("/ajax-api/x", "/", "/API/x"):
            response = request(app, path, EVIL, "OPTIONS", Access_Control_Request_Method="PUT")
            assert not any(name.lower().startswith("access-control-") for name, _ in response.headers)
            assert not granted(app, path, EVIL)


# Which origin is allowed

UNANCHORED = [
    r"https://trusted\.com",
    re.compile(r"https://trusted\.com"),
    r"^https://trusted\.com",
    r"https?://trusted\.com",
    r"https://(www\.)?trusted\.com",
]


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
@pytest.mark.parametrize("credentials", [False, True])
@pytest.mark.parametrize("regex", UNANCHORED, ids=str)
def test_cve_2026_37737_a_regular_expression_matches_a_whole_origin(regex: Any, credentials: bool) -> None:
    app = make_app(origins=regex, supports_credentials=credentials)
    assert granted(app, "/", "https://trusted.com")
    for origin in (
        "https://trusted.com.attacker.io",
        "https://trusted.com.com",
        "https://trusted.community",
        "https://trusted.com:8080",
        "https://trusted.com:8080.attacker.io",
        "https://trusted.com@attacker.io",
        "https://trusted.com/",
        "https://trusted.com\n",
        "https://attacker.io/https://trusted.com",
        "https://attacker.io?https://trusted.com",
        "https://xtrusted.com",
    ):
        assert not granted(app, "/", origin), origin


@pytest.mark.parametrize("regex", [".*.example.com", ".*example.com", r".*\.example\.com", r"https://.*\.example\.com"])
def test_cve_2026_37737_not_even_a_loose_expression_lets_in_a_foreign_suffix(regex: str) -> None:
    for credentials in (False, True):
        app = make_app(origins=[regex], supports_credentials=credentials)
        assert granted(app, "/", "https://a.example.com")
        for origin in (
            "https://a.example.com.evil.org",
            "https://a.example.com:8080",
            "https://evil.org/.example.com",
            "https://evil.org#.example.com",
            "https://evil.org@a.example.com",
        ):
            assert not granted(app, "/", origin), origin


def test_a_loose_expression_with_credentials_must_match_all() -> None:
    assert not granted(make_app(origins=".*.example.com", supports_credentials=True), "/", "http://a.example.com.com")


@pytest.mark.parametrize("regex", ["https?://localhost", r"http://127\.0\.0\.1", r"http://\[::1\]"])
def test_a_port_may_follow_an_expression_for_this_machine_alone(regex: str) -> None:
    app = make_app(origins=[regex])
    host = next(host for host in ("localhost", "127.0.0.1", "[::1]") if re.fullmatch(regex, f"http://{host}"))
    assert granted(app, "/", f"http://{host}:3000")
    assert not granted(app, "/", f"http://{host}.evil.org")
    assert not granted(app, "/", f"http://{host}.evil.org:3000")


def test_wildcards_are_no_regular_expressions() -> None:
    app = make_app(origins=["https://*.example.com", "http://localhost:*"])
    for origin in ("https://a.example.com", "https://a.b.example.com", "http://localhost", "http://localhost:3000"):
        assert granted(app, "/", origin), origin
    for origin in ("https://xexample.com", "https://xexample.com.evil.org", "http://localhost.evil.com", "https:/"):
        assert not granted(app, "/", origin), origin


def test_a_dot_in_an_origin_is_a_dot() -> None:
    for app in (make_app(origins="https://good.example"), native(allow_origins=["https://good.example"])):
        assert granted(app, "/", "https://good.example")
        assert not granted(app, "/", "https://goodXexample")
        assert not granted(app, "/", "https://good.example.evil.org")


def native(**parameters: Any) -> wsgi.CORSMiddleware:
    """The same application behind the native shim."""
    return wsgi.CORSMiddleware(make_app(resources=[]), **parameters)


def test_a_pattern_of_the_native_policy_matches_a_whole_origin() -> None:
    app = native(allow_origins=["https://*.example.org"])
    assert granted(app, "/", "https://x.example.org")
    assert not granted(app, "/", "https://x.example.org.hacker.com")
    assert not granted(app, "/", "https://hacker.com/.example.org")


@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
def test_an_origin_over_327_bytes_reaches_no_regular_expression() -> None:
    """Over the first one this expression would take longer than anybody can wait."""
    app = make_app(origins="(?:a*)*b")
    assert not granted(app, "/", "a" * 328)
    assert not granted(app, "/", "https://" + "a" * 328)


def test_cve_2025_34291_any_origin_with_credentials_is_refused_at_construction() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(allow_origins="*", allow_credentials=True)
    assert [issue.field for issue in caught.value.issues] == ["allow_origins"]
    with pytest.raises(PolicyError):
        native(allow_origins="*", allow_credentials=True)


def test_cve_2025_34291_the_drop_in_warns_of_any_origin_with_credentials() -> None:
    with pytest.warns(InsecurePolicyWarning, match=r"supports_credentials.*origins=\["):
        CORS(Flask(__name__), supports_credentials=True)


@pytest.mark.parametrize("origins", [["http://localhost:7860"], ["http://localhost:*"], [r"https?://localhost(:\d+)?"]])
def test_null_is_no_local_origin(origins: list[str]) -> None:
    assert not granted(make_app(origins=origins), "/", "null")


def test_a_denial_never_says_null() -> None:
    for app in (make_app(origins=SECRET, always_send=False), native(allow_origins=[SECRET])):
        for origin in (EVIL, "null", "", "null\0", "NULL"):
            for method in ("GET", "OPTIONS"):
                response = request(app, "/", origin, method, Access_Control_Request_Method="GET")
                assert response.headers.getlist(ALLOW) in ([], [SECRET])
                assert response.headers.get(ALLOW) is None, (app, origin)


def test_cookies_do_not_matter() -> None:
    for app in (make_app(origins=SECRET, supports_credentials=True), native(allow_origins=[SECRET])):
        assert request(app, "/", EVIL, Cookie="session=1").headers.get(ALLOW) is None
        assert request(app, "/", SECRET, Cookie="session=1").headers.get(ALLOW) == SECRET


def test_ghsa_4643_wpgq_w329_the_native_shim_checks_the_origin_of_a_websocket() -> None:
    reached = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["headers"])

    async def handshake(origin: bytes) -> list[str]:
        sent = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await shim({"type": "websocket", "path": "/", "headers": [(b"origin", origin)]}, receive, send)
        return sent

    shim: Any = asgi.CORSMiddleware(app, allow_origins=[SECRET], check_websocket_origin=True)
    assert asyncio.run(handshake(EVIL.encode())) == ["websocket.close"]
    assert not reached
    assert asyncio.run(handshake(SECRET.encode())) == []
    assert reached


# What a request gets, and what is written of it


def test_cve_2024_6221_access_to_a_private_network_is_off_by_default() -> None:
    preflight = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Private_Network": "true"}
    name = "Access-Control-Allow-Private-Network"
    assert request(make_app(), "/", EVIL, "OPTIONS", **preflight).headers.get(name) != "true"
    assert request(make_app(origins=SECRET), "/", EVIL, "OPTIONS", **preflight).headers.get(name) is None
    assert request(native(allow_origins=[EVIL]), "/", EVIL, "OPTIONS", **preflight).headers.get(name) is None
    allowed = make_app(allow_private_network=True)
    assert request(allowed, "/", EVIL, "OPTIONS", **preflight).headers.get(name) == "true"


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """What the loggers of the drop-in write at DEBUG."""
    logger = logging.getLogger("flask_cors")
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[method-assign]
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield kept
    logger.setLevel(level)
    logger.removeHandler(handler)


NASTY = "x\r\nFAKE LINE\x1b[31m\x00\x85\u2028é\\"


def test_cve_2024_1681_nothing_that_a_client_sent_is_logged_unescaped(records: list[logging.LogRecord]) -> None:
    nasty = NASTY.encode("utf-8").decode("latin-1")
    for options in ({}, {"origins": SECRET}, {"resources": {"/other": {}}}, {"methods": ["GET"]}):
        app = make_app(**options)

        @app.route("/decorated/<path:path>")
        @cross_origin()
        def decorated(path: str) -> str:
            return path

        for path in (f"/{nasty}", f"/decorated/{nasty}"):
            values = {"ACCESS_CONTROL_REQUEST_METHOD": nasty, "ACCESS_CONTROL_REQUEST_HEADERS": nasty}
            environ = EnvironBuilder(method="OPTIONS").get_environ()
            environ.update({f"HTTP_{name}": value for name, value in values.items()})
            for origin in (nasty, SECRET):
                run_wsgi_app(app, {**environ, "PATH_INFO": path, "HTTP_ORIGIN": origin})
    lines = [record.getMessage() for record in records]
    assert any("FAKE LINE" in line for line in lines)
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_requested_header_names_are_not_amplified() -> None:
    preflight = {"Access_Control_Request_Method": "GET"}
    for names in ("x," * 40_000, "x" * 9_000, ",".join(f"x{number}" for number in range(129)), ", ".join("x" * 5000)):
        response = request(make_app(), "/", EVIL, "OPTIONS", Access_Control_Request_Headers=names, **preflight)
        assert len(response.headers.get("Access-Control-Allow-Headers", "")) == 0
    names = ",".join(f"x{number}" for number in range(128))
    response = request(make_app(), "/", EVIL, "OPTIONS", Access_Control_Request_Headers=names, **preflight)
    assert len(response.headers["Access-Control-Allow-Headers"].split(",")) == 128


def test_the_name_of_a_method_is_not_looked_for_inside_of_others() -> None:
    for method in ("T", "GET, PUT", "POS", ",", "E", ""):
        response = request(make_app(), "/", EVIL, "OPTIONS", Access_Control_Request_Method=method)
        assert "Access-Control-Allow-Methods" not in response.headers
