"""The rules by which a browser lets a page read an answer, as the Fetch standard has them.

"Fetch" is https://fetch.spec.whatwg.org/; section 4.9 is "CORS-preflight fetch", section 4.10 "CORS check". Where
Chromium and Firefox say more than Fetch, which knows failure alone, the names here follow what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

from fastcors._grammar import SAFELISTED_METHODS, is_token

__all__ = ["Headers", "Rule", "Verdict", "check_answer", "check_preflight", "is_safelisted", "readable"]

Headers = Sequence[tuple[str, str]]
"""The lines of a header block, in their order; names in any letter case."""


class Rule(str, Enum):
    """Which rule of the browser decided."""

    PASSES = "passes"
    """The page may read the answer."""
    SAME_ORIGIN = "same-origin"
    """The page and the URL have the same origin: no CORS is needed."""
    ORIGIN_MISSING = "allow-origin-missing"
    """There is no Access-Control-Allow-Origin."""
    ORIGIN_MULTIPLE = "allow-origin-multiple"
    """Access-Control-Allow-Origin has several values, or comes in several lines."""
    ORIGIN_INVALID = "allow-origin-invalid"
    """Access-Control-Allow-Origin is no origin at all."""
    ORIGIN_MISMATCH = "allow-origin-mismatch"
    """Access-Control-Allow-Origin is another origin than the page's, compared byte for byte."""
    ORIGIN_WILDCARD = "allow-origin-wildcard"
    """Access-Control-Allow-Origin is ``*``, and the page asked for credentials."""
    CREDENTIALS = "allow-credentials-not-true"
    """Access-Control-Allow-Credentials is not ``true``, and the page asked for credentials."""
    PREFLIGHT_STATUS = "preflight-status"
    """The status of the preflight's answer is not 200 to 299."""
    PREFLIGHT_REDIRECT = "preflight-redirect"
    """The preflight's answer is a redirect, which browsers do not follow there."""
    METHODS_INVALID = "allow-methods-invalid"
    """Access-Control-Allow-Methods has an element that is no token."""
    HEADERS_INVALID = "allow-headers-invalid"
    """Access-Control-Allow-Headers has an element that is no token."""
    METHOD = "method-not-allowed"
    """Access-Control-Allow-Methods does not have the method."""
    HEADER = "header-not-allowed"
    """Access-Control-Allow-Headers does not have a header that the page sets."""
    AUTHORIZATION = "authorization-under-wildcard"
    """Access-Control-Allow-Headers is ``*``, which does not stand for Authorization. Browsers only warn, so far."""
    REDIRECT_USERINFO = "redirect-with-password"
    """A redirect leads to a URL with a user name or a password."""
    REDIRECT_SCHEME = "redirect-not-http"
    """A redirect leads to a URL that is neither http: nor https:, or to none."""
    REDIRECT_LIMIT = "redirect-limit"
    """There are more than 20 redirects."""
    NO_ANSWER = "no-answer"
    """No answer came: the server, the network, the certificate or an extension of the browser."""
    NOT_HTTP = "not-http"
    """The page or the URL is of a scheme that has no CORS, such as file:."""
    MODE = "mode-same-origin"
    """The page asked for its own origin only, with ``mode: "same-origin"``."""
    LOCAL_NETWORK = "local-network"
    """The browser keeps pages away from the local network unless its user lets them (Local Network Access)."""

    def __str__(self) -> str:
        return str(self.value)


class Verdict(NamedTuple):
    """The rule that decided, and the value that it decided about; empty where there is none."""

    rule: Rule
    value: str = ""

    @property
    def passes(self) -> bool:
        """Whether the page may go on."""
        return self.rule in (Rule.PASSES, Rule.SAME_ORIGIN, Rule.AUTHORIZATION)


PASSES = Verdict(Rule.PASSES)


def lines_of(headers: Headers, name: str) -> list[str]:
    """The values of all lines of a name, without white space around them."""
    return [value.strip(" \t") for key, value in headers if key.lower() == name]


def joined(headers: Headers, name: str) -> str | None:
    """The values of a name as Fetch reads them, section 2.2.2, "get": joined by a comma; None without a line."""
    found = lines_of(headers, name)
    return ", ".join(found) if found else None


def tokens(headers: Headers, name: str) -> list[str] | None:
    """The elements of a list of tokens (Fetch, section 2.2.2, "extract header list values"); None where one is none."""
    elements = [element.strip(" \t") for line in lines_of(headers, name) for element in line.split(",")]
    found = [element for element in elements if element]
    return found if all(is_token(element) for element in found) else None


def check_answer(headers: Headers, origin: str, credentials: bool) -> Verdict:
    """Hold an answer against the page's origin (Fetch, section 4.10, "CORS check").

    ``credentials`` says whether the page asked for cookies and the like.
    """
    allowed = joined(headers, "access-control-allow-origin")
    if allowed is None:
        return Verdict(Rule.ORIGIN_MISSING)
    if allowed == "*":
        return Verdict(Rule.ORIGIN_WILDCARD, allowed) if credentials else PASSES
    if allowed != origin:
        return Verdict(_why_not(allowed), allowed)
    if credentials:
        value = joined(headers, "access-control-allow-credentials")
        if value != "true":
            return Verdict(Rule.CREDENTIALS, value or "")
    return PASSES


def _why_not(allowed: str) -> Rule:
    """The rule that a value which is not the page's origin breaks."""
    if "," in allowed or " " in allowed:
        return Rule.ORIGIN_MULTIPLE
    if allowed == "null":
        return Rule.ORIGIN_MISMATCH
    try:
        parts = urlsplit(allowed)
    except ValueError:
        return Rule.ORIGIN_INVALID
    return Rule.ORIGIN_MISMATCH if parts.scheme and parts.netloc else Rule.ORIGIN_INVALID


def check_preflight(
    status: int, headers: Headers, origin: str, method: str, names: Iterable[str], credentials: bool
) -> Verdict:
    """Hold the answer to a preflight against what the page wants to send (Fetch, section 4.9, step 7).

    ``names`` are the headers that the page sets and that are not safelisted.
    """
    if status in (301, 302, 303, 307, 308):
        return Verdict(Rule.PREFLIGHT_REDIRECT, str(status))
    verdict = check_answer(headers, origin, credentials)
    if not verdict.passes:
        return verdict
    if not 200 <= status <= 299:
        return Verdict(Rule.PREFLIGHT_STATUS, str(status))
    methods = tokens(headers, "access-control-allow-methods")
    if methods is None:
        return Verdict(Rule.METHODS_INVALID, joined(headers, "access-control-allow-methods") or "")
    allowed = tokens(headers, "access-control-allow-headers")
    if allowed is None:
        return Verdict(Rule.HEADERS_INVALID, joined(headers, "access-control-allow-headers") or "")
    any_method = "*" in methods and not credentials
    if method not in methods and method not in SAFELISTED_METHODS and not any_method:
        return Verdict(Rule.METHOD, method)
    lower = {name.lower() for name in allowed}
    any_header = "*" in lower and not credentials
    wanted = [name.lower() for name in names if name.lower() not in lower]
    if wanted and not any_header:
        return Verdict(Rule.HEADER, wanted[0])
    # By Fetch, section 4.9, step 7, "*" does not stand for a "CORS non-wildcard request-header name" (section 2.2.2).
    # Chromium and Firefox let it pass, and write a warning into the console.
    return Verdict(Rule.AUTHORIZATION, "authorization") if "authorization" in wanted else PASSES


# Fetch, section 2.2.2, "CORS-unsafe request-header byte", and what languages may have.
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\"():<>?@\[\\\]{}\x7f]")
_LANGUAGE = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def is_safelisted(name: str, value: str) -> bool:
    """Whether a page may set a header without a preflight (Fetch, section 2.2.2, "CORS-safelisted request-header")."""
    name = name.lower()
    if len(value.encode("latin-1", "replace")) > 128:
        return False
    if name == "accept":
        return not _UNSAFE.search(value)
    if name in ("accept-language", "content-language"):
        return _LANGUAGE.fullmatch(value) is not None
    if name == "content-type":
        return not _UNSAFE.search(value) and value.partition(";")[0].strip().lower() in _FORMS
    return name == "range" and re.fullmatch(r"bytes=[0-9]+-[0-9]*", value) is not None


# Fetch, section 2.2.2, "CORS-safelisted response-header name".
_READABLE = frozenset(
    ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"]
)


def readable(headers: Headers, credentials: bool) -> list[str]:
    """The names of the headers that the page may read, in lower case, in the order of the answer."""
    exposed = {name.lower() for name in tokens(headers, "access-control-expose-headers") or []}
    every = "*" in exposed and not credentials
    names = dict.fromkeys(key.lower() for key, _ in headers)
    hidden = ("set-cookie", "set-cookie2")
    return [name for name in names if name not in hidden and (every or name in exposed or name in _READABLE)]
