"""Views with a policy of their own: what the decorators do, and how the middleware finds such a view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_path, override

from fastcors._shims.routes import advise_policy, is_policy
from fastcors.policy import Policy

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.parameters import PolicyParameters

__all__ = ["OwnPolicy", "cors_exempt", "cross_origin", "policy_of_request", "policy_of_response"]

F = TypeVar("F", bound="Callable[..., Any]")

_MARK = "_fastcors"  # in the __dict__ of a view, which functools.wraps and as_view() hand on


class OwnPolicy:
    """What a view says about CORS: its policy, or None for no CORS."""

    in_use = False
    """Whether any view of this process has one."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy | None) -> None:
        self.policy = policy


_EXEMPT = OwnPolicy(None)


def cross_origin(policy: Policy | None = None, **policy_parameters: Unpack[PolicyParameters]) -> Callable[[F], F]:
    """Give a view a policy of its own: ``@cross_origin(policy)``, or with the parameters of a policy.

    For functions, sync and async; for classes of views, as ``@cross_origin(policy)`` above the class, or by
    ``method_decorator`` on ``dispatch`` or on the method for one HTTP method. It goes above other decorators. The
    middleware answers the view's preflights, and puts the headers on what the view answers and on what is answered in
    its place.

    Raises PolicyError with everything that is wrong, and TypeError for a policy together with parameters.
    """
    if policy is None:
        policy = Policy(**policy_parameters)
    elif policy_parameters:
        raise TypeError("cross_origin takes a policy or the parameters of one, not both")
    elif not is_policy(policy):
        advice = advise_policy(policy)
        raise TypeError(f"write @cross_origin(policy), with a fastcors.Policy, not {policy!r:.100}{advice}")
    own = OwnPolicy(policy)

    def decorator(view: F) -> F:
        return _decorate(view, own)

    return decorator


def cors_exempt(view: F) -> F:
    """Take a view out: its responses stay as they are, and a preflight for it goes to the view."""
    return _decorate(view, _EXEMPT)


def _decorate(view: F, own: OwnPolicy) -> F:
    OwnPolicy.in_use = True
    if isinstance(view, type):
        if not hasattr(view, "dispatch"):
            raise TypeError(f"{view.__name__} has no dispatch(), as views have: decorate what answers")
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

    setattr(decorated, _MARK, own)
    return cast("F", decorated)


def policy_of_request(request: HttpRequest, default: Policy | None, preflight: bool) -> Policy | None:
    """Return the policy that a request is under: that of the view which its path leads to, where it has one."""
    if not OwnPolicy.in_use:
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
    own: OwnPolicy | None = getattr(view, _MARK, None)
    if own is None:
        own = getattr(_handler(view, method), _MARK, None)
    return default if own is None else own.policy


def _handler(view: object, method: str) -> object:
    """Return the method of a class of views for an HTTP method, None where there is none."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)  # the second of a ViewSet
    name = method.lower() if isinstance(method, str) else ""
    if view_class is None or name not in getattr(view_class, "http_method_names", ()):
        return None
    actions = getattr(view, "actions", None)  # of a ViewSet (Django REST framework)
    if isinstance(actions, dict):
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
