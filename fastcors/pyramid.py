"""CORS for Pyramid applications: ``config.include("fastcors.pyramid")``, or ``CORS(app, …)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

try:
    from pyramid.events import ApplicationCreated
    from pyramid.router import Router
    from pyramid.settings import aslist, falsey, truthy
except ImportError as error:
    raise ImportError('fastcors.pyramid needs Pyramid, which pip install "fastcors[pyramid]" brings') from error

from fastcors._config.parameters import TABLE
from fastcors._config.readable import PARAMETERS
from fastcors._shims.attach import INSTEAD, check_kind, check_no_shim, put_before_wsgi_calls, shim_before_calls
from fastcors._shims.options import NOT_GIVEN
from fastcors.policy import Policy
from fastcors.wsgi import CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from pyramid.config import Configurator
    from typing_extensions import Unpack

    from fastcors._shims.attach import ShimArguments
    from fastcors._shims.routes import Routes

__all__ = ["CORS", "includeme"]

_PREFIX = "fastcors."
_REGISTRY_KEY = "fastcors"
_FORMS = {
    **{parameter.name: parameter.form.kind for parameter in TABLE},
    "policy": "none",
    "handle_errors": "flag",
    "preflight_continue": "flag",
}
"""How the text of each argument is read."""


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Router,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ShimArguments],
) -> CORSMiddleware:
    """Put CORS in front of what ``config.make_wsgi_app()`` returned, and return the shim.

    The shim stands outside of all tweens and exception views, so that every response has the headers. ``app`` stays
    the object that it was: ``pserve``, servers and test clients get it. The shim is ``app.registry["fastcors"]`` too:
    its ``policy`` and ``routes`` may be replaced while requests run.

    The arguments are those of :class:`fastcors.wsgi.CORSMiddleware`.

    Raises TypeError where ``app`` is no Pyramid application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Router, "pyramid.router.Router, which config.make_wsgi_app() returns")
    check_no_shim(f"the application {app!r:.100}", [shim_before_calls(app)], INSTEAD)
    shim = put_before_wsgi_calls(app, lambda behind: CORSMiddleware(behind, policy, routes=routes, **arguments))
    app.registry[_REGISTRY_KEY] = shim
    return shim


def includeme(config: Configurator) -> None:
    """Put CORS in front of each application that ``config`` makes: ``config.include("fastcors.pyramid")``.

    The settings say what is allowed: ``fastcors.`` and the name of an argument of
    :class:`fastcors.wsgi.CORSMiddleware`, as objects or as the text of an ini file. There, lists have white space
    between their elements, and ``fastcors.policy`` and ``fastcors.allow_origin_func`` are dotted names.

    Raises PolicyError with everything that is wrong in them, and TypeError where they allow nothing.
    """
    given = _read(config.registry.settings, config.maybe_dotted)
    if not given:
        raise TypeError(
            "nothing is allowed: set fastcors.allow_origins, fastcors.policy or fastcors.routes in the settings before"
            ' config.include("fastcors.pyramid")'
        )
    checked = CORSMiddleware(_no_app, **given)
    options = {name: value for name, value in given.items() if name not in (*PARAMETERS, "policy", "routes")}

    def put(event: ApplicationCreated) -> None:
        if checked.routes is None:
            CORS(event.app, checked.policy, **options)
        else:
            CORS(event.app, routes=checked.routes, **options)

    config.add_subscriber(put, ApplicationCreated)


def _no_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise AssertionError("never called")


def _read(settings: Mapping[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the arguments that the settings have; ``resolve`` turns dotted names into what they name."""
    given: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(key, str) and key.startswith(_PREFIX):
            name = key.removeprefix(_PREFIX)
            given[name] = _read_text(name, value.strip(), resolve) if isinstance(value, str) else value
    if isinstance(given.get("policy"), Mapping):
        given["policy"] = Policy.from_dict(given["policy"])
    return given


def _read_text(name: str, text: str, resolve: Callable[[Any], Any]) -> Any:
    """Return what the text of an ini file stands for; text that stands for nothing is the policy's to refuse."""
    kind = _FORMS.get(name)
    if kind == "none":
        return resolve(text)
    if kind == "list":
        return "*" if text == "*" else aslist(text)
    if kind == "flag":
        word = text.lower()
        return True if word in truthy else False if word in falsey else text
    if kind in ("int", "number"):
        try:
            return int(text) if kind == "int" or text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            return text
    return text
