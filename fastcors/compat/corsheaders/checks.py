"""System checks: of the settings, with the ids of django-cors-headers; and what fastcors warns of, with its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from fastcors._config.diagnosis import repair
from fastcors._config.expressions import ERRORS
from fastcors.compat.corsheaders.conf import conf, spelling
from fastcors.compat.corsheaders.dangers import findings

__all__ = ["check_dangers", "check_settings"]


def _are_strings(value: object) -> bool:
    return isinstance(value, Sequence) and all(isinstance(item, str) for item in value)


def _is_real_list(value: object) -> bool:
    return not isinstance(value, str) and _are_strings(value)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_age(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_expression(value: object) -> bool:
    if isinstance(value, re.Pattern):
        return isinstance(value.pattern, str)
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except ERRORS:
        return False


def _are_expressions(value: object) -> bool:
    return isinstance(value, Sequence) and all(map(_is_expression, [value] if isinstance(value, str) else value))


class _Row(NamedTuple):
    id: str
    setting: str
    holds: Callable[[Any], bool]
    what: str


_ROWS = (
    _Row("E001", "CORS_ALLOW_HEADERS", _are_strings, "a sequence of strings"),
    _Row("E002", "CORS_ALLOW_METHODS", _are_strings, "a sequence of strings"),
    _Row("E003", "CORS_ALLOW_CREDENTIALS", _is_bool, "a bool"),
    _Row("E015", "CORS_ALLOW_PRIVATE_NETWORK", _is_bool, "a bool"),
    _Row("E004", "CORS_PREFLIGHT_MAX_AGE", _is_age, "an integer, zero or more"),
    _Row("E005", "CORS_ALLOW_ALL_ORIGINS", _is_bool, "a bool"),
    _Row("E006", "CORS_ALLOWED_ORIGINS", _is_real_list, "a sequence of strings"),
    _Row("E007", "CORS_ALLOWED_ORIGIN_REGEXES", _are_expressions, "a sequence of regular expressions"),
    _Row("E008", "CORS_EXPOSE_HEADERS", _are_strings, "a sequence of strings"),
    _Row("E009", "CORS_URLS_REGEX", _is_expression, "a regular expression"),
)
_REMOVED = (("E012", "CORS_MODEL"), ("E013", "CORS_REPLACE_HTTPS_REFERER"))


def check_settings(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Return an error for each setting that is not what it should be."""
    errors: list[CheckMessage] = []
    for row in _ROWS:
        value, name = getattr(conf, row.setting), spelling(row.setting)
        if not row.holds(value):
            errors.append(Error(f"{name} should be {row.what}.", id=f"corsheaders.{row.id}"))
        elif row.id == "E006":
            errors += _check_origins(name, value)
    for number, name in _REMOVED:
        if hasattr(settings, name):
            hint = "Take it out: django-cors-headers no longer has it."
            errors.append(Error(f"{name} has been removed.", hint, id=f"corsheaders.{number}"))
    return errors


def _check_origins(name: str, origins: Sequence[str]) -> Iterator[CheckMessage]:
    """Check that each has a scheme and a host, and nothing else; ``null`` and ``file://`` are what browsers send."""
    for origin in origins:
        if origin in ("null", "file://"):
            continue
        hint = repair(origin)
        hint = None if hint is None else f"Write {hint!r}."
        try:
            url = urlsplit(origin)
        except ValueError:
            yield Error(f"{origin!r} in {name} is no origin.", hint, id="corsheaders.E013")
            continue
        if not url.scheme or not url.netloc:
            yield Error(f"{origin!r} in {name} is missing scheme or netloc.", hint, id="corsheaders.E013")
            continue
        for part in ("path", "query", "fragment"):
            if getattr(url, part):
                yield Error(f"{origin!r} in {name} should not have a {part}.", hint, id="corsheaders.E014")


def check_dangers(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Return a warning for each thing that is not safe about settings that are as they should be, or has no effect."""
    if check_settings():
        return []
    return [Warning(finding.message, finding.hint, id=finding.id) for finding in findings()]
