"""The drop-ins as doors: one entry for each library, in ``tests/compat/<library>/door.py``.

An entry says how the library's options say a policy, and how a request is put to it. What a page may do is held
against ``Policy`` for every row of the contract, for hostile origins, and at random. Where a drop-in answers otherwise
because its library does, that is a :class:`Difference`, with the reason; one that makes no difference fails.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.support import browser, packages
from tests.support.exchange import Answer, Req
from tests.support.grammar import classify

Ask = Callable[[Req], Answer]
"""Put a request to an application behind a drop-in."""


class Difference(NamedTuple):
    """Rows that a library answers otherwise than the contract has it."""

    rows: str
    """An expression for the names of the rows that differ."""
    request: str
    """What these requests have in common, in words."""
    here: str
    """What happens instead: ``allowed``, ``refused``, ``echoed`` (an Origin that no browser sends comes back),
    ``application`` (it runs) or ``no application``."""
    why: str

    def covers(self, row: str, here: str) -> bool:
        """Whether it is said that this row differs in this way."""
        return here == self.here and re.fullmatch(self.rows, row) is not None


@dataclass(frozen=True, repr=False)
class DropIn:
    """A library that a module of ``fastcors.compat`` stands in for."""

    name: str
    """The module's name, and the folder's below ``tests/compat``."""
    options: Callable[[Mapping[str, Any]], dict[str, Any]]
    """The library's options for the parameters of a policy."""
    make: Callable[[dict[str, Any]], Ask]
    """An application behind the drop-in, with these options."""
    unsaid: Mapping[str, str]
    """Policies of the contract for which the library has no options, and why."""
    explained: Callable[[dict[str, Any], Req], tuple[Any, str]]
    """The Decision on a request with these options, and the sentences of ``explain()``."""
    differs: Sequence[Difference] = ()
    expression: Callable[[str], dict[str, Any]] | None = None
    """The options for a regular expression over origins, where the library takes one."""

    def __repr__(self) -> str:
        return self.name

    def over(self, backend: str, options: dict[str, Any]) -> Ask:
        """Make an application over an engine. What is not safe about the options is for other tests."""
        with packages.over(backend), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ask = self.make(options)

        def asked(req: Req) -> Answer:
            with packages.over(backend):
                return ask(req)

        return asked


# Policies in the words of others


def as_expression(pattern: str) -> str:
    """An origin pattern as a regular expression that people write where there are no patterns."""
    scheme, _, rest = pattern.partition("://")
    any_port = rest.endswith(":*")
    host = re.escape(rest.removesuffix(":*").removeprefix("*."))
    labels = r"([a-z0-9-]+\.)+" if rest.startswith("*.") else ""
    return rf"{scheme}://{labels}{host}{r'(:[0-9]+)?' if any_port else ''}"


def split(policy: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The origins of a policy: those that are listed exactly, and patterns as expressions."""
    origins = policy.get("allow_origins", [])
    if origins == "*" or policy.get("dangerously_reflect_any_origin"):
        return ["*"], []
    exact = [origin for origin in origins if "*" not in origin]
    if policy.get("dangerously_allow_null_origin"):
        exact.append("null")
    return exact, [as_expression(origin) for origin in origins if "*" in origin]


def globs(policy: Mapping[str, Any]) -> list[str]:
    """The patterns of a policy as globs that people write; ``:*`` stands for no port there."""
    patterns = [origin for origin in policy.get("allow_origins", []) if "*" in origin and origin != "*"]
    return [*patterns, *(pattern.removesuffix(":*") for pattern in patterns if pattern.endswith(":*"))]


def every_method(methods: Iterable[str]) -> list[str]:
    """The methods of a policy with those that always pass, spelt as ``Policy`` takes them."""
    return list(dict.fromkeys(["GET", "HEAD", "POST", *("DELETE" if name == "delete" else name for name in methods)]))


# What a page may do


class View(NamedTuple):
    """What came of a request, as far as it matters to who may do what."""

    application: bool
    """Whether the application ran."""
    allowed: bool
    """Whether a page may read the response, or may send what the preflight asked for."""


def view(req: Req, answer: Answer, credentials: bool) -> View:
    """What came of a request. One that no browser sends is allowed if the answer names any origin."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    origins = req.origins
    if len(origins) != 1 or (classify(origins[0]) == "invalid" and origins[0] != b"null"):
        return View(answer.app_ran, browser.get(headers, b"access-control-allow-origin") is not None)
    if not req.is_preflight:
        return View(answer.app_ran, browser.cors_check(browser.Request(*origins, credentials=credentials), headers))
    assert req.acrm is not None
    names = browser.elements(tuple(req.acrh))
    asked = browser.Request(*origins, req.acrm, names, credentials, private_network=req.acrpn == b"true")
    return View(answer.app_ran, browser.preflight_passes(asked, answer.status, headers))


def check_safe(answer: Answer) -> None:
    """Assert what holds of every answer, whatever the library: no line twice, and nothing unescaped in any."""
    answer.cors()
    for name, value in answer.headers:
        assert value.isascii(), (name, value)
        assert value.replace("\t", "").isprintable(), (name, value)


def echoes(req: Req, answer: Answer) -> bool:
    """Whether an ``Origin`` that no browser sends came back."""
    sent = [origin.decode("latin-1") for origin in req.origins if classify(origin) == "invalid" and origin != b"null"]
    return any(origin != "" and origin == answer.cors().get("access-control-allow-origin") for origin in sent)


def difference(req: Req, answer: Answer, expected: Answer, credentials: bool) -> str:
    """What is different, in the words of :class:`Difference`; empty where nothing is."""
    seen, wanted = view(req, answer, credentials), view(req, expected, credentials)
    if seen.allowed is not wanted.allowed:
        return "allowed" if seen.allowed else "refused"
    if seen.application is not wanted.application:
        return "application" if seen.application else "no application"
    return "echoed" if echoes(req, answer) else ""
