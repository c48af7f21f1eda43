"""What the consoles of browsers say about CORS, and what it means for the server.

The texts of Chromium are those of Chromium 156, of Firefox those of Firefox 153; ``{…}`` stands for what changes. Those
of Safari are from its public sources, and no Safari was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from fastcors._browser.rules import Rule
from fastcors.decision import Reason

__all__ = ["CAUSES", "Cause", "Recognised", "recognise"]


class Cause(NamedTuple):
    """Why a browser blocks a request."""

    rule: Rule
    title: str
    means: str
    """What the browser found, in a sentence or two."""
    chromium: tuple[str, ...]
    firefox: tuple[str, ...]
    safari: tuple[str, ...]
    reasons: tuple[Reason, ...]
    """The reasons of fastcors that end so; empty where fastcors does not answer like that."""
    look: tuple[str, ...]
    """What to look at, the likeliest first."""


_ORIGINS = (Reason.ORIGIN_NOT_ALLOWED, Reason.ORIGIN_MALFORMED, Reason.ORIGIN_NULL, Reason.ORIGIN_MULTIPLE)
_REFUSED = (
    *_ORIGINS,
    Reason.METHOD_NOT_ALLOWED,
    Reason.HEADER_NOT_ALLOWED,
    Reason.METHOD_MALFORMED,
    Reason.HEADERS_MALFORMED,
    Reason.HEADERS_TOO_LARGE,
    Reason.PRIVATE_NETWORK_NOT_ALLOWED,
)
_PREFLIGHT = "Response to preflight request doesn't pass access control check: "

CAUSES = (
    Cause(
        Rule.ORIGIN_MISSING,
        "No Access-Control-Allow-Origin",
        "The answer has no Access-Control-Allow-Origin header. A refused preflight of fastcors looks like this too, "
        "whatever was refused.",
        (
            _PREFLIGHT + "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
        ),
        ("(Reason: CORS header ‘Access-Control-Allow-Origin’ missing)",),
        (
            "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}",
            "Preflight response is not successful",
        ),
        _REFUSED,
        (
            "Whether the server has CORS. With fastcors write CORS(app, allow_origins=['https://app.example.com']) "
            "with the origin of your page.",
            "The status in the network panel. A 404, 502 or 413 that the application did not send comes from a proxy, "
            "which has no CORS headers.",
            "Whether the page's origin is in allow_origins: scheme, host and port, byte for byte. "
            "http://localhost:3000 and http://127.0.0.1:3000 are two origins.",
            "With a preflight (the network panel shows OPTIONS before the request): whether the method is in "
            "allow_methods, and every header that the page sets in allow_headers. debug=True makes the console name "
            "which one it is.",
            "Whether the path has a policy, where you use routes or policies for single views.",
            "Whether a 500 was written outside of fastcors, by the server for example. CORS(app, ...) of your "
            "framework covers those too.",
        ),
    ),
    Cause(
        Rule.ORIGIN_WILDCARD,
        "'*' with credentials",
        "The page asks for credentials (credentials: 'include', withCredentials), and the answer allows every origin "
        "with '*'. Browsers do not accept both together.",
        (
            "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when "
            "the request's credentials mode is 'include'.",
        ),
        ("(Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)",),
        ("Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",),
        (Reason.OK, Reason.NOT_CORS),
        (
            "Whether the page needs cookies at all. If not, leave credentials out of fetch().",
            "If it does: name the origins in allow_origins, and set allow_credentials=True. fastcors refuses '*' with "
            "allow_credentials.",
        ),
    ),
    Cause(
        Rule.CREDENTIALS,
        "Credentials are not allowed",
        "The page asks for credentials (credentials: 'include', withCredentials), and the answer does not allow them.",
        (
            "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be "
            "'true' when the request's credentials mode is 'include'.",
        ),
        ("(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)",),
        ('Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',),
        (Reason.OK,),
        (
            "Set allow_credentials=True, if the page of that origin may act for the user who is logged in.",
            "Or leave credentials out of fetch(), if the page needs none.",
        ),
    ),
    Cause(
        Rule.ORIGIN_MULTIPLE,
        "Access-Control-Allow-Origin twice",
        "Access-Control-Allow-Origin came twice, or has several values. Browsers accept exactly one.",
        ("The 'Access-Control-Allow-Origin' header contains multiple values '{values}', but only one is allowed.",),
        ("(Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed)",),
        ("Access-Control-Allow-Origin cannot contain more than one origin.",),
        (),
        (
            "Two places add the header: a proxy, gateway or load balancer and the application, or two middlewares. Let "
            "one of them do it. fastcors replaces what the application sets, so the other place is in front of it.",
            "A list of origins in one header. A server has to answer with the one that asked, as fastcors does.",
        ),
    ),
    Cause(
        Rule.ORIGIN_INVALID,
        "Access-Control-Allow-Origin is no origin",
        "Access-Control-Allow-Origin has a value that is no origin.",
        ("The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.",),
        (),
        (),
        (),
        (
            "Who writes this header: fastcors writes '*' or the page's own origin, nothing else.",
            "A template or a variable in a proxy's configuration that was not filled in.",
        ),
    ),
    Cause(
        Rule.ORIGIN_MISMATCH,
        "Access-Control-Allow-Origin names another origin",
        "Access-Control-Allow-Origin names an origin that is not the page's. They are compared byte for byte: "
        "scheme, host, port, and no slash at the end.",
        ("The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.",),
        ("(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’)",),
        ("Origin {origin} is not allowed by Access-Control-Allow-Origin.",),
        (),
        (
            "A header that is fixed in a proxy's or a bucket's configuration. fastcors writes the page's own origin.",
            "A cache that gave this page the answer for another one: the answer needs Vary: Origin, and the cache has "
            "to heed it.",
        ),
    ),
    Cause(
        Rule.PREFLIGHT_STATUS,
        "The preflight failed with its status",
        "The preflight, a request with the method OPTIONS, was not answered with a status of 200 to 299.",
        (_PREFLIGHT + "It does not have HTTP ok status.",),
        ("(Reason: CORS preflight response did not succeed)",),
        ("Preflight response is not successful. Status code: {status}",),
        _REFUSED,
        (
            "The part of the server that responds to OPTIONS. A 401 or 403 comes from authentication in front of CORS, "
            "a 404 or 405 from a router: CORS must stand in front of both, as CORS(app, ...) does.",
            "A proxy or a firewall that does not let OPTIONS through.",
            "With fastcors: a preflight that it refuses has the status 403. Compare method, headers and origin with "
            "the policy.",
        ),
    ),
    Cause(
        Rule.PREFLIGHT_REDIRECT,
        "The preflight was redirected",
        "The answer to the preflight is a redirect, and browsers do not follow a redirect there.",
        (_PREFLIGHT + "Redirect is not allowed for a preflight request.",),
        ("(Reason: CORS request external redirect not allowed)",),
        ("Preflight response is not successful. Status code: 30{digit}",),
        (),
        (
            "The URL that the page uses: call the one that the redirect leads to. Often it has http: where "
            "https: is needed, or lacks a slash at the end.",
            "Something in front of fastcors that redirects: a proxy, or the framework if CORS is one of its inner "
            "middlewares. fastcors answers a preflight before the application can redirect it.",
        ),
    ),
    Cause(
        Rule.METHOD,
        "The method is not allowed",
        "The answer to the preflight does not allow the method of the request.",
        ("Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.",),
        ("(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’)",),
        ("Method {method} is not allowed by Access-Control-Allow-Methods.",),
        (Reason.METHOD_NOT_ALLOWED,),
        (
            "Add the method to allow_methods.",
            "Letter case: fetch() sends 'patch' as it is written, and PATCH is another method. Write 'PATCH' in the "
            "page.",
            "'*' as a method does not count when the page asks for credentials.",
        ),
    ),
    Cause(
        Rule.HEADER,
        "A header is not allowed",
        "The answer to the preflight does not allow a header that the page sets.",
        ("Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response.",),
        (
            "(Reason: header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS "
            "preflight response)",
        ),
        ("Request header field {header} is not allowed by Access-Control-Allow-Headers.",),
        (Reason.HEADER_NOT_ALLOWED,),
        (
            "Add the name to allow_headers; letter case does not matter. 'Content-Type: application/json' needs "
            "'Content-Type' there.",
            "'*' as a header name does not count when the page asks for credentials, and should not be relied on for "
            "Authorization: name it.",
        ),
    ),
    Cause(
        Rule.METHODS_INVALID,
        "Access-Control-Allow-Methods is malformed",
        "Access-Control-Allow-Methods in the answer to the preflight is no list of methods.",
        ("Cannot parse Access-Control-Allow-Methods response header field in preflight response.",),
        ("(Reason: invalid token ‘{value}’ in CORS header ‘Access-Control-Allow-Methods’)",),
        (),
        (),
        ("Who writes this header: fastcors checks its methods when the policy is made.",),
    ),
    Cause(
        Rule.HEADERS_INVALID,
        "Access-Control-Allow-Headers is malformed",
        "Access-Control-Allow-Headers in the answer to the preflight is no list of names.",
        ("Cannot parse Access-Control-Allow-Headers response header field in preflight response.",),
        ("(Reason: invalid token ‘{value}’ in CORS header ‘Access-Control-Allow-Headers’)",),
        (),
        (),
        ("Who writes this header: fastcors checks its names when the policy is made.",),
    ),
    Cause(
        Rule.AUTHORIZATION,
        "Authorization under '*'",
        "The answer allows headers with '*', and the page sends Authorization. It works still; in future it will not.",
        (
            "Authorization will not be covered by the wildcard symbol (*) in CORS `Access-Control-Allow-Headers` "
            "handling.",
        ),
        ("(Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered.",),
        (),
        (Reason.HEADER_NOT_ALLOWED,),
        ("Name Authorization in allow_headers beside '*'. fastcors does not let '*' stand for it.",),
    ),
    Cause(
        Rule.REDIRECT_USERINFO,
        "A redirect with a password",
        "A redirect leads to a URL with a user name or a password in it, which is not allowed across origins.",
        ("Redirect location '{url}' contains a username and password, which is disallowed for cross-origin requests.",),
        (),
        (),
        (),
        ("The Location header of the redirect: take the user name out.",),
    ),
    Cause(
        Rule.NO_ANSWER,
        "No answer came",
        "No answer came that the browser could look at. This is not about CORS headers.",
        (),
        ("(Reason: CORS request did not succeed)", "(Reason: CORS disabled)"),
        (),
        (),
        (
            "Whether the server runs and the URL is right: open it in a tab.",
            "Whether the certificate is valid: a tab shows the warning, a request of a page fails silently.",
            "An http: URL in an https: page, which browsers block.",
            "An extension that blocks requests, or network.http.cors settings of Firefox.",
        ),
    ),
    Cause(
        Rule.NOT_HTTP,
        "The page or the URL is not http: or https:",
        "The page or the URL has a scheme that CORS does not cover, such as a file that was opened from the disk.",
        ("Cross origin requests are only supported for protocol schemes: {schemes}",),
        ("(Reason: CORS request not http)", "(Reason: CORS header ‘Origin’ cannot be added)"),
        ("Cross origin requests are only supported for HTTP.",),
        (),
        (
            "Serve the page instead of opening the file: python -m http.server 8000, then http://localhost:8000.",
            "The URL in fetch(): it needs http:// or https:// in front. 'localhost:8000/items' has the scheme "
            "'localhost'.",
        ),
    ),
    Cause(
        Rule.MODE,
        "The page asked for its own origin only",
        "The page asked for its own origin only, with mode: 'same-origin'.",
        ("Request mode is \"same-origin\" but the URL's origin is not same as the request origin '{origin}'.",),
        (),
        (),
        (),
        ("The mode in fetch(): 'cors' is the default, so leave it out.",),
    ),
    Cause(
        Rule.LOCAL_NETWORK,
        "The local network",
        "The page is on the internet, and the server is on the local network or on this machine. The browser asks its "
        "user about that (Local Network Access); no header of the server changes it.",
        (
            "Permission was denied for this request to access the `{space}` address space.",
            "The request client is not a secure context and the resource is in more-private address space `{space}`.",
            "Request had a target IP address space of `{space}` yet the resource is in address space `{other}`.",
        ),
        (),
        (),
        (Reason.PRIVATE_NETWORK_NOT_ALLOWED,),
        (
            "Serve the page with https:, and let the user allow access to the local network.",
            "allow_private_network, only for old browsers that still send Access-Control-Request-Private-Network.",
        ),
    ),
)
"""The causes, from the commonest on. Of one message the first that fits is meant."""


class Recognised(NamedTuple):
    """A console's message, understood."""

    cause: Cause
    browser: str
    """``"Chromium"``, ``"Firefox"`` or ``"Safari"``."""
    values: dict[str, str]
    """What stood in the places that change, and ``url`` and ``page`` where the message names them."""


_URL = re.compile(
    r"(?:Access to \S+ at|remote resource at|cannot load|load) [‘'\"]?(?P<url>[a-zA-Z][a-zA-Z0-9+.\-]*:[^\s'‘’\"]+?)"
    r"[’'\"]?(?:\.? |\.$|$)"
)
_PAGE = re.compile(r"from origin '(?P<page>[^']+)'")


@lru_cache
def _expression(text: str) -> re.Pattern[str]:
    """The expression of a message: white space as it comes, quotation marks of any form."""
    parts = re.split(r"\{(\w+)\}", text)
    written = ""
    for number, part in enumerate(parts):
        written += f"(?P<{part}>.*?)" if number % 2 else r"\s+".join(map(_literal, part.split(" ")))
    return re.compile(written, re.I | re.S)


def _literal(word: str) -> str:
    return re.sub("[‘’'`\"]", "[‘’'`\"]", re.escape(word))


def _candidates() -> Iterator[tuple[Cause, str, str]]:
    for cause in CAUSES:
        for browser, texts in (("Chromium", cause.chromium), ("Firefox", cause.firefox), ("Safari", cause.safari)):
            for text in texts:
                yield cause, browser, text


def recognise(message: str) -> Recognised | None:
    """Return what a browser's console meant; None for what is no message about CORS.

    Of several messages that fit, the longest is meant: it says most.
    """
    message = message[:10_000]
    best: Recognised | None = None
    length = 0
    for cause, browser, text in _candidates():
        found = _expression(text).search(message)
        if found and len(text) > length:
            length = len(text)
            best = Recognised(cause, browser, found.groupdict())
    if best is None:
        return None
    named = {
        name: found[name] for name, found in (("url", _URL.search(message)), ("page", _PAGE.search(message))) if found
    }
    return best._replace(values={**best.values, **named})
