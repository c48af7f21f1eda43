"""The drop-in for Flask-CORS: every option, which one counts, what it warns of, and what never gets into a header.

The suite of Flask-CORS itself is run by ``make test-peers``.
"""

from __future__ import annotations

import logging
import re
import warnings
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, request
from flask.views import MethodView
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from fastcors import InsecurePolicyWarning, Reason
from fastcors.compat import flask_cors
from fastcors.compat.flask_cors import CORS, core, cross_origin
from fastcors.compat.flask_cors.patterns import fixed_characters

A, B, EVIL = "https://a.example", "https://b.example", "https://evil.example"

ORIGIN = "Access-Control-Allow-Origin"
METHODS = "Access-Control-Allow-Methods"
HEADERS = "Access-Control-Allow-Headers"
EXPOSE = "Access-Control-Expose-Headers"
CREDENTIALS = "Access-Control-Allow-Credentials"
MAX_AGE = "Access-Control-Max-Age"


def bare(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({f"CORS_{name.upper()}": value for name, value in config.items()})
    return app


def with_views(app: Flask, *paths: str) -> Flask:
    for path in paths:
        app.add_url_rule(path, path, lambda: "text", methods=["GET", "PUT"])
    return app


def extended(**options: Any) -> Flask:
    app = with_views(bare(), "/")
    CORS(app, **options)
    return app


def decorated(**options: Any) -> Flask:
    app = bare()
    app.add_url_rule("/", "view", cross_origin(**options)(lambda: "text"), methods=["GET", "PUT"])
    return app


def send(app: Flask, path: str = "/", origin: str | None = A, method: str = "GET", **headers: str) -> TestResponse:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        headers["Origin"] = origin
    return app.test_client().open(path, method=method, headers=headers)


def preflight(app: Flask, method: str = "PUT", names: str | None = None, **arguments: Any) -> TestResponse:
    headers = {"Access_Control_Request_Method": method}
    if names is not None:
        headers["Access_Control_Request_Headers"] = names
    return send(app, method="OPTIONS", **headers, **arguments)


both = pytest.mark.parametrize("make", [extended, decorated])


# The options


@both
def test_by_default_any_origin_is_repeated(make: Any) -> None:
    app = make()
    assert send(app).headers[ORIGIN] == A
    assert send(app).headers["Vary"] == "Origin"
    assert send(app, origin=None).headers[ORIGIN] == "*"
    assert "Vary" not in send(app, origin=None).headers
    answer = preflight(app, names="X-B, x-a")
    assert answer.headers[METHODS] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert answer.headers[HEADERS] == "X-B, x-a"
    assert not {CREDENTIALS, EXPOSE, MAX_AGE} & set(answer.headers.keys())


@both
@pytest.mark.parametrize("collect", [list, tuple, set, iter, dict.fromkeys, lambda origins: origins * 2])
def test_listed_origins_are_allowed_and_no_other(make: Any, collect: Any) -> None:
    app = make(origins=collect([B, A]))
    for origin in (A, B):
        assert send(app, origin=origin).headers[ORIGIN] == origin
    for origin in (EVIL, A + ".evil.example", A + "/", "null", "x" * 400):
        answer = send(app, origin=origin)
        assert ORIGIN not in answer.headers
        assert answer.headers["Vary"] == "Origin"
    assert send(app, origin=None).headers[ORIGIN] == A


@both
def test_origins_are_compared_without_case(make: Any) -> None:
    assert send(make(origins=[A, B]), origin="HTTPS://A.example").headers[ORIGIN] == "HTTPS://A.example"


@both
def test_the_only_origin_needs_no_vary_where_it_is_sent(make: Any) -> None:
    app = make(origins=A)
    assert "Vary" not in send(app).headers
    assert "Vary" not in send(app, origin=None).headers
    assert send(app, origin=EVIL).headers["Vary"] == "Origin"


@both
def test_ipv6_origins_are_literals(make: Any) -> None:
    app = make(origins="http://[::1]:3000")
    assert send(app, origin="http://[::1]:3000").headers[ORIGIN] == "http://[::1]:3000"
    assert ORIGIN not in send(app, origin="http://:").headers


@both
@pytest.mark.parametrize("value", ["X-Two, X-One", ["X-Two, X-One"]])
def test_exposed_headers_given_as_text_stay_as_they_are(make: Any, value: Any) -> None:
    assert send(make(expose_headers=value)).headers[EXPOSE] == "X-Two, X-One"


@both
def test_lists_are_sorted(make: Any) -> None:
    app = make(expose_headers={"X-Two", "X-One"}, methods=["put", "GET"])
    assert preflight(app).headers[EXPOSE] == "X-One, X-Two"
    assert preflight(app).headers[METHODS] == "GET, PUT"
    assert METHODS not in preflight(app, "POST").headers
    assert METHODS not in send(app).headers


@both
@pytest.mark.parametrize(
    ("value", "sent"), [(timedelta(hours=1), "3600"), (600, "600"), ("600", "600"), (0, "0"), (None, None)]
)
def test_max_age(make: Any, value: Any, sent: str | None) -> None:
    assert preflight(make(max_age=value)).headers.get(MAX_AGE) == sent
    assert MAX_AGE not in send(make(max_age=value)).headers


def test_a_regular_expression_sees_no_name_of_a_header_over_128_bytes() -> None:
    app = extended(allow_headers="x*")
    assert preflight(app, names="x" * 128).headers[HEADERS] == "x" * 128
    assert HEADERS not in preflight(app, names="x" * 129).headers


def test_options_that_only_python_takes_for_equal_are_not() -> None:
    first, second = (core.serialize_options({"max_age": value}) for value in (True, 1))
    assert (first.max_age, second.max_age) == (None, "1")


def test_equal_options_are_compiled_once() -> None:
    first, second = (core.serialize_options({"origins": [A, re.compile("x")], "max_age": 1}) for _ in range(2))
    assert first is second


@both
def test_requested_headers_are_matched_whole_and_without_case(make: Any) -> None:
    app = make(allow_headers=["Content-Type", r"X-Company-\w+", re.compile("X-Id")])
    asked = "content-type, X-COMPANY-one, X-Company-, X-Id, X-Ids, other,"
    for _ in range(2):
        assert preflight(app, names=asked).headers[HEADERS] == "content-type, X-COMPANY-one, X-Id"
    for garbled in ("content-type, <b>", "content-type, X-Company-\u00e9", "content-type;x-id"):
        assert HEADERS not in preflight(app, names=garbled).headers
    assert HEADERS not in preflight(app, names="other").headers
    assert METHODS in preflight(app, names="other").headers


@both
def test_credentials(make: Any) -> None:
    app = make(origins=[A, B], supports_credentials=True)
    assert send(app).headers[CREDENTIALS] == "true"
    assert preflight(app).headers[CREDENTIALS] == "true"
    assert CREDENTIALS not in send(app, origin=EVIL).headers


@both
def test_any_origin_with_credentials_is_never_the_wildcard(make: Any) -> None:
    with pytest.warns(InsecurePolicyWarning, match="supports_credentials"):
        app = make(supports_credentials=True)
    assert send(app).headers[ORIGIN] == A
    assert ORIGIN not in send(app, origin=None).headers


@both
def test_the_wildcard_with_credentials_is_an_error(make: Any) -> None:
    with pytest.raises(ValueError, match="send_wildcard"):
        make(origins="*", supports_credentials=True, send_wildcard=True)


@both
def test_the_wildcard_is_sent_on_demand(make: Any) -> None:
    app = make(send_wildcard=True)
    assert send(app).headers[ORIGIN] == "*"
    assert "Vary" not in send(app).headers


@both
def test_without_always_send_a_request_without_an_origin_gets_nothing(make: Any) -> None:
    app = make(always_send=False)
    assert ORIGIN not in send(app, origin=None).headers
    assert send(app).headers[ORIGIN] == A


@both
def test_vary_can_be_switched_off(make: Any) -> None:
    app = make(vary_header=False)
    assert "Vary" not in send(app).headers
    assert "Vary" not in send(make(origins=[A, B], vary_header=False), origin=EVIL).headers


def test_only_the_decorator_has_automatic_options() -> None:
    assert ORIGIN in preflight(extended(automatic_options=False)).headers
    assert ORIGIN not in preflight(decorated(automatic_options=False)).headers


@pytest.mark.parametrize(
    ("option", "value"),
    [("methods", "GET\r\nX: y"), ("expose_headers", ["X\n"]), ("max_age", "1\r"), ("methods", "\u20ac")],
)
def test_what_cannot_be_in_a_header_is_an_error(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option):
        CORS(bare(), **{option: value})


@pytest.mark.parametrize("value", ["(", re.compile(b"x"), b"https://a.example", [5]])
@pytest.mark.parametrize("option", ["origins", "allow_headers", "resources"])
def test_what_is_no_pattern_is_an_error_at_construction(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option):
        CORS(bare(), **{option: value})
    if option == "origins":
        with pytest.raises(ValueError, match=option):
            cross_origin(origins=value)


def test_unknown_options_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "flask_cors"):
        CORS(bare(), origin=A)  # type: ignore[call-arg]
    (record,) = caplog.records
    assert record.name == "flask_cors.core"
    assert "origin" in record.getMessage()


# Which one counts


def test_a_resource_goes_before_arguments_and_those_before_the_configuration() -> None:
    app = with_views(bare(origins=A, methods=["GET"], max_age=1, expose_headers="X-C"), "/", "/own")
    extension = CORS(resources={"/own": {"origins": B, "max_age": 4}, "/.*": {}}, origins=EVIL, max_age=2)
    extension.init_app(app, max_age=3)
    assert send(app, origin=EVIL).headers[ORIGIN] == EVIL
    assert send(app, "/own", origin=B).headers[ORIGIN] == B
    assert preflight(app, "GET", origin=EVIL).headers[MAX_AGE] == "3"
    assert preflight(app, "GET", path="/own", origin=B).headers[MAX_AGE] == "4"
    assert send(app, origin=EVIL).headers[EXPOSE] == "X-C"
    assert METHODS not in preflight(app, "PUT", origin=EVIL).headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origins", [A, B]),
        ("methods", ["PUT"]),
        ("allow_headers", ["X-A"]),
        ("expose_headers", "X-A"),
        ("max_age", 600),
        ("send_wildcard", True),
        ("vary_header", False),
        ("always_send", False),
        ("allow_private_network", True),
        ("automatic_options", False),
    ],
)
@both
def test_an_option_in_the_configuration_does_what_it_does_as_an_argument(make: Any, name: str, value: Any) -> None:
    configured = bare(**{name: value})
    if make is extended:
        CORS(with_views(configured, "/"))
    else:
        configured.add_url_rule("/", "view", cross_origin()(lambda: "text"), methods=["GET", "PUT"])
    given = make(**{name: value})
    asks = {"names": "X-A, X-B", "Access_Control_Request_Private_Network": "true"}
    for origin in (A, EVIL, None):
        assert send(configured, origin=origin).headers == send(given, origin=origin).headers
        if name != "automatic_options" or make is extended:
            answers = [preflight(app, origin=origin, **asks).headers for app in (configured, given)]
            assert answers[0] == answers[1]


def test_resources_in_the_configuration() -> None:
    app = with_views(bare(resources={"/a": {"origins": A}}, intercept_exceptions=False), "/a", "/b")
    CORS(app)
    assert ORIGIN in send(app, "/a").headers
    assert ORIGIN not in send(app, "/b").headers


def test_none_in_the_configuration_is_not_set() -> None:
    app = with_views(bare(origins=None), "/")
    CORS(app)
    assert send(app).headers[ORIGIN] == A


def test_the_decorator_notices_a_changed_configuration() -> None:
    app = bare(origins=[A])
    app.add_url_rule("/", "view", cross_origin()(lambda: "text"))
    assert ORIGIN not in send(app, origin=B).headers
    app.config["CORS_ORIGINS"].append(B)
    assert send(app, origin=B).headers[ORIGIN] == B
    app.config["CORS_ORIGINS"] = EVIL
    assert ORIGIN not in send(app, origin=B).headers


def test_one_decorated_view_in_two_applications_has_the_configuration_of_each() -> None:
    view = cross_origin()(lambda: "text")
    apps = [bare(origins=A), bare(origins=B)]
    for app in apps:
        app.add_url_rule("/", "view", view)
    for _ in range(3):
        assert [ORIGIN in send(app, origin=A).headers for app in apps] == [True, False]


# Where it applies


@pytest.mark.parametrize("resources", ["/api/*", re.compile("/api/.*"), ["/other", "/api/*"], {"/api/.*": {}}])
def test_a_resource_is_for_paths_that_begin_with_it(resources: Any) -> None:
    app = with_views(bare(), "/", "/api/a")
    CORS(app, resources=resources)
    assert ORIGIN in send(app, "/api/a").headers
    assert ORIGIN in send(app, "/api/missing").headers
    assert ORIGIN not in send(app, "/").headers


def test_a_literal_resource_is_for_one_path() -> None:
    app = with_views(bare(), "/api", "/api/a")
    CORS(app, resources="/api")
    assert [ORIGIN in send(app, path).headers for path in ("/api", "/api/a")] == [True, False]


def test_a_list_of_resources_is_not_sorted() -> None:
    assert [path for path, _ in core.parse_resources(["/.*", "/a"])] == [re.compile("/.*"), "/a"]


@pytest.mark.parametrize("resources", [5, None, 1.5, object()])
def test_other_types_of_resources_are_an_error(resources: Any) -> None:
    with pytest.raises(ValueError, match="resources"):
        CORS(bare(), resources=resources)


def test_a_blueprint_has_its_own_rules_which_go_before_those_of_the_application() -> None:
    app = with_views(bare(origins=EVIL), "/")
    blueprint = Blueprint("api", __name__)
    CORS(blueprint, origins=A)
    blueprint.add_url_rule("/api", "view", lambda: "text")
    app.register_blueprint(blueprint)
    CORS(app, origins=B)
    assert send(app, "/api").headers[ORIGIN] == A
    assert ORIGIN not in send(app, "/api", origin=B).headers
    assert ORIGIN not in send(app, "/api", origin=EVIL).headers
    assert send(app, "/", origin=B).headers[ORIGIN] == B


def test_one_extension_for_several_applications() -> None:
    extension = CORS(origins=A)
    apps = [with_views(bare(), "/") for _ in range(2)]
    for app in apps:
        extension.init_app(app)
        assert send(app).headers[ORIGIN] == A


def test_of_two_extensions_the_later_one_decides_where_it_has_a_rule() -> None:
    app = with_views(bare(), "/", "/api")
    CORS(app, origins=A)
    CORS(app, origins=B, resources="/api")
    assert ORIGIN not in send(app, "/api", origin=A).headers
    answer = send(app, "/api", origin=B).headers
    assert answer.getlist(ORIGIN) == [B]
    assert send(app, "/", origin=A).headers[ORIGIN] == A


def test_the_decorator_goes_before_the_extension() -> None:
    app = decorated(origins=A)
    CORS(app)
    assert ORIGIN not in send(app, origin=B).headers
    assert send(app).headers.getlist(ORIGIN) == [A]


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (extended, "/missing"),
        *((make, path) for make in (extended, decorated) for path in ("/abort", "/raise", "/tea")),
    ],
)
def test_error_responses_get_the_headers(make: Any, path: str) -> None:
    app = bare()
    views = {"/abort": lambda: abort(403), "/raise": lambda: 1 / 0, "/tea": lambda: ("", 418)}
    for name, view in views.items():
        app.add_url_rule(name, name, view if make is extended else cross_origin(origins=[A, B])(view))
    if make is extended:
        CORS(app, origins=[A, B])
    answer = send(app, path)
    assert answer.status_code >= 400
    assert answer.headers.getlist(ORIGIN) == [A]
    assert answer.headers.getlist("Vary") == ["Origin"]


def test_what_the_application_has_set_itself_stays() -> None:
    app = bare()
    for path, decorate in (("/plain", lambda view: view), ("/decorated", cross_origin())):
        app.add_url_rule(path, path, decorate(lambda: ("", {"access-control-allow-origin": B})))
    CORS(app)
    for path in ("/plain", "/decorated"):
        assert send(app, path).headers.getlist(ORIGIN) == [B]


def test_other_headers_that_the_application_has_set_are_not_doubled() -> None:
    app = bare()
    own = {"access-control-allow-credentials": "false", METHODS: "X", MAX_AGE: "9", EXPOSE: "X-Own"}
    app.add_url_rule("/", "view", lambda: ("", own), methods=["OPTIONS"])
    CORS(app, origins=A, supports_credentials=True, expose_headers="X-Two", methods="PUT")
    answer = preflight(app).headers
    assert (answer.getlist(CREDENTIALS), answer.getlist(METHODS)) == (["true"], ["PUT"])
    assert (answer.getlist(MAX_AGE), answer.getlist(EXPOSE)) == (["9"], ["X-Two", "X-Own"])


@pytest.mark.parametrize(
    ("own", "all_of_them"),
    [
        ("Accept-Encoding", ["Accept-Encoding", "Origin"]),
        ("accept, ORIGIN", ["accept, ORIGIN"]),
        ("*", ["*"]),
        ("X-Origin", ["X-Origin", "Origin"]),
    ],
)
def test_vary_is_added_once(own: str, all_of_them: list[str]) -> None:
    app = bare()
    app.add_url_rule("/", "view", lambda: ("", {"Vary": own}))
    CORS(app)
    assert send(app).headers.getlist("Vary") == all_of_them


def test_headers_that_are_a_mapping_are_taken() -> None:
    app = bare()

    @app.route("/")
    def view() -> Response:
        response = Response("text")
        response.headers = {"X-Own": "1"}  # type: ignore[assignment]
        return response

    CORS(app)
    answer = send(app)
    assert (answer.headers["X-Own"], answer.headers[ORIGIN]) == ("1", A)
    with app.test_request_context(headers={"Origin": A}):
        response = core.set_cors_headers(view(), core.get_cors_options(app))
    assert dict(response.headers) == {"X-Own": "1", ORIGIN: A, "Vary": "Origin"}


def test_async_views() -> None:
    app = bare()

    @app.route("/")
    @cross_origin(origins=A)
    async def view() -> str:
        return request.path

    assert send(app).text == "/"
    assert send(app).headers[ORIGIN] == A


def test_views_of_classes() -> None:
    class View(MethodView):
        decorators = [cross_origin(origins=A)]

        def get(self) -> str:
            return "text"

    app = bare()
    app.add_url_rule("/", view_func=View.as_view("view"))
    assert send(app).headers[ORIGIN] == A


def test_the_decorator_keeps_the_name_and_ignores_positional_arguments() -> None:
    @cross_origin("ignored", origins=A)
    def view() -> str:
        """The text."""
        return ""

    assert (view.__name__, view.__doc__) == ("view", "The text.")


# Warnings


def caught(function: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    assert all(warning.category is InsecurePolicyWarning for warning in found)
    assert all(warning.filename == __file__ for warning in found)
    return found


WITH: dict[str, Any] = {"supports_credentials": True}
UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"origins": "*", "supports_credentials": True}, r"^supports_credentials: .*origins=\[\"https://"),
    ({"origins": r"https?://.*", "supports_credentials": True}, r"^supports_credentials: "),
    (
        {"origins": r"https://.*a\.example", **WITH},
        r"^origins: .*lets in https://evila\.example.*\[origin-regex-open\]",
    ),
    ({"origins": [A, re.compile("https://x+")], **WITH}, r"^origins: \"https://x\+\" lets in https://x"),
    ({"origins": ["https://*.vercel.app"], **WITH}, r"^origins: .*\"vercel\.app\".*\[origin-public-suffix\]"),
    ({"origins": r"https://.*\.vercel\.app", **WITH}, r"^origins: .*\[origin-regex-public-suffix\]"),
    ({"origins": "http://192.168.1.5", **WITH}, r"^origins: .*Write 'https://192\.168\.1\.5' \[origin-insecure\]"),
    ({"origins": "http://*.example.com:*", **WITH}, r"^origins: .*Write 'https://\*\.example\.com:\*'"),
    ({"origins": r"https?://app\.example\.com", **WITH}, r"^origins: .*\[origin-regex-insecure\]"),
    ({"origins": "www.example.com"}, r"^origins: 'www.example.com': no browser sends"),
    ({"origins": [A, "https://b.example/"]}, r"^origins: 'https://b.example/': .*Write 'https://b.example'"),
    ({"origins": "HTTPS://B.example"}, r"^origins: .*Write 'https://b.example'"),
    ({"origins": ["null"]}, r"^origins: \"null\" .*\[origin-null\]"),
]


@pytest.mark.parametrize(("options", "text"), UNSAFE, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_is_not_safe_starts_and_warns_once_at_construction(options: dict[str, Any], text: str) -> None:
    def use(make: Any) -> None:
        app = make(**options)
        for origin in (A, EVIL, None):
            assert send(app, origin=origin).status_code == 200
            assert preflight(app, origin=origin).status_code == 200

    for make in (extended, decorated):
        matching = [warning for warning in caught(lambda: use(make)) if re.search(text, str(warning.message))]  # noqa: B023
        assert len(matching) == 1


SLOW = r"https://([a-z]+)*\.example"


def test_a_slow_expression_warns_where_no_engine_makes_it_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastcors._config.expressions._re2", None)
    (warning,) = caught(lambda: CORS(bare(), origins=SLOW, supports_credentials=True))
    assert re.match(r"origins: .* can take very long .*fastcors\[re2\]", str(warning.message))


def test_a_slow_expression_is_fast_in_a_linear_time_engine() -> None:
    pytest.importorskip("re2")
    app = bare()
    assert caught(lambda: CORS(with_views(app, "/"), origins=re.compile(SLOW, re.IGNORECASE))) == []
    assert send(app, origin="https://ABC.example").headers[ORIGIN] == "https://ABC.example"
    assert ORIGIN not in send(app, origin="https://" + "a" * 63 + ".b.example").headers


@pytest.mark.parametrize("regex", [r"https://(?!evil)\w+\.example", r"(?i)https://(\w)\1\.example"])
def test_what_only_re_has_is_matched_by_it(regex: str) -> None:
    app = extended(origins=regex)
    assert send(app, origin="https://aa.example").headers[ORIGIN] == "https://aa.example"
    assert ORIGIN not in send(app, origin="https://evil.example").headers


def test_one_warning_for_all_resources_that_share_an_option() -> None:
    resources: Any = {"/a": {}, "/b": {"max_age": 1}, "/c/.*": {"methods": "GET"}}
    options: Any = {"origins": r"https://.*a\.example", "supports_credentials": True, "resources": resources}
    assert len(caught(lambda: CORS(bare(), **options))) == 1


def test_a_warning_points_at_the_line_that_gave_the_options() -> None:
    def give() -> None:
        extension = CORS(origins="www.example.com")
        extension.init_app(bare())

    (warning,) = caught(give)
    assert warning.lineno == give.__code__.co_firstlineno + 2


def test_the_decorator_warns_of_what_the_configuration_adds() -> None:
    def use() -> None:
        app = bare(origins=r"https://.*a\.example", supports_credentials=True)
        app.add_url_rule("/", "view", cross_origin()(lambda: "text"))
        for _ in range(3):
            send(app)

    (warning,) = caught(use)
    assert "https://evila.example" in str(warning.message)


@pytest.mark.parametrize(
    "options",
    [
        {"origins": r"https://([a-z0-9-]+\.)*example\.com", "supports_credentials": True},
        {"origins": r"https://pr-\d+\.preview\.example\.com", "supports_credentials": True},
        {"origins": ["http://localhost:*", r"https?://127\.0\.0\.1(:\d+)?"], "supports_credentials": True},
        {"origins": [r"https://.*\.vercel\.app", "https://*.vercel.app", "http://192.168.1.5"]},
        {},
        {"origins": A, "supports_credentials": True},
        {"origins": ["https://*.example.com", "http://localhost:*", "http://[::1]:3000", "chrome-extension://abc"]},
        {"origins": "*", "send_wildcard": True},
        {"resources": {"/a": {"origins": A}}, "allow_headers": "X-.*"},
    ],
)
def test_what_is_safe_does_not_warn(options: dict[str, Any]) -> None:
    assert caught(lambda: CORS(bare(), **options)) == []


def test_the_decorator_sees_a_list_that_changes_and_the_extension_has_read_its_own() -> None:
    decorators, extensions = [A], [A]
    app = bare()
    app.add_url_rule("/", "view", cross_origin(origins=decorators)(lambda: "text"))
    extended_app = extended(origins=extensions)
    for origins in (decorators, extensions):
        origins.append("https://new.example")
        origins.remove(A)
    assert send(app, origin="https://new.example").headers[ORIGIN] == "https://new.example"
    assert preflight(app, origin="https://new.example").headers[ORIGIN] == "https://new.example"
    assert ORIGIN not in send(app, origin=A).headers
    assert send(extended_app, origin=A).headers[ORIGIN] == A
    assert ORIGIN not in send(extended_app, origin="https://new.example").headers


# What never gets into a header

OPTIONS: list[dict[str, Any]] = [
    {},
    {"supports_credentials": True},
    {"origins": ".*"},
    {"origins": re.compile(".*", re.DOTALL)},
    {"origins": [r"https?://.*\.example\.com", A]},
    {"origins": ["https://*.example.com", "null", "https://\r\nX: y"], "allow_headers": "x.*"},
    {"origins": r"[\s\S]*", "supports_credentials": True},
]
with warnings.catch_warnings():
    warnings.simplefilter("ignore", InsecurePolicyWarning)
    APPS = [extended(**options) for options in OPTIONS]

latin = st.text(st.characters(max_codepoint=255), max_size=30)
values = st.one_of(
    latin,
    st.builds(lambda a, b, c: f"{a}{b}{c}", st.sampled_from(["", A, "null", "https://x.example.com"]), latin, latin),
    st.lists(st.sampled_from(["x-a", " ", ",", "\r\n", "\t", "\x00", "é", "PUT", "x"]), max_size=8).map("".join),
)


@given(app=st.sampled_from(APPS), origin=values, method=values, names=values)
def test_headers_are_never_split(app: Flask, origin: str, method: str, names: str) -> None:
    environ = EnvironBuilder(method="OPTIONS").get_environ()
    asked = {"ORIGIN": origin, "ACCESS_CONTROL_REQUEST_METHOD": method, "ACCESS_CONTROL_REQUEST_HEADERS": names}
    environ.update({f"HTTP_{name}": value for name, value in asked.items()})
    for verb in ("OPTIONS", "GET"):
        _, status, headers = run_wsgi_app(app, {**environ, "REQUEST_METHOD": verb})
        assert status.startswith("200")
        for name, value in headers:
            assert re.fullmatch("[ -~]*", value), (name, value)
        assert len(headers.getlist(ORIGIN)) <= 1
        assert headers.get(ORIGIN) in (None, "*", A, origin)
        for name in headers.get(HEADERS, "").split(", "):
            assert re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*", name)


# The names


def test_the_modules_have_the_names_that_people_import() -> None:
    assert flask_cors.__all__ == ["CORS", "__version__", "cross_origin"]
    assert flask_cors.__version__ == "6.0.5"
    assert all(hasattr(core, name) for name in core.__all__)
    assert core.ALL_METHODS[0] == "GET"
    assert set(core.CONFIG_OPTIONS) == {f"CORS_{name.upper()}" for name in core.DEFAULT_OPTIONS}


def test_the_functions_of_core_answer_like_the_extension() -> None:
    app = bare(max_age=5)
    options = core.get_cors_options(app, {"origins": [A, B]}, {"expose_headers": ["X-B", "X-A"]})
    assert core.get_cors_origins(options, A) == [A]
    assert core.get_cors_origins(options, EVIL) is None
    asked = {"Origin": A, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Private-Network": "true"}
    assert dict(core.get_cors_headers(options, asked, "OPTIONS")) == {
        ORIGIN: A,
        EXPOSE: "X-A, X-B",
        "Access-Control-Allow-Private-Network": "false",
        MAX_AGE: "5",
        METHODS: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "Vary": "Origin",
    }
    assert A in repr(options)
    with app.test_request_context(headers={"Origin": A}):
        response = core.set_cors_headers(core.set_cors_headers(Response(), options), options)
    assert response.headers.getlist(ORIGIN) == [A]


@pytest.mark.parametrize(
    ("regex", "number"),
    [
        ("/api/.*", 5),
        ("^/api/v1$", 7),
        ("/api/*", 4),
        (r"/a\.b\+c\d", 6),
        ("/one|/four", 4),
        ("/(api|static)/[a-z]", 5),
        ("(?i)(?:/admin)/.*", 7),
        (re.compile("/ a # b", re.VERBOSE), 2),
        ("/a+b{3}c?", 5),
        ("/.*/secret", 8),
        ("(", 0),
        ("", 0),
    ],
)
def test_how_many_characters_of_a_path_are_certain(regex: str, number: int) -> None:
    assert fixed_characters(regex) == number


@pytest.mark.parametrize(
    ("path", "runs", "allowed"),
    [
        ("/api/x", b"open", True),
        ("//api/x", b"open", True),
        ("/admin/secret", b"secret", False),
        ("//admin/secret", b"secret", False),
        ("///admin/secret", b"secret", False),
        ("admin/secret", b"secret", False),
        ("/admin//secret", None, False),
        ("/./admin/secret", None, False),
        ("/x/../admin/secret", None, False),
        ("/%2Fadmin/secret", None, False),
        ("//exact", b"secret", False),
    ],
)
def test_a_resource_is_found_by_the_path_that_flask_routes_by(path: str, runs: bytes | None, allowed: bool) -> None:
    app = bare()
    texts = {"/api/x": "open", "/admin/secret": "secret", "/exact": "secret"}
    for rule, text in texts.items():
        app.add_url_rule(rule, rule, lambda text=text: text)
    resources = {r"/admin/*": {"origins": B}, "/exact": {"origins": B}, r"/*": {"origins": A}}
    CORS(app, resources=resources)
    environ = EnvironBuilder(headers={"Origin": A}).get_environ()
    environ["PATH_INFO"] = path
    chunks, status, headers = run_wsgi_app(app, environ)
    body = b"".join(chunks)
    assert (body if status == "200 OK" else None) == runs
    assert headers.get(ORIGIN) == (A if allowed else None)


# The shim in front, and the ways past it


def wrapped(app: Flask) -> Flask:
    """Return an application with something else in front of it, to which ``CORS`` writes through Flask's responses."""
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    return app


class Subclass(Flask):
    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        return super().wsgi_app(environ, start_response)


@pytest.mark.parametrize("options", [{}, {"origins": [A, B], "max_age": 5, "allow_headers": "x-.*"}])
@pytest.mark.parametrize("base", [lambda: wrapped(bare()), lambda: Subclass(__name__)])
def test_where_no_shim_can_be_in_front_the_answers_are_the_same(base: Any, options: Any) -> None:
    app = with_views(base(), "/")
    CORS(app, **options)
    usual = extended(**options)
    for origin in (A, EVIL, None):
        assert send(app, origin=origin).headers == send(usual, origin=origin).headers
        past, before = (preflight(each, origin=origin, names="x-a").headers for each in (app, usual))
        assert [item for item in past if item[0].startswith("Access-")] == [
            item for item in before if item[0].startswith("Access-")
        ]


def test_a_preflight_is_answered_before_routing_where_no_view_is_asked_about_options() -> None:
    app = extended(origins=A)
    ran = []
    app.before_request(lambda: ran.append(1))
    for path in ("/", "/missing"):
        answer = preflight(app, path=path)
        assert (answer.status_code, answer.data, answer.headers[ORIGIN]) == (200, b"", A)
        assert preflight(app, path=path, origin=EVIL).status_code == 200
        assert ORIGIN not in preflight(app, path=path, origin=EVIL).headers
    assert ran == []
    send(app)
    assert ran == [1]


def test_a_preflight_goes_to_a_view_that_is_asked_about_options() -> None:
    app = with_views(bare(), "/")
    app.add_url_rule("/own", "own", lambda: ("own", {"X-Own": "1"}), methods=["OPTIONS"])
    CORS(app, origins=A)
    answer = preflight(app, path="/own")
    assert (answer.text, answer.headers["X-Own"], answer.headers[ORIGIN]) == ("own", "1", A)
    assert "OPTIONS" in preflight(app).headers["Allow"]


def test_a_preflight_of_a_blueprint_with_options_of_its_own_gets_those() -> None:
    app = with_views(bare(), "/")
    blueprint = Blueprint("api", __name__)
    CORS(blueprint, origins=A, max_age=7)
    blueprint.add_url_rule("/api", "view", lambda: "text", methods=["PUT"])
    app.register_blueprint(blueprint)
    CORS(app, origins=B)
    assert preflight(app, path="/api").headers[MAX_AGE] == "7"
    assert ORIGIN not in preflight(app, path="/api", origin=B).headers
    assert preflight(app, path="/", origin=B).headers[ORIGIN] == B


@both
def test_a_request_for_a_private_network_is_answered_with_false_where_it_is_not_allowed(make: Any) -> None:
    network = "Access-Control-Allow-Private-Network"
    asks = {"Access_Control_Request_Private_Network": "true"}
    for allowed, said in ((True, "true"), (False, "false")):
        app = make(allow_private_network=allowed)
        assert preflight(app, **asks).headers[network] == said
        assert network not in preflight(app).headers
        assert network not in send(app).headers


def test_an_answer_explains_itself() -> None:
    options = core.get_cors_options(bare(), {"origins": [A], "methods": ["GET"]})
    decision = options.engine.decide("OPTIONS", EVIL, "GET")
    assert decision.reason is Reason.ORIGIN_NOT_ALLOWED
    assert "evil.example" in decision.explain()
    assert options.engine.decide("OPTIONS", A, "PUT").reason is Reason.METHOD_NOT_ALLOWED


def test_at_the_level_debug_every_decision_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "flask_cors"):
        app = with_views(bare(), "/", "/other")
        CORS(app, origins=A, resources="/")
        for path, origin in (("/", A), ("/", EVIL), ("/other", A)):
            send(app, path, origin=origin)
    lines = [record.getMessage() for record in caplog.records if record.name == "flask_cors.core"]
    assert any("ok" in line for line in lines)
    assert any("origin-not-allowed" in line for line in lines)
    assert any("/other" in line for line in lines)
