"""What each library that a drop-in stands in for calls its options: the words in which decisions are explained."""

from __future__ import annotations

from fastcors._config.words import Words

__all__ = ["ASGI_CORS", "CORSHEADERS", "FALCON", "FLASK_CORS", "STARLETTE", "wsgicors_words"]

STARLETTE = Words(
    dangerously_allow_null_origin="'null' in allow_origins",
    dangerously_reflect_any_origin="allow_origins=['*']",
    patterns=False,
)
CORSHEADERS = Words(
    allow_origins="CORS_ALLOWED_ORIGINS",
    allow_methods="CORS_ALLOW_METHODS",
    allow_headers="CORS_ALLOW_HEADERS",
    allow_credentials="CORS_ALLOW_CREDENTIALS",
    allow_private_network="CORS_ALLOW_PRIVATE_NETWORK",
    allow_origin_regex="CORS_ALLOWED_ORIGIN_REGEXES",
    allow_origin_func="CORS_ALLOWED_ORIGIN_REGEXES",
    dangerously_allow_null_origin="'null' in CORS_ALLOWED_ORIGINS",
    dangerously_reflect_any_origin="CORS_ALLOW_ALL_ORIGINS",
    patterns=False,
)
FLASK_CORS = Words(
    allow_origins="origins",
    allow_methods="methods",
    allow_headers="allow_headers",
    allow_credentials="supports_credentials",
    allow_private_network="allow_private_network",
    allow_origin_regex="a regular expression in origins",
    allow_origin_func="a regular expression in origins",
    dangerously_allow_null_origin="'null' in origins",
    dangerously_reflect_any_origin="origins='*'",
)
ASGI_CORS = Words(
    allow_origins="hosts",
    allow_methods="methods",
    allow_headers="headers",
    allow_credentials=None,
    allow_private_network=None,
    allow_origin_regex="host_wildcards",
    allow_origin_func="callback",
    dangerously_allow_null_origin="'null' in hosts",
    dangerously_reflect_any_origin="'*' in host_wildcards",
    patterns=False,
)
FALCON = Words(
    allow_methods=None,
    allow_headers=None,
    dangerously_allow_null_origin="'null' in allow_origins",
    dangerously_reflect_any_origin="allow_origins='*' with allow_credentials",
    no_methods="The methods are those that the resource has responders for, as its Allow says: write one (on_put).",
    patterns=False,
)


def wsgicors_words(policy: str) -> Words:
    """Return the words for a policy of this name; ``direct`` is the one whose options have no name before them."""
    start = "" if policy == "direct" else f"{policy}_"
    return Words(
        allow_origins=f"{start}origin",
        allow_methods=f"{start}methods",
        allow_headers=f"{start}headers",
        allow_credentials=f"{start}credentials",
        allow_private_network=None,
        allow_origin_regex=f"{start}origin",
        allow_origin_func=f"{start}origin",
        dangerously_allow_null_origin=f"'null' in {start}origin",
        dangerously_reflect_any_origin=f"{start}origin='copy'",
    )
