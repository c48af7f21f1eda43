"""Views with a policy of their own: what the decorators do, and how the middleware finds such a view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_path, override

from fastcors._shims.marks import EXEMPT, MARK, ByRoute, Own, are_in_use, make_own, use
from fastcors._shims.route_methods import RouteMethods
from fastcors.policy import Policy

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters

__all__ = ["cors_exempt", "cross_origin", "policy_of_request", "policy_of_response"]

F = TypeVar("F", bound="Callable[..., Any]")

_by_route = RouteMethods()


def cross_origin(
    policy: Policy | None = None, *, methods: ByRoute | None = None, **policy_parameters: Unpack[PolicyParameters]
) -> Callable[[F], F]:
    """Give a view a policy of its own: ``@cross_origin(policy)``, or with the parameters of a policy.

    For functions, sync and async; for classes of views, as ``@cross_origin(policy)`` above the class, or by
    ``method_decorator`` on ``dispatch`` or on the method for one HTTP method. It goes above other decorators. The
    middleware answers the view's preflights, and puts the headers on what the view answers and on what is answered in
    its place.

    With ``methods="route"`` the policy allows the methods that a class of views has, and a function every method.

    Raises PolicyError with everything that is wrong, and TypeError for a policy together with parameters.
    """
    own = make_own(policy, methods, policy_parameters)

    def decorator(view: F) -> F:
        return _decorate(view, own)

    return decorator


def cors_exempt(view: F) -> F:
    """Take a view out: its responses stay as they are, and a preflight for it goes to the view."""
    return _decorate(view, EXEMPT)


def _decorate(view: F, own: Own) -> F:
    if isinstance(view, type):
        if not hasattr(view, "dispatch"):
            raise TypeError(f"{view.__name__} has no dispatch(), as views have: decorate what answers requests")
        view.dispatch = _decorate(view.dispatch, own)
        return view
    if isinstance(view, functools.partial) and hasattr(view, "__wrapped__"):
        return view  # a method of an instance: method_decorator has one decorated with each request
    if not callable(view):
        raise TypeError(f"a view is expected, not {view!r:.100}")
    decorated: Callable[..., Any]
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            return await view(*args, **kwargs)

    else:

        @functools.wraps(view)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

    setattr(decorated, MARK, own)  # which functools.wraps and as_view() hand on
    use()
    return cast("F", decorated)


def policy_of_request(request: HttpRequest, default: Policy | None, preflight: bool) -> Policy | None:
    """Return the policy that a request is under: that of the view which its path leads to, where it has one."""
    if not are_in_use():
        return default
    method = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "") if preflight else request.method
    return _policy(_view_at(request), method, default)


def policy_of_response(request: HttpRequest, default: Policy | None) -> Policy | None:
    """Return the policy that a response gets: that of the view which the request is for, where it has one.

    What a middleware answers before Django has looked for the view counts as an answer in its place.
    """
    found = request.resolver_match
    return _policy(_view_at(request) if found is None else found.func, request.method, default)


def _policy(view: object, method: str, default: Policy | None) -> Policy | None:
    own: Own | None = getattr(view, MARK, None)
    if own is None:
        own = getattr(_handler(view, method), MARK, None)
    if own is None or own.policy is None:
        return default if own is None else None
    return _by_route.policy(own.policy, _methods(view)) if own.by_route else own.policy


def _class_of(view: object) -> Any:
    """Return the class that a view function was made of by ``as_view()``; None where it is a plain function."""
    return getattr(view, "view_class", None) or getattr(view, "cls", None)  # the second of a ViewSet


def _actions(view: object) -> dict[str, str] | None:
    """Return the methods of a ViewSet (Django REST framework) by HTTP method; None of another view."""
    actions = getattr(view, "actions", None)
    return actions if isinstance(actions, dict) else None


def _methods(view: object) -> list[str] | None:
    """Return the HTTP methods that a view has; None where every method reaches it."""
    view_class, actions = _class_of(view), _actions(view)
    if view_class is None:
        return None
    has = [name for name in view_class.http_method_names if hasattr(view_class, name)]
    return [name.upper() for name in ({*has, *actions} if actions is not None else has)]


def _handler(view: object, method: str) -> object:
    """Return the method of a class of views for an HTTP method, None where there is none."""
    view_class, actions = _class_of(view), _actions(view)
    name = method.lower() if isinstance(method, str) else ""
    if view_class is None or name not in getattr(view_class, "http_method_names", ()):
        return None
    if actions is not None:
        name = actions.get(name) or actions.get("get" if name == "head" else "") or ""
    elif name == "head" and not hasattr(view_class, name):
        name = "get"
    return getattr(view_class, name, None)


def _view_at(request: HttpRequest) -> object:
    """Return the view that Django would find for the path, None where there is none."""
    urlconf = getattr(request, "urlconf", None)
    try:
        return resolve(request.path_info, urlconf).func
    except Resolver404:
        pass
    language = get_language_from_path(request.path_info)  # by which LocaleMiddleware would choose, for i18n_patterns
    if language is None:
        return None
    with override(language):
        try:
            return resolve(request.path_info, urlconf).func
        except Resolver404:
            return None
