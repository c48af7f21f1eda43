"""What is allowed where the settings do not say it, for projects that add to it."""

from __future__ import annotations

__all__ = ["default_headers", "default_methods"]

default_headers = ("accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with")
"""``CORS_ALLOW_HEADERS``, unless that is set."""

default_methods = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
"""``CORS_ALLOW_METHODS``, unless that is set."""
