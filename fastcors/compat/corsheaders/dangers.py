"""What to warn of: all that ``fastcors.Policy`` refuses as dangerous, by the same code, and what has no effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastcors._config.checks import quote
from fastcors._config.diagnosis import diagnose, repair
from fastcors._grammar import is_shell_origin, parse_origin
from fastcors.compat._dialect.dangers import dangers_of_expression, dangers_of_list, origin_regex
from fastcors.compat.corsheaders.conf import conf, spelling

__all__ = ["Finding", "as_sent", "findings", "listed"]

_SAFE = '["https://app.example.com"]'
_SAFE_REGEX = r"https://([a-z0-9-]+\.)*example\.com"


def listed(value: Any) -> list[Any]:
    """Return what a setting lists; a string, whose letters are nobody's names, is one entry."""
    return [value] if isinstance(value, str) else list(value)


def as_sent(origin: str) -> str | None:
    """Return a listed origin as browsers send it; None for what none sends. Patterns are not in this library."""
    if is_shell_origin(origin):
        return origin
    try:
        url = urlsplit(origin)  # a path and the scheme's letter case do not count there
    except ValueError:
        return None
    sent = f"{url.scheme}://{url.netloc}"
    return sent if parse_origin(sent) is not None else None


class Finding(NamedTuple):
    """Something about the settings that lets in more, or less, than it seems to."""

    id: str
    message: str
    hint: str | None


def findings() -> Iterator[Finding]:
    """Return what to warn of: all that :class:`fastcors.Policy` refuses as dangerous, and what never takes effect."""
    credentials = bool(conf.CORS_ALLOW_CREDENTIALS)
    setting, texts = spelling("CORS_ALLOWED_ORIGINS"), listed(conf.CORS_ALLOWED_ORIGINS)
    sent = [text for text in texts if text == "null" or as_sent(text) == text]
    if conf.CORS_ALLOW_ALL_ORIGINS:
        setting, texts, sent = spelling("CORS_ALLOW_ALL_ORIGINS"), [], ["*"]
    for danger in dangers_of_list(sent, credentials):
        yield Finding("fastcors.W001", f"{setting}: {danger.message} [{danger.code}]", danger.hint or _SAFE)
    for text in texts:
        if text not in sent:
            _, message = diagnose(text)
            yield Finding("fastcors.W002", f"{setting}: no browser sends {quote(text)}: {message}", repair(text))
    setting = spelling("CORS_ALLOWED_ORIGIN_REGEXES")
    for pattern in listed(conf.CORS_ALLOWED_ORIGIN_REGEXES):
        regex = origin_regex(re.compile(pattern))
        for danger in dangers_of_expression(regex, credentials):
            yield Finding("fastcors.W001", f"{setting}: {danger.message} [{danger.code}]", danger.hint or _SAFE_REGEX)
        if regex.slow:
            message = f"{setting}: {quote(regex.pattern.pattern)} can take very long over an origin made for it"
            yield Finding("fastcors.W003", message, f"Install fastcors[re2], or write it like {_SAFE_REGEX}")
