"""What a type checker must accept of the drop-in for django-cors-headers: nothing is ignored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastcors import Decision
from fastcors.compat.corsheaders.checks import check_settings
from fastcors.compat.corsheaders.conf import conf
from fastcors.compat.corsheaders.defaults import default_headers, default_methods
from fastcors.compat.corsheaders.middleware import ACCESS_CONTROL_ALLOW_ORIGIN, CorsMiddleware, decide, explain
from fastcors.compat.corsheaders.signals import check_request_enabled

CORS_ALLOW_HEADERS: tuple[str, ...] = (*default_headers, "x-key")
CORS_ALLOW_METHODS: list[str] = [*default_methods, "PURGE"]
MIDDLEWARE = [f"{CorsMiddleware.__module__}.{CorsMiddleware.__qualname__}"]


def allow(sender: object, request: Any, **arguments: object) -> bool:
    """Allow what the settings do not."""
    decision: Decision | None = decide(request)
    text: str = explain(request)
    return decision is not None and bool(text)


check_request_enabled.connect(allow)
header: str = ACCESS_CONTROL_ALLOW_ORIGIN
origins: Sequence[str] = conf.CORS_ALLOWED_ORIGINS
errors: Sequence[object] = check_settings()


class Tenants(CorsMiddleware):
    """Overrides what there is to override."""

    def is_enabled(self, request: Any) -> bool:
        """Leave a path out."""
        return request.path != "/closed/" and super().is_enabled(request)
