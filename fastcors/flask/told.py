"""``g.fastcors``: what was decided about a request, found when a view of a Flask application asks for it."""

from __future__ import annotations

from typing import Any

from fastcors._shims.options import OUTCOME_KEY
from fastcors.decision import Outcome
from fastcors.flask.writer import KEY, SHIM_KEY, current_context

__all__ = ["globals_class"]


def globals_class(base: type[Any]) -> type[Any]:
    """Return a subclass of an application's ``app_ctx_globals_class`` that has the outcome as ``fastcors``."""
    return type(base.__name__, (base,), {"__doc__": base.__doc__, "fastcors": property(lambda _: _outcome())})


def _outcome() -> Outcome | None:
    """Return the outcome of the request at hand; None where it has no CORS. AttributeError outside of a request."""
    try:
        environ = current_context().request.environ
    except (LookupError, AttributeError, RuntimeError):
        raise AttributeError("g.fastcors is the decision about a request, and no request is at hand") from None
    chosen = environ.get(SHIM_KEY) or {}
    if KEY in chosen:  # of a view with a policy of its own, which has the last word
        return None if chosen[KEY] is None else chosen[KEY].decide_wsgi(environ).outcome
    outcome: Outcome | None = environ.get(OUTCOME_KEY)
    return outcome
