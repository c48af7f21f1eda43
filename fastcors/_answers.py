"""What the shims share: their options, and the answers that they give themselves."""

from __future__ import annotations

import logging
from typing import Literal

from fastcors._engine import Decision

__all__ = ["ERROR_BODY", "ERROR_HEADERS", "OnConflict", "check_options", "log_failure", "preflight_headers"]

OnConflict = Literal["replace", "keep"]

ERROR_BODY = b"Internal Server Error"
ERROR_HEADERS = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(ERROR_BODY))))

_logger = logging.getLogger("fastcors")


def check_options(policy: object, on_conflict: object) -> None:
    """Raise TypeError or ValueError for what no shim can work with."""
    if isinstance(policy, type) or (policy is not None and not hasattr(policy, "decide_asgi")):
        raise TypeError(f"policy must be a fastcors.Policy or None, not {policy!r:.100}")
    if on_conflict not in ("replace", "keep"):
        raise ValueError(f'on_conflict must be "replace" or "keep", not {on_conflict!r}')


def preflight_headers(decision: Decision) -> list[tuple[str, str]]:
    """Return the headers that describe the body of a preflight's answer; its CORS headers come on top.

    RFC 9110, section 8.6: a 204 has no Content-Length.
    """
    headers = []
    if decision.body:
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    if decision.status != 204:
        headers.append(("Content-Length", str(len(decision.body))))
    return headers


def log_failure(error: Exception) -> None:
    """Log the exception that the application let escape before its response had started."""
    _logger.error("The application failed before it answered; the client gets a 500.", exc_info=error)
