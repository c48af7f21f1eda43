"""The ``CORS_*`` settings of the project, as they are now, with older names and defaults."""

from __future__ import annotations

from collections.abc import Sequence
from re import Pattern
from typing import Any, NamedTuple

from django.conf import settings

from fastcors.compat.corsheaders.defaults import default_headers, default_methods

__all__ = ["conf"]


class _Setting(NamedTuple):
    default: object
    older: str | None = None
    """The name that it had before; it counts where the new one is not set."""


_SETTINGS = {
    "CORS_ALLOWED_ORIGINS": _Setting((), "CORS_ORIGIN_WHITELIST"),
    "CORS_ALLOWED_ORIGIN_REGEXES": _Setting((), "CORS_ORIGIN_REGEX_WHITELIST"),
    "CORS_ALLOW_ALL_ORIGINS": _Setting(False, "CORS_ORIGIN_ALLOW_ALL"),
    "CORS_ALLOW_CREDENTIALS": _Setting(False),
    "CORS_ALLOW_HEADERS": _Setting(default_headers),
    "CORS_ALLOW_METHODS": _Setting(default_methods),
    "CORS_ALLOW_PRIVATE_NETWORK": _Setting(False),
    "CORS_EXPOSE_HEADERS": _Setting(()),
    "CORS_PREFLIGHT_MAX_AGE": _Setting(86400),
    "CORS_URLS_REGEX": _Setting(r"^.*$"),
}


class Settings:
    """Reads a setting of the project whenever it is asked for one."""

    CORS_ALLOWED_ORIGINS: Sequence[str]
    CORS_ALLOWED_ORIGIN_REGEXES: Sequence[str | Pattern[str]]
    CORS_ALLOW_ALL_ORIGINS: bool
    CORS_ALLOW_CREDENTIALS: bool
    CORS_ALLOW_HEADERS: Sequence[str]
    CORS_ALLOW_METHODS: Sequence[str]
    CORS_ALLOW_PRIVATE_NETWORK: bool
    CORS_EXPOSE_HEADERS: Sequence[str]
    CORS_PREFLIGHT_MAX_AGE: int
    CORS_URLS_REGEX: str | Pattern[str]

    def __getattr__(self, name: str) -> Any:
        if name not in _SETTINGS:
            raise AttributeError(name)
        return getattr(settings, spelling(name), _SETTINGS[name].default)


def spelling(name: str) -> str:
    """Return the name under which the project has a setting: the older one where only that is set."""
    older = _SETTINGS[name].older
    return older if older is not None and not hasattr(settings, name) and hasattr(settings, older) else name


conf = Settings()
"""Everything that the drop-in reads of the settings."""
