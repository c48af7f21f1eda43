"""Methods and header names at configuration time: tokens, and the names that CORS cannot grant.

Fetch (https://fetch.spec.whatwg.org/) says what a browser sends and lets a script read, and RFC 9110
(https://www.rfc-editor.org/rfc/rfc9110) what a method (section 9.1) or a field name (section 5.1) may look like.
RFC 9113 is https://www.rfc-editor.org/rfc/rfc9113.
"""

from __future__ import annotations

from collections.abc import Callable

from fastcors._config.checks import element_type, elements, one_or_many, plain_str, quote
from fastcors._grammar import FORBIDDEN_METHODS, MAX_HEADER_BYTES, MAX_METHOD, is_token
from fastcors.declared import PSEUDO_NAMES, canonical_name
from fastcors.errors import PolicyIssue

__all__ = ["check_exposed_headers", "check_headers", "check_methods", "check_vary_names", "normalized_method"]

NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
"""Browsers send these in upper case, however scripts spell them, and no others (Fetch, section 2.2.1, "normalize")."""

OTHER_METHODS = frozenset(
    {
        "ACL",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "COPY",
        "LABEL",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "ORDERPATCH",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "PURGE",
        "QUERY",
        "REBIND",
        "REPORT",
        "SEARCH",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UNLOCK",
        "UPDATE",
        "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
    }
)
"""All further methods of the registry (RFC 9110, section 16.1.1), and PURGE. Browsers send these as scripts
spell them, and in lower case no server knows them."""

FORBIDDEN_REQUEST_HEADERS = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",  # by the Private Network Access draft
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
"""Browsers set these themselves and never request them (Fetch, section 2.2.2, "forbidden request-header").

The ``x-http-method-override`` family is forbidden there by its value only, so its names may be allowed.
"""

FORBIDDEN_REQUEST_PREFIXES = ("proxy-", "sec-")

RESPONSE_ONLY_HEADERS = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-allow-private-network",
        "access-control-expose-headers",
        "access-control-max-age",
    }
)
"""A server sends these; in ``allow_headers`` they are a mix-up."""

FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
"""Scripts never see these, exposed or not (Fetch, section 2.2.2, "forbidden response-header name")."""

REQUEST_ONLY_HEADERS = frozenset(
    {
        "accept-charset",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "cookie",
        "cookie2",
        "expect",
        "from",
        "host",
        "max-forwards",
        "origin",
        "proxy-authorization",
        "range",
        "referer",
        "te",
        "user-agent",
    }
)
"""Defined for requests alone (RFC 9110, RFC 6265, Fetch), so no response has them to expose; so is ``if-*``.

``Accept``, ``Accept-Encoding`` and ``Accept-Language`` are not among them: servers do respond with
``Accept-Encoding`` (RFC 9110, 12.5.3) and some frameworks with the others. ``Authorization`` is not
either: many APIs hand out a token in a response header of that name and must expose it.
"""

REQUEST_ONLY_PREFIX = "if-"

_WILDCARD = 'holds a wildcard; only "*" alone allows several {0}, so list the {0}'

_Judge = Callable[[str], "tuple[str, str] | None"]


def check_methods(value: object) -> tuple[tuple[str, ...], list[PolicyIssue]]:
    """``allow_methods``: normalised as Fetch does, sorted, without duplicates; or ``("*",)``."""
    names, issues = _check("allow_methods", "method", value, _judge_method)
    if "*" in names:
        return ("*",), issues
    return tuple(sorted({normalized_method(name) for name in names})), issues


def check_headers(value: object, *, credentials: bool) -> tuple[tuple[str, ...], list[PolicyIssue]]:
    """``allow_headers``: lower-case, sorted, without duplicates.

    ``"*"`` swallows all but ``authorization``, which Fetch does not let it cover (section 2.2.2, "CORS
    non-wildcard request-header name"). With credentials the engine answers with the names that were
    requested, as ``*`` is no wildcard there, and so covers it too.
    """
    names, issues = _check("allow_headers", "header", value, _judge_request_header)
    lower = {name.lower() for name in names}
    if "*" in lower:
        lower &= {"*"} if credentials else {"*", "authorization"}
    return tuple(sorted(lower)), issues


def check_exposed_headers(value: object) -> tuple[tuple[str, ...], list[PolicyIssue]]:
    """``expose_headers``: lower-case, sorted, without duplicates; or ``("*",)``."""
    names, issues = _check("expose_headers", "exposed-header", value, _judge_exposed_header)
    lower = {name.lower() for name in names}
    return tuple(sorted(lower)) if "*" not in lower else ("*",), issues


def check_vary_names(value: object) -> tuple[tuple[str, ...], list[PolicyIssue]]:
    """The names in ``vary``: lower-case, sorted, without duplicates."""
    names, issues = _check("vary", "vary-name", value, _judge_vary_name)
    return tuple(sorted({canonical_name(name) for name in names})), issues


def _check(field: str, noun: str, value: object, judge: _Judge) -> tuple[list[str], list[PolicyIssue]]:
    """The names that pass, as they were given, and an issue for each that does not."""

    def fix(text: str) -> str | None:
        name = text.strip().rstrip(":").strip("'\"")
        if noun == "method" and judge(name) is not None:
            name = name.upper()
        return name if judge(name) is None else None

    items, issues = elements(field, noun, value, fix)
    names = []
    for item in items:
        if not isinstance(item, str):
            issues.append(element_type(field, noun, item, fix))
            continue
        text = plain_str(item)
        problem = judge(text)
        if problem is None:
            names.append(text)
        else:
            suffix, message = problem
            issues.append(
                PolicyIssue(f"{noun}-{suffix}", field, item, f"{quote(text)} {message}", one_or_many(text, fix))
            )
    return names, issues


def normalized_method(method: str) -> str:
    """Return a method as browsers send it (Fetch, section 2.2.1, "normalize a method")."""
    upper = method.upper()
    return upper if upper in NORMALIZED_METHODS else method


def _judge_method(name: str) -> tuple[str, str] | None:
    if not is_token(name):
        return "token", "is not a method; a method must be a token (RFC 9110, section 5.6.2)"
    if name.upper() in FORBIDDEN_METHODS:
        return "forbidden", "is a method that browsers never send for a script"
    if "*" in name and name != "*":
        return "wildcard", _WILDCARD.format("methods")
    if name.upper() in OTHER_METHODS and name != name.upper():
        return (
            "case",
            "is not the same method as in upper case; browsers send this method exactly as the script writes it",
        )
    if len(name) > MAX_METHOD:
        return "too-long", f"is longer than {MAX_METHOD} bytes"
    return None


def _judge_request_header(name: str) -> tuple[str, str] | None:
    if not is_token(name):
        return "token", "is not a header name; a name must be a token (RFC 9110, section 5.6.2)"
    lower = name.lower()
    if lower in FORBIDDEN_REQUEST_HEADERS or lower.startswith(FORBIDDEN_REQUEST_PREFIXES):
        return "forbidden", "is set by the browser; scripts can never set it, so leave it out"
    if lower in RESPONSE_ONLY_HEADERS:
        return "response-only", "is a response header, and requests do not have it"
    if "*" in name and name != "*":
        return "wildcard", _WILDCARD.format("names")
    if len(name) > MAX_HEADER_BYTES:
        return "too-long", f"is longer than {MAX_HEADER_BYTES} bytes, and no preflight may be that long"
    return None


def _judge_exposed_header(name: str) -> tuple[str, str] | None:
    if not is_token(name):
        return "token", "is not a header name; a name must be a token (RFC 9110, section 5.6.2)"
    lower = name.lower()
    if lower in FORBIDDEN_RESPONSE_HEADERS:
        return "forbidden", "is never shown to scripts, even if it is exposed"
    if lower in REQUEST_ONLY_HEADERS or lower.startswith(REQUEST_ONLY_PREFIX):
        return "request-only", "is a request header, and responses do not have it"
    if "*" in name and name != "*":
        return "wildcard", _WILDCARD.format("names")
    return None


def _judge_vary_name(name: str) -> tuple[str, str] | None:
    if name.lower() in PSEUDO_NAMES:
        return None
    if name.startswith(":"):
        return "pseudo", f"is not one of {', '.join(PSEUDO_NAMES)} (RFC 9113, section 8.3.1)"
    if name == "*":
        return "wildcard", "would keep caches from using any answer again; list what the function looks at"
    if not is_token(name):
        return "token", "is not a header name; a name must be a token (RFC 9110, section 5.6.2)"
    if name.lower() == "origin":
        return (
            "origin",
            "is not needed here: the function gets the origin as its first argument, and Vary always names it",
        )
    if len(name) > MAX_HEADER_BYTES:
        return "too-long", f"is longer than {MAX_HEADER_BYTES} bytes"
    return None
