"""What ``app.config`` says to ``fastcors.flask``."""

from __future__ import annotations

from typing import Any

import pytest

from fastcors import Policy, PolicyError
from fastcors.flask import CORS
from tests.support.exchange import Req
from tests.unit.flask.apps import (
    ACAO,
    APP,
    APP_POLICY,
    VIEW,
    VIEW_POLICY,
    call,
    cors,
    make_app,
    preflight,
)


class TestConfiguration:
    def policy_of(self, config: dict[str, Any], **given: Any) -> Any:
        app = make_app(**config)
        CORS(app, **given)
        return app.extensions["fastcors"].policy

    def test_every_parameter_has_a_name(self) -> None:
        parameters: dict[str, Any] = {
            **VIEW_POLICY.to_dict(),
            "max_age": 60,
            "debug": True,
            "disclose": "minimal",
            "expose_headers": ["etag"],
        }
        config = {f"CORS_{name.upper()}": value for name, value in parameters.items()}
        assert self.policy_of(config) == Policy(**parameters)

    @pytest.mark.parametrize("policy", [VIEW_POLICY, VIEW_POLICY.to_dict()])
    def test_a_policy_may_be_one_or_a_mapping(self, policy: Any) -> None:
        assert self.policy_of({"CORS_POLICY": policy}) == VIEW_POLICY

    @pytest.mark.parametrize("policy", [VIEW_POLICY, VIEW_POLICY.to_dict()])
    def test_routes(self, policy: Any) -> None:
        app = make_app(CORS_ROUTES={"/api/": policy, "/api/off": None})
        CORS(app)
        assert dict(app.extensions["fastcors"].routes) == {"/api/": VIEW_POLICY, "/api/off": None}

    def test_options_of_the_shim(self) -> None:
        app = make_app(CORS_POLICY=APP_POLICY, CORS_ON_CONFLICT="keep", CORS_PREFLIGHT_CONTINUE=True)
        CORS(app)
        app.add_url_rule("/", "root", lambda: ("x", {ACAO: "*"}), methods=["PUT"])
        app.add_url_rule("/own", "own", lambda: ("x", {ACAO: "*"}), methods=["OPTIONS"])
        assert cors(call(app, "/", APP, "PUT"))[ACAO] == "*"
        assert cors(preflight(app, "/own", origin=APP))[ACAO] == "*"
        assert preflight(app, "/", origin=APP).status_code == 204  # Flask's own OPTIONS says nothing about CORS

    def test_handle_errors(self) -> None:
        app = make_app(CORS_POLICY=APP_POLICY, CORS_HANDLE_ERRORS=True, TESTING=True)
        CORS(app)
        app.add_url_rule("/thing", "thing", lambda: 1 / 0)
        starts: list[Any] = []
        body = app(Req().environ(), lambda *args: starts.append(args))
        assert next(iter(body)) == b"Internal Server Error"
        assert starts[0][0].startswith("500 ")

    def test_nothing_configured_is_no_cors(self) -> None:
        app = make_app(CORS_POLICY=None, CORS_ROUTES=None, SECRET_KEY="x")
        CORS(app)
        assert (app.extensions["fastcors"].policy, app.extensions["fastcors"].routes) == (None, None)
        assert cors(call(app, "/", APP)) == {}

    def test_arguments_win(self) -> None:
        parameters = {"CORS_ALLOW_ORIGINS": [VIEW], "CORS_MAX_AGE": 5}
        assert self.policy_of(parameters, policy=APP_POLICY) == APP_POLICY
        assert self.policy_of(parameters, routes={"/": APP_POLICY}) is None
        assert self.policy_of(parameters, max_age=7) == Policy(allow_origins=[VIEW], max_age=7)
        assert self.policy_of({"CORS_POLICY": VIEW_POLICY}, allow_origins=[APP]) == Policy(allow_origins=[APP])
        assert self.policy_of({"CORS_ROUTES": {"/": VIEW_POLICY}}, allow_origins=[APP]) == Policy(allow_origins=[APP])

    def test_those_of_init_app_go_before_those_of_the_constructor(self) -> None:
        app = make_app(CORS_MAX_AGE=5)
        CORS(allow_origins=[VIEW], debug=True).init_app(app, allow_origins=[APP])
        assert app.extensions["fastcors"].policy == Policy(allow_origins=[APP], debug=True, max_age=5)
        app = make_app(CORS_MAX_AGE=5)
        CORS(allow_origins=[VIEW], on_conflict="keep").init_app(app, APP_POLICY)
        assert app.extensions["fastcors"].policy == APP_POLICY

    def test_a_configuration_of_two_kinds_is_refused(self) -> None:
        with pytest.raises(TypeError):
            self.policy_of({"CORS_POLICY": APP_POLICY, "CORS_ALLOW_ORIGINS": [APP]})

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("CORS_ORIGINS", "CORS_ALLOW_ORIGINS"),
            ("CORS_METHODS", "CORS_ALLOW_METHODS"),
            ("CORS_SUPPORTS_CREDENTIALS", "CORS_ALLOW_CREDENTIALS"),
            ("CORS_RESOURCES", "CORS_ROUTES"),
            ("CORS_AUTOMATIC_OPTIONS", "CORS_PREFLIGHT_CONTINUE"),
            ("CORS_INTERCEPT_EXCEPTIONS", "CORS_HANDLE_ERRORS"),
            ("CORS_SEND_WILDCARD", None),
            ("CORS_VARY_HEADER", None),
            ("CORS_ALWAYS_SEND", None),
            ("CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ORIGINS"),
            ("CORS_PREFLIGHT_MAX_AGE", "CORS_MAX_AGE"),
            ("CORS_ON_CONFLCT", "CORS_ON_CONFLICT"),
        ],
    )
    def test_an_unknown_name_is_an_issue_with_the_nearest_known_one(self, name: str, hint: str | None) -> None:
        for given in ({}, {"policy": APP_POLICY}):
            with pytest.raises(PolicyError) as caught:
                self.policy_of({name: "x", "CORS_ALLOW_HEADERS": []}, **given)
            assert [issue[:3] + issue[4:] for issue in caught.value.issues] == [("unknown-parameter", name, "x", hint)]

    def test_all_that_is_wrong_is_reported_with_its_name(self) -> None:
        config = {
            "CORS_ROUTES": {"/a/": {"allow_origins": ["https://A.example"]}, "/b/": {"max_age": -1}},
            "CORS_ORIGIN": "x",
        }
        with pytest.raises(PolicyError) as caught:
            self.policy_of(config)
        assert [issue.field for issue in caught.value.issues] == [
            "routes['/a/'].allow_origins",
            "routes['/b/'].allow_origins",
            "routes['/b/'].max_age",
            "CORS_ORIGIN",
        ]
