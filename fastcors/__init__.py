"""fastcors: CORS for Python gateways and custom servers.

A :class:`Policy` is checked once, in full, and compiled. It decides what each request gets; a :class:`Decision`
says what that is, in the form that a server wants, and why. ``fastcors.asgi``, ``.rsgi`` and ``.wsgi`` put a policy in
front of an application. The rules are those of the Fetch standard.
"""

from __future__ import annotations

from fastcors._engine import Decision, backend
from fastcors._version import __version__
from fastcors.policy import Policy

TYPE_CHECKING = False  # typing is not loaded for it, as fastcors._config.readable says

if TYPE_CHECKING:
    from fastcors import decision as decision
    from fastcors import declared as declared
    from fastcors import errors as errors
    from fastcors.decision import Outcome, Reason
    from fastcors.declared import DeclaredRequest
    from fastcors.errors import BufferTooSmallError, InsecurePolicyWarning, NotDeclaredError, PolicyError, PolicyIssue

__all__ = [
    "BufferTooSmallError",
    "Decision",
    "DeclaredRequest",
    "InsecurePolicyWarning",
    "NotDeclaredError",
    "Outcome",
    "Policy",
    "PolicyError",
    "PolicyIssue",
    "Reason",
    "__version__",
    "backend",
    "get_include",
]

_LATER = {
    "decision": ("Outcome", "Reason"),
    "declared": ("DeclaredRequest",),
    "errors": ("BufferTooSmallError", "InsecurePolicyWarning", "NotDeclaredError", "PolicyError", "PolicyIssue"),
}
"""The modules that are loaded when one of them is named, or one of these names of theirs; or when a policy is made."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        for module, names in _LATER.items():
            if name == module or name in names:
                from importlib import import_module

                found = import_module(f"fastcors.{module}")
                globals().update({later: getattr(found, later) for later in names})
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_LATER})


def get_include() -> str:
    """Return the folder of ``fastcors.h``, for the ``include_dirs`` of an extension module."""
    from fastcors import embedding  # which few need

    return embedding.get_include()
