"""Which options count for a request to the drop-in for Flask-CORS, and which responses get the headers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Blueprint, Response, abort, request
from flask.views import MethodView

from fastcors.compat.flask_cors import CORS, core, cross_origin
from tests.compat.flask_cors.apps import (
    CREDENTIALS,
    EVIL,
    EXPOSE,
    MAX_AGE,
    METHODS,
    ORIGIN,
    A,
    B,
    bare,
    both,
    decorated,
    extended,
    preflight,
    send,
    with_views,
)


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
