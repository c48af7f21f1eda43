"""What is Pyramid's own: ``config.include`` and the settings, also as the text of an ini file."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyramid")
pytest.importorskip("webtest")

import fastcors.pyramid
from fastcors import Policy, PolicyError
from tests.unit.frameworks.applications import ACAO, OTHER, SITE, configurator, webtest_ask

POLICY = Policy(allow_origins=[SITE], allow_methods=["PUT"])


def allows(origin: str) -> bool:
    """A function of origins that a dotted name names."""
    return origin == SITE


def application(**settings: Any) -> Any:
    """Make an application with these settings of fastcors."""
    config = configurator({f"fastcors.{name}": value for name, value in settings.items()})
    config.include("fastcors.pyramid")
    return config.make_wsgi_app()


def policy_of(**settings: Any) -> Any:
    return application(**settings).registry["fastcors"].policy


def origins(app: Any, path: str = "/hello") -> list[str]:
    return webtest_ask(app, "GET", path, {"Origin": SITE}).values(ACAO)


@pytest.mark.parametrize(
    "settings",
    [
        {"allow_origins": [SITE], "allow_methods": ["PUT"]},
        {"allow_origins": SITE, "allow_methods": "PUT"},
        {"allow_origins": f"\n    {SITE}\n", "allow_methods": "\n PUT "},
        {"policy": POLICY},
        {"policy": {"allow_origins": [SITE], "allow_methods": ["PUT"]}},
        {"policy": f"{__name__}.POLICY"},
    ],
)
def test_a_policy_is_said_in_objects_or_in_text(settings: dict[str, Any]) -> None:
    assert policy_of(**settings) == POLICY
    app = application(**settings)
    assert origins(app) == origins(app, "/nowhere") == [SITE]


def test_the_text_of_each_kind_of_parameter_is_read() -> None:
    found = policy_of(
        allow_origins=f"{SITE} {OTHER}",
        allow_methods="*",
        allow_headers="X-A X-B",
        allow_credentials="Yes",
        max_age=" 600 ",
        disclose="minimal",
        preflight_status="200",
        debug="off",
        origin_timeout="0.5",
    )
    assert found == Policy(
        allow_origins=[SITE, OTHER],
        allow_methods="*",
        allow_headers=["X-A", "X-B"],
        allow_credentials=True,
        max_age=600,
        disclose="minimal",
        preflight_status=200,
        origin_timeout=0.5,
    )


def test_a_function_of_origins_is_a_dotted_name() -> None:
    assert origins(application(allow_origin_func=f"{__name__}.allows")) == [SITE]


def test_routes_and_options_are_settings() -> None:
    app = application(routes={"/items/": POLICY, "/hello": None}, handle_errors="true")
    assert (origins(app), origins(app, "/items/7")) == ([], [SITE])


def test_handle_errors_answers_for_an_exception_that_has_no_view() -> None:
    config = configurator({"fastcors.allow_origins": SITE, "fastcors.handle_errors": "on"})
    config.include("fastcors.pyramid")

    def crash(request: Any) -> Any:
        raise ZeroDivisionError

    config.add_route("crash", "/crash")
    config.add_view(crash, route_name="crash")
    started: list[Any] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/crash", "HTTP_ORIGIN": SITE}
    environ |= {"SERVER_NAME": "test", "SERVER_PORT": "80", "SCRIPT_NAME": "", "wsgi.url_scheme": "http"}
    body = config.make_wsgi_app()(environ, lambda *arguments: started.append(arguments))
    assert b"".join([next(iter(body))]) == b"Internal Server Error"
    with pytest.raises(ZeroDivisionError):
        next(iter(body))
    assert ("Access-Control-Allow-Origin", SITE) in started[0][1]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"allow_origins": f"{SITE}/"}, "allow_origins"),
        ({"allow_origins": SITE, "allow_credentials": "maybe"}, "allow_credentials"),
        ({"allow_origins": SITE, "max_age": "ten"}, "max_age"),
        ({"allow_origins": SITE, "handle_errors": "maybe"}, "handle_errors"),
        ({"alow_origins": SITE}, "alow_origins"),
    ],
)
def test_what_is_wrong_is_refused_when_it_is_included(settings: dict[str, Any], field: str) -> None:
    config = configurator({f"fastcors.{name}": value for name, value in settings.items()})
    with pytest.raises(PolicyError) as caught:
        config.include("fastcors.pyramid")
    assert field in [issue.field.partition("[")[0] for issue in caught.value.issues]


def test_settings_that_allow_nothing_are_refused() -> None:
    with pytest.raises(TypeError, match=r"nothing is allowed: set fastcors\.allow_origins"):
        application()
    with pytest.raises(TypeError, match="nothing is allowed"):
        application(handle_errors=True)


def test_each_application_of_a_configuration_has_a_shim_of_its_own() -> None:
    config = configurator({"fastcors.allow_origins": iter([SITE])})
    config.include("fastcors.pyramid")
    first, second = config.make_wsgi_app(), config.make_wsgi_app()
    second.registry["fastcors"].policy = None  # the registry is one, and has the last
    assert (origins(first), origins(second)) == ([SITE], [])
    with pytest.raises(RuntimeError, match="has CORS already"):
        fastcors.pyramid.CORS(first, POLICY)


def test_an_exception_that_has_no_view_passes() -> None:
    config = configurator({"fastcors.allow_origins": SITE})
    config.include("fastcors.pyramid")

    def crash(request: Any) -> Any:
        raise ZeroDivisionError

    config.add_route("crash", "/crash")
    config.add_view(crash, route_name="crash")
    with pytest.raises(ZeroDivisionError):
        origins(config.make_wsgi_app(), "/crash")
