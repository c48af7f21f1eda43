"""Finds the fault in the text of a route, and guesses what was meant.

Routes of frameworks, regular expressions, wildcards and URLs look like routes of ours, and would stand for nothing that
a browser requests: CORS would be off in silence, or a wider route would decide. So each of them is an error.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from fastcors._config.checks import quote
from fastcors._config.route_hosts import is_host, meant_host
from fastcors._config.route_shapes import split_route
from fastcors._grammar import MAX_PATH, MAX_SEGMENTS

__all__ = ["Fault", "find_fault"]

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/]*[.:\]][^/]*|localhost)(?=/|$)")
_WITH_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)")
_EXPRESSION = re.compile(r"^\^|\$$|\\[DdSsWwZ./-]|\(\?|\.[*+]|[\])][*+{]|\[.*\]|\|")
_TEMPLATE = re.compile(rf"[<>]|(?:^|/):{_NAME}|[{{}}]")
_CONTROL = re.compile(r"[\x00-\x1F\x7F]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_CONVERTERS = {"int", "float", "str", "string", "path", "uuid", "slug", "any", "alpha", "decimal", "date", "ymd"}


class Fault(NamedTuple):
    """What is wrong with a route."""

    code: str
    message: str
    hint: str | None
    """A route without fault, where one is known."""


def find_fault(text: str, *, hosts: bool = False) -> Fault | None:
    """Return what is wrong with a route, or None. Paths are compared decoded, byte for byte.

    ``hosts`` says whether a route may begin with a host, ``//api.example.com/``.
    """
    look, mean = (_look_with_host, _meant_with_host) if hosts else (_look, _meant)
    found = look(text)
    if found is None:
        return None
    meant = mean(text)
    return Fault(*found, meant if meant is not None and meant != text and look(meant) is None else None)


def _look_with_host(text: str) -> tuple[str, str] | None:
    shown = quote(text)
    if not text.startswith("//"):
        if _HOST.match(text):
            return "route-host", f"{shown} has a scheme; a route with a host begins with //"
        return _look(text)
    host, path = split_route(text)
    if not is_host(host):
        message = "has no host as requests have it: in lower case and punycode, without a port, *. before all of it"
        return "route-host", f"{shown} {message}"
    return _look(path, shown) if path else ("route-no-slash", f"{shown} has no path; / stands for all of the host")


def _look(text: str, shown: str | None = None) -> tuple[str, str] | None:
    shown = shown or quote(text)
    if _HOST.match(text):
        return "route-host", f"{shown} holds a host; a route is a path"
    if _EXPRESSION.search(text):
        return "route-expression", f"{shown} holds a regular expression; a route is a path, with {{name}} for a segment"
    if not text.startswith("/"):
        return "route-no-slash", f"{shown} does not begin with a slash"
    if _TEMPLATE.search(_without_names(text)):
        message = f"{shown} holds a template of another kind: {{name}} is one segment, {{name:path}} the rest"
        return "route-template", message
    if "*" in text:
        return "route-wildcard", f"{shown} holds a wildcard; what ends in a slash stands for all paths below it"
    if "?" in text or "#" in text:
        return "route-query", f"{shown} holds a query or a fragment; a route is a path"
    if _ESCAPE.search(text):
        return "route-escape", f"{shown} holds an escape; paths are compared decoded"
    return _look_at_segments(text, shown)


def _look_at_segments(text: str, shown: str) -> tuple[str, str] | None:
    if "\\" in text:
        return "route-backslash", f"{shown} holds a backslash, which may be read as a slash; no such path gets CORS"
    if _CONTROL.search(text):
        return "route-control", f"{shown} holds a control character; no such path gets CORS"
    segments = text.split("/")[1:]
    if {".", ".."} & set(segments):
        return "route-dot-segment", f"{shown} has a dot segment; no browser sends one, and no such path gets CORS"
    if "" in segments[:-1]:
        return "route-empty-segment", f"{shown} has an empty segment, which may be left out; no such path gets CORS"
    if len(segments) - (segments[-1] == "") > MAX_SEGMENTS:
        return "route-too-deep", f"{shown} has more than {MAX_SEGMENTS} segments"
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return "route-unicode", f"{shown} holds a lone surrogate, which is no character"
    if size > MAX_PATH:
        return "route-too-long", f"{shown} is longer than {MAX_PATH} bytes"
    return None


def _without_names(text: str) -> str:
    """Return a route with a letter in the place of each name that is one of ours."""
    return re.sub(rf"/\{{{_NAME}(?::path\}}$|\}}(?=/|$))", "/x", text)


def _meant_with_host(text: str) -> str | None:
    """Return the route that was probably meant where it may have a host; None where the host is not clear."""
    text = text.strip()
    match = _WITH_HOST.match(text)
    if match is None:
        return _meant(text)
    path = _meant(text[match.end() :])
    if match[1] in ("", "*"):
        return path
    host = meant_host(match[1])
    return None if host is None else f"//{host}{path}"


def _meant(text: str) -> str:
    """Return the route without a host that was probably meant."""
    text = _PRECEDING.sub("", _CONTROL.sub("", text.strip()))
    path = _HOST.sub("", text, count=1)
    for syntax, replacement in _SYNTAX:
        path = syntax.sub(replacement, path)
    segments: list[str] = []
    *parts, last = re.sub(r"[?#].*", "", unquote(path)).replace("\\", "/").split("/")
    for part in parts:
        segments.append(_segment(part, "{name}"))
        if segments[-1].endswith(":path}"):
            last = "*"
            segments.pop()
            break
    segments.append(_segment(last, "").removesuffix("*"))
    is_word = not text.startswith("/") and path == text and last.isalnum()
    if segments[-1] and (last.endswith("*") or is_word):
        segments.append("")  # what was meant is all that begins with it
    resolved = posixpath.normpath("/" + "/".join(segments).lstrip("/"))
    return resolved + "/" if segments[-1] == "" and resolved != "/" else resolved


def _segment(text: str, any_text: str) -> str:
    """Return what a segment means; ``any_text`` for ``*``."""
    name = re.search(r"\{[^{}]*\}", text)
    return name.group() if name else any_text if set(text) == {"*"} else text


def _name(match: re.Match[str]) -> str:
    """Return a name for a segment in our words, from one in the words of another."""
    inner = match.group(1)
    words = re.findall(_NAME, inner)
    words = [word for word in words if word not in _CONVERTERS] or words
    is_rest = "path" in inner.split(":") or "..." in inner or "*" in inner or ".+" in inner
    return f"{{{words[0] if words else 'name'}{':path' if is_rest else ''}}}"


_PRECEDING = re.compile(r"^(?:\(\?[a-z]+\))?\^?")
_SYNTAX: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(syntax), replacement)
    for syntax, replacement in (
        (r"/\?\$?$|\$$|\\[Zz]$", ""),
        (r"\\([/._-])", r"\1"),
        (r"\(\?P?(<[A-Za-z_]\w*>[^()]*)\)", _name),
        (r"<([^<>]*)>", _name),
        (r"(?<=/):([A-Za-z_]\w*(?:\([^()]*\))?[*+?]?)(?=/|$)", _name),
        (r"(?<=/)\[{1,2}((?:\.{3})?[A-Za-z_]\w*)\]{1,2}(?=/|$)", _name),
        (r"(?<=/)(\*[A-Za-z_]\w*)$", _name),
        (r"\[[^\]]*\](?:[*+?]|\{[\d,]*\})?|\\[DdSsWw](?:[*+?]|\{[\d,]*\})?", "{name}"),
        (r"\(/\.[*+]\)\??", "/*"),
        (r"\(\.[*+]\)\??|\.[*+]\??", "*"),
        (r"\([^()]*[|?+*{][^()]*\)[*+?]?", "{name}"),
        (r"\{((?:[^{}]|\{[^{}]*\})*)\}", _name),
    )
)
