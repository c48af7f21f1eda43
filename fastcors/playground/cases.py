"""The classic failures: a policy and a request for each, and what a browser makes of them."""

from __future__ import annotations

from typing import Any

__all__ = ["EMPTY_REQUEST", "cases"]

EMPTY_REQUEST = {
    "from": "page",
    "path": "/items",
    "method": "GET",
    "headers": {},
    "credentials": "same-origin",
    "mode": "cors",
}
"""``from`` is ``page``, ``other`` (its other address, in a frame) or ``null`` (a sandboxed frame)."""


def _case(
    name: str, title: str, about: str, verdict: str, reason: str, policy: dict[str, Any], **request: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "about": about,
        "verdict": verdict,
        "reason": reason,
        "policy": policy,
        "request": {**EMPTY_REQUEST, **request},
    }


def cases(origin: str) -> list[dict[str, Any]]:
    """The cases for a page of ``origin``; ``verdict`` is the browser's, ``reason`` fastcors' for the last request."""
    listed = {"allow_origins": [origin]}
    return [
        _case("works", "It works", "The page's origin is listed.", "readable", "ok", listed),
        _case(
            "preflight",
            "With a preflight",
            "The method and the header are listed. The browser asks first, then sends the request.",
            "readable",
            "ok",
            {**listed, "allow_methods": ["PUT"], "allow_headers": ["x-request-id"], "max_age": 600},
            method="PUT",
            headers={"x-request-id": "1"},
        ),
        _case(
            "include",
            "include, not allowed",
            "The page sends credentials, and the policy does not allow them.",
            "blocked",
            "ok",
            listed,
            credentials="include",
        ),
        _case(
            "authorization",
            "* with Authorization",
            "allow_headers is *, and * does not cover Authorization.",
            "blocked",
            "header-not-allowed",
            {"allow_origins": "*", "allow_headers": "*"},
            headers={"authorization": "Bearer demo"},
        ),
        _case(
            "null",
            "null origin",
            "A sandboxed frame has the origin null, as a local file has.",
            "blocked",
            "origin-null",
            listed,
            **{"from": "null"},
        ),
        _case(
            "other",
            "Another origin",
            "localhost and 127.0.0.1 are two origins, on the same machine too.",
            "blocked",
            "origin-not-allowed",
            listed,
            **{"from": "other"},
        ),
        _case(
            "method",
            "Method not allowed",
            "PUT needs a preflight, and the policy does not list it.",
            "blocked",
            "method-not-allowed",
            listed,
            method="PUT",
        ),
        _case(
            "header",
            "Header not allowed",
            "x-debug needs a preflight, and the policy does not list it.",
            "blocked",
            "header-not-allowed",
            listed,
            headers={"x-debug": "1"},
        ),
        _case(
            "redirect",
            "Redirect",
            "After a redirect from one foreign origin to another, the browser sends Origin: null.",
            "blocked",
            "origin-null",
            listed,
            path="/redirect",
        ),
        _case(
            "no-vary",
            "Missing Vary",
            "Something behind the policy took Vary away. The browser's cache gives the page an answer that was made "
            "for a request without Origin.",
            "blocked",
            "not-cors",
            listed,
            path="/no-vary",
        ),
        _case(
            "no-cors",
            "no-cors",
            "The request is sent, and the script may read nothing of the answer.",
            "opaque",
            "not-cors",
            listed,
            mode="no-cors",
        ),
    ]
