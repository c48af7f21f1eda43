"""Match: the set of origin patterns that a policy allows, and which origin one of them covers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastcors._grammar import (
    MAX_ORIGIN,
    Origin,
    is_bare_host,
    is_one_value,
    is_shell_origin,
    parse_origin,
    parse_pattern,
)
from fastcors._twin.find import is_a, raw


class Origins:
    """The origins that a policy allows: exact ones, and patterns for ports and sub-domains."""

    __slots__ = ("any_origin", "any_port", "exact", "patterns", "subdomains")

    def __init__(self, patterns: Iterable[str], *, whole: bool = False, bare: bool = False) -> None:
        """Compile patterns; ``whole``: texts that stand for themselves; ``bare``: hosts with no scheme, too."""
        self.any_origin = False
        self.any_port: set[str] = set()
        """``scheme://host`` of the patterns that end in ``:*``."""
        self.subdomains: dict[tuple[str, str], set[str | None]] = {}
        """The ports of the ``*.`` patterns, by scheme and the domain after ``*.``."""
        exact: dict[str, Origin] = {}
        shells: set[str] = set()
        wildcards: set[str] = set()
        for text in _plain_texts(patterns):
            if text == "*":
                self.any_origin = True
                continue
            parsed = None if whole else parse_pattern(text)
            listed = is_shell_origin(text) or (bare and is_bare_host(text))
            if is_one_value(text) if whole else parsed is None and listed:
                shells.add(text)
                continue
            if parsed is None:
                raise ValueError(f"not an origin pattern: {text[:MAX_ORIGIN]!a}")
            origin, subdomains = parsed
            if subdomains:
                self.subdomains.setdefault((origin.scheme, origin.host), set()).add(origin.port)
                wildcards.add(text)
            elif origin.port == "*":
                self.any_port.add(f"{origin.scheme}://{origin.host}")
                wildcards.add(text)
            else:
                exact[text] = origin
        if self.any_origin and (exact or wildcards or shells):
            raise ValueError("the origin pattern '*' must stand alone")
        self.exact = {text for text, origin in exact.items() if not self.is_covered(origin)} | shells
        self.patterns = ["*"] if self.any_origin else sorted(self.exact | wildcards)

    def is_covered(self, origin: Origin) -> bool:
        """Return whether a ``:*`` or a ``*.`` pattern covers the origin."""
        if f"{origin.scheme}://{origin.host}" in self.any_port:
            return True
        if not origin.strict:
            return False
        labels = origin.host.split(".")
        for count in range(1, len(labels)):  # "*." stands for this many labels, at least one
            ports = self.subdomains.get((origin.scheme, ".".join(labels[count:])), set())
            if "*" in ports or origin.port in ports:
                return True
        return False


def _plain_texts(given: Iterable[Any]) -> list[str]:
    """Return texts as exact str: methods that a subclass overrides are not called."""
    texts = list(given)
    for text in texts:
        if not is_a(text, str):
            raise TypeError(f"an origin pattern must be str, not {type(text).__name__}")
    return [str.__getitem__(text, slice(None)) for text in texts]


def sift(patterns: list[Any], insecure_ok: bool) -> list[int]:
    """Return the indices of the entries that are not plain, for the slow and explaining check.

    Plain is a str that is one strict origin of the scheme https, or http where ``insecure_ok``, and without a label
    that begins with ``xn--``.
    """
    if type(patterns) is not list:
        raise TypeError(f"patterns must be a list, not {type(patterns).__name__}")
    return [index for index, pattern in enumerate(patterns) if not _is_plain(pattern, insecure_ok)]


def _is_plain(pattern: object, insecure_ok: bool) -> bool:
    if type(pattern) is not str:
        return False
    origin = parse_origin(raw(pattern, MAX_ORIGIN).decode("latin-1"))
    if origin is None or not origin.strict:
        return False
    if origin.scheme != "https" and not (origin.scheme == "http" and insecure_ok):
        return False
    return not any(label.startswith("xn--") for label in origin.host.split("."))
