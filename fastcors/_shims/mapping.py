"""Responses that keep their headers in a mapping without letter case, one value for each name, as Django's do."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from fastcors._engine import Decision

__all__ = ["fill", "join", "store_of"]

Store = dict[str, tuple[str, str]]
"""Names in lower case, each with the name as it is sent, and its value."""


def store_of(headers: object) -> Store | None:
    """Return the dictionary in which a mapping without letter case keeps its headers; None where it has none."""
    store = getattr(headers, "_store", None)
    return store if type(store) is dict else None


def fill(headers: MutableMapping[str, str], pairs: Iterable[tuple[str, str]]) -> None:
    """Put headers in, each in place of the one of its name. Those that fastcors has written need no other look."""
    store = store_of(headers)
    if store is not None:
        store.update({name.lower(): (name, value) for name, value in pairs})
        return
    for name, value in pairs:
        headers[name] = value


def join(headers: MutableMapping[str, str], decision: Decision, *, keep: bool = False) -> None:
    """Merge the headers of a decision into those of a response; ``keep`` is ``on_conflict="keep"``."""
    before = list(headers.items())
    merged = decision.merge_wsgi(before, on_conflict="keep" if keep else "replace")
    added = merged[len(before) :]
    if merged[: len(before)] != before:
        for name, _ in before:  # all of them, as their order counts where the names are exposed that are there
            del headers[name]
        added = merged
    fill(headers, added)
