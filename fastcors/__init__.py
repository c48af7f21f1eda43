"""fastcors: CORS for Python gateways and custom servers.

A :class:`Policy` is checked once, in full, and compiled. It decides what each request gets; a :class:`Decision`
says what that is, in the form that a server wants, and why. ``fastcors.asgi``, ``.rsgi`` and ``.wsgi`` put a policy in
front of an application. The rules are those of the Fetch standard.
"""

from fastcors._engine import Decision, backend
from fastcors._version import __version__
from fastcors.decision import Outcome, Reason
from fastcors.declared import DeclaredRequest
from fastcors.errors import BufferTooSmallError, InsecurePolicyWarning, NotDeclaredError, PolicyError, PolicyIssue
from fastcors.policy import Policy

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


def get_include() -> str:
    """Return the folder of ``fastcors.h``, for the ``include_dirs`` of an extension module."""
    from fastcors import embedding  # which few need

    return embedding.get_include()
