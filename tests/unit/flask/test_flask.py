"""The extension ``fastcors.flask.CORS``, and what a wrong use of the module says."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import abort
from werkzeug.middleware.proxy_fix import ProxyFix

import fastcors
from fastcors import Policy, PolicyError
from fastcors.flask import CORS, cors_exempt, cross_origin
from tests.support.exchange import Req
from tests.unit.flask.apps import (
    ACAM,
    ACAO,
    APP,
    APP_POLICY,
    EVIL,
    VIEW,
    VIEW_POLICY,
    allowed_only_from,
    call,
    cors,
    make_app,
    preflight,
)


class TestExtension:
    def test_every_response_of_the_application_gets_the_headers(self) -> None:
        app = make_app("extension")

        @app.get("/ok")
        def ok() -> str:
            return "ok"

        @app.get("/slash/")
        def slash() -> str:
            return "slash"

        @app.get("/abort")
        def aborting() -> str:
            abort(418)

        @app.get("/raise")
        def raising() -> str:
            raise ZeroDivisionError

        for path, method, status in (
            ("/ok", "GET", 200),
            ("/ok", "HEAD", 200),
            ("/ok", "OPTIONS", 200),
            ("/ok", "DELETE", 405),
            ("/slash", "GET", 308),
            ("/abort", "GET", 418),
            ("/raise", "GET", 500),
            ("/nowhere", "GET", 404),
        ):
            response = call(app, path, APP, method)
            assert (response.status_code, cors(response)) == (status, {ACAO: APP, "Vary": "Origin"})

    @pytest.mark.parametrize("setting", ["TESTING", "PROPAGATE_EXCEPTIONS"])
    def test_exceptions_that_flask_lets_through_reach_the_debugger(self, setting: str) -> None:
        app = make_app("extension", **{setting: True})

        @app.get("/raise")
        def raising() -> str:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            call(app, "/raise", APP)

    def test_handle_errors_answers_what_flask_lets_through_and_raises_it_again(self) -> None:
        app = make_app(TESTING=True)
        CORS(app, APP_POLICY, handle_errors=True)

        @app.get("/raise")
        def raising() -> str:
            raise ZeroDivisionError

        starts: list[Any] = []
        body = app(Req(b"GET", (APP.encode(),)).environ() | {"PATH_INFO": "/raise"}, lambda *args: starts.append(args))
        assert next(iter(body)) == b"Internal Server Error"
        ((status, headers, _),) = starts
        assert (status[:3], (ACAO, APP) in headers) == ("500", True)
        with pytest.raises(ZeroDivisionError):
            next(iter(body))

    @pytest.mark.parametrize("path", ["/thing", "/nowhere"])
    def test_preflights_are_answered_before_authentication_and_routing(self, path: str) -> None:
        app = make_app("extension")

        @app.before_request
        def authenticate() -> None:
            abort(401)

        @app.put("/thing")
        def thing() -> str:
            return "thing"

        response = preflight(app, path, origin=APP)
        assert (response.status_code, response.data) == (204, b"")
        assert cors(response)[ACAO] == APP
        assert preflight(app, path, origin=EVIL).status_code == 403
        assert call(app, "/thing", APP, "PUT").status_code == 401

    def test_preflight_continue_lets_the_application_answer(self) -> None:
        app = make_app()
        CORS(app, APP_POLICY, preflight_continue=True)
        app.add_url_rule("/thing", "thing", lambda: "x", methods=["PUT"])
        response = preflight(app, "/thing", origin=APP)
        assert (response.status_code, cors(response)[ACAO], cors(response)[ACAM]) == (200, APP, "PATCH, PUT")
        assert set(response.allow) == {"PUT", "OPTIONS"}

    def test_on_conflict_keep_keeps_what_the_view_set(self) -> None:
        app = make_app()
        CORS(app, APP_POLICY, on_conflict="keep")
        app.add_url_rule("/thing", "thing", lambda: ("x", {ACAO: "https://own.example"}))
        assert cors(call(app, "/thing", APP)) == {ACAO: "https://own.example", "Vary": "Origin"}

    def test_parameters_make_the_policy(self) -> None:
        app = make_app()
        CORS(app, allow_origins=[APP], max_age=60)
        assert app.extensions["fastcors"].policy == Policy(allow_origins=[APP], max_age=60)

    def test_routes_choose_by_path(self) -> None:
        app = make_app()
        CORS(app, routes={"/api/": APP_POLICY, "/api/off": None})
        app.add_url_rule("/<path:path>", "any", lambda path: path)
        allowed_only_from(app, "/api/x", APP)
        for path in ("/api/off", "/other"):
            assert cors(call(app, path, APP)) == {}

    def test_a_views_own_policy_goes_before_the_routes(self) -> None:
        app = make_app()
        CORS(app, routes={"/api/": APP_POLICY, "/off/": None})
        app.add_url_rule("/api/x", "api", cross_origin(VIEW_POLICY)(lambda: "x"))
        app.add_url_rule("/off/x", "off", cross_origin(VIEW_POLICY)(lambda: "x"))
        for path in ("/api/x", "/off/x"):
            allowed_only_from(app, path, VIEW)
            assert preflight(app, path).status_code == 204

    def test_the_policy_can_be_replaced_while_it_runs(self) -> None:
        app = make_app("extension")
        app.add_url_rule("/", "root", lambda: "x")
        assert cors(call(app, "/", EVIL)) == {"Vary": "Origin"}
        app.extensions["fastcors"].policy = Policy(allow_origins=[EVIL])
        assert cors(call(app, "/", EVIL)) == {ACAO: EVIL, "Vary": "Origin"}
        app.extensions["fastcors"].policy = None
        assert cors(call(app, "/", EVIL)) == {}

    def test_one_extension_serves_several_applications(self) -> None:
        extension = CORS(allow_methods=["PUT"])
        apps = [make_app(CORS_ALLOW_ORIGINS=[origin]) for origin in (APP, VIEW)]
        for app in apps:
            extension.init_app(app)
            app.add_url_rule("/", "root", lambda: "x", methods=["PUT"])
        for app, origin in zip(apps, (APP, VIEW), strict=True):
            assert cors(preflight(app, "/", origin=origin))[ACAM] == "PUT"
            assert app.extensions["fastcors"].policy == Policy(allow_origins=[origin], allow_methods=["PUT"])

    def test_what_can_be_read_once_serves_several_applications_too(self) -> None:
        extension = CORS(allow_origins=iter([APP]), allow_methods=(name for name in ["PUT"]))
        for _ in range(2):
            app = make_app()
            extension.init_app(app)
            assert app.extensions["fastcors"].policy == Policy(allow_origins=[APP], allow_methods=["PUT"])

    def test_views_may_be_added_after_a_preflight_was_answered(self) -> None:
        app = make_app("extension")
        assert preflight(app, "/own", origin=APP).status_code == 204
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(lambda: "x"), methods=["GET", "PUT"])
        assert preflight(app, "/own", origin=APP).status_code == 403
        assert preflight(app, "/own", origin=VIEW).status_code == 204
        allowed_only_from(app, "/own", VIEW)

    def test_the_first_requests_may_come_together(self) -> None:
        app = make_app("extension")
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(lambda: "x"))
        together = threading.Barrier(4)
        found: list[dict[str, str]] = []

        def first() -> None:
            together.wait(10)
            found.append(cors(call(app, "/own", VIEW)))

        threads = [threading.Thread(target=first) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert found == [{ACAO: VIEW, "Vary": "Origin"}] * 4

    def test_other_middleware_may_be_outside_and_inside(self) -> None:
        app = make_app()
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
        CORS(app, APP_POLICY)
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(lambda: "x"))
        allowed_only_from(app, "/own", VIEW)


class TestWrongUse:
    def test_an_application_that_has_cors_is_not_wrapped_again(self) -> None:
        app = make_app("extension")
        with pytest.raises(RuntimeError, match="has CORS already"):
            CORS(app, VIEW_POLICY)
        with pytest.raises(RuntimeError, match="has CORS already"):
            CORS().init_app(app)
        app = make_app()
        app.wsgi_app = fastcors.wsgi.CORSMiddleware(app.wsgi_app, APP_POLICY)  # type: ignore[method-assign]
        with pytest.raises(RuntimeError, match="has CORS already"):
            CORS(app)

    @pytest.mark.parametrize("make", [lambda **given: CORS(**given), lambda **given: CORS(make_app(), **given)])
    def test_only_one_of_policy_routes_and_parameters(self, make: Callable[..., object]) -> None:
        routes = {"/": APP_POLICY}
        for given in (
            {"policy": APP_POLICY, "allow_origins": [APP]},
            {"policy": APP_POLICY, "routes": routes},
            {"routes": routes, "allow_methods": ["PUT"]},
        ):
            with pytest.raises(TypeError):
                make(**given)

    @pytest.mark.parametrize("make", [lambda **given: CORS(**given), lambda **given: CORS(make_app(), **given)])
    def test_a_route_begins_with_a_slash(self, make: Callable[..., object]) -> None:
        with pytest.raises(PolicyError):
            make(routes={"api/": APP_POLICY})

    def test_everything_wrong_with_parameters_is_reported_at_once(self) -> None:
        with pytest.raises(PolicyError) as caught:
            CORS(make_app(), origins=[APP], allow_origins=["https://A.example/"], max_age=-1)
        assert [issue.field for issue in caught.value.issues] == ["allow_origins", "max_age", "origins"]
        with pytest.raises(PolicyError) as caught:
            CORS(supports_credentials=True)
        assert [(issue.code, issue.hint) for issue in caught.value.issues] == [
            ("unknown-parameter", "allow_credentials")
        ]

    def test_an_app_is_a_flask_application(self) -> None:
        for wrong in (make_app().wsgi_app, "app"):
            with pytest.raises(TypeError, match=r"flask\.Flask"):
                CORS(wrong, APP_POLICY)  # type: ignore[arg-type]

    @pytest.mark.parametrize("wrong", ["https://a.example", {"allow_origins": "*"}, Policy, ["https://a.example"]])
    def test_a_policy_is_a_policy(self, wrong: Any) -> None:
        for make in (lambda: CORS(policy=wrong), lambda: CORS(make_app(), wrong), lambda: cross_origin(wrong)):
            with pytest.raises(TypeError, match="Policy"):
                make()

    def test_an_async_function_is_refused(self) -> None:
        async def allow(origin: str) -> bool:
            return True

        given: Any = {"allow_origin_func": allow}
        policy = Policy(**given)
        for make in (
            lambda: CORS(make_app(), **given),
            lambda: CORS(policy=policy),
            lambda: CORS(routes={"/": policy}),
            lambda: cross_origin(policy),
            lambda: cross_origin(**given),
        ):
            with pytest.raises(TypeError, match="async"):
                make()

    def test_a_failed_init_leaves_the_application_as_it_was(self) -> None:
        app = make_app()
        before = app.wsgi_app
        with pytest.raises(PolicyError):
            CORS(app, allow_origins=[])
        assert app.wsgi_app == before
        assert "fastcors" not in app.extensions

    def test_decorators_say_how_they_are_written(self) -> None:
        def view() -> str:
            return "x"

        with pytest.raises(TypeError, match=r"@cross_origin\(policy\)"):
            cross_origin(view)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="not both"):
            cross_origin(VIEW_POLICY, allow_origins=[VIEW])
        with pytest.raises(PolicyError):
            cross_origin()
        with pytest.raises(TypeError, match="automatic_options"):
            cross_origin(VIEW_POLICY, automatic_options="yes")  # type: ignore[arg-type]
        for wrong in (None, 5, "view", staticmethod(view)):
            with pytest.raises(TypeError, match="view"):
                cors_exempt(wrong)  # type: ignore[type-var]
        with pytest.raises(TypeError, match="View"):
            cors_exempt(dict)  # type: ignore[type-var]

    def test_without_flask_the_extra_is_named(self) -> None:
        code = """
            import sys
            sys.modules["flask"] = None
            import fastcors
            try:
                import fastcors.flask
            except ImportError as error:
                assert "fastcors[flask]" in str(error), error
            else:
                raise AssertionError
        """
        subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)

    def test_fastcors_itself_does_not_import_flask(self) -> None:
        code = "import sys, fastcors, fastcors.asgi, fastcors.wsgi; assert 'flask' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
