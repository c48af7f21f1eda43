"""The options of other libraries, each with what fastcors has for it: the table in docs/migration.md.

``tools/documents.py`` writes it there. Every row is tried by ``test_options.py``: the old arguments with
the library itself and its drop-in, the new ones with fastcors, and a page that makes the requests of ``pages.py``.
Where the page does not see the same, the row says so.
"""

from __future__ import annotations

from typing import NamedTuple

STARLETTE = "Starlette and FastAPI: `CORSMiddleware(app, …)`"
FLASK_CORS = "flask-cors: `CORS(app, …)`, `@cross_origin(…)`"
DJANGO = "django-cors-headers: settings of Django, which become `FASTCORS = {…}`"
ASGI_CORS = "asgi-cors: `asgi_cors(app, …)`"
OWN_RULES = "An application that answers a part of CORS itself, such as a storage bucket with rules of its own"
CROSSDOMAIN = "The old decorator: `@crossdomain(…)`, which becomes `@cross_origin(…)`"

SITE = "https://app.example.com"


class Option(NamedTuple):
    """One option: the arguments that have it, and those for fastcors, as people write them."""

    library: str
    name: str
    old: str
    new: str
    difference: str = ""
    differs: frozenset[str] = frozenset()
    """The requests of ``pages.py`` of which the page does not see the same."""
    old_context: str = ""
    """Further arguments that make the option matter, or rule another one out; not shown."""
    new_context: str = ""
    library_differs: frozenset[str] = frozenset()
    """The requests of which the page does not see the same with the library itself, though it does with the drop-in."""


def _of(library: str, old_context: str, new_context: str, *rows: tuple[str, str, str, str, str]) -> list[Option]:
    return [
        Option(library, name, old, new, difference, frozenset(differs.split()), old_context, new_context)
        for name, old, new, difference, differs in rows
    ]


_STARLETTE = _of(
    STARLETTE,
    f'allow_origins=["{SITE}"], allow_methods=["GET", "POST"]',
    f'allow_origins=["{SITE}"], allow_headers=["Content-Type"], max_age=600',
    ("allow_origins", f'allow_origins=["{SITE}"]', f'allow_origins=["{SITE}"]', "", ""),
    (
        "",
        'allow_origins=["*"]',
        'allow_origins="*"',
        "Every response has the `*`, so that caches may keep it.",
        "no-origin",
    ),
    (
        "",
        'allow_origins=["*"], allow_credentials=True',
        "allow_credentials=True, dangerously_reflect_any_origin=True",
        "The name says it: every site gets in, as the visitor. List the origins.",
        "",
    ),
    (
        "allow_origin_regex",
        r'allow_origin_regex=r"https://(\w+\.)?example\.com"',
        r'allow_origin_regex=r"https://(\w+\.)?example\.com"',
        'Or `allow_origins=["https://example.com", "https://*.example.com"]`.',
        "",
    ),
    (
        "allow_methods",
        'allow_methods=["GET"]',
        "",
        "`GET`, `HEAD` and `POST` always pass, as in Fetch.",
        "json post",
    ),
    ("", 'allow_methods=["POST", "PUT"]', 'allow_methods=["PUT"]', "", ""),
    ("", 'allow_methods=["*"]', 'allow_methods="*"', "Any method, not the known ones.", "purge"),
    (
        "allow_headers",
        "",
        'allow_headers=["Content-Type"]',
        "`Content-Type` is allowed where it is named, as any other. Posts of JSON need it.",
        "",
    ),
    (
        "",
        'allow_headers=["X-Token"]',
        'allow_headers=["Content-Type", "X-Token"]',
        "`Content-Type` is named, for posts of JSON.",
        "",
    ),
    (
        "",
        'allow_headers=["*"]',
        'allow_headers=["*", "Authorization"]',
        "`*` alone leaves out `Authorization`, as in Fetch.",
        "",
    ),
    ("expose_headers", 'expose_headers=["X-Total"]', 'expose_headers=["X-Total"]', "", ""),
    ("allow_credentials", "allow_credentials=True", "allow_credentials=True", "", ""),
    ("allow_private_network", "allow_private_network=True", "allow_private_network=True", "", ""),
    ("max_age", "max_age=60", "max_age=60", "", ""),
    ("", "max_age=600", "max_age=600", "By default there is none: browsers keep an answer for five seconds.", ""),
    (
        "",
        "",
        "handle_errors=True",
        "A page can read the 500 of an exception, which the server sees too.",
        "error",
    ),
)

_FLASK_CORS = _of(
    FLASK_CORS,
    f'origins=["{SITE}"], always_send=False',
    f'allow_origins=["{SITE}"], allow_methods=["OPTIONS", "PUT", "PATCH", "DELETE"], '
    'allow_headers=["*", "Authorization"]',
    ("origins", f'origins=["{SITE}"]', f'allow_origins=["{SITE}"]', "", ""),
    ("", 'origins="*"', 'allow_origins="*"', "Every response has the `*`, so that caches may keep it.", "no-origin"),
    (
        "",
        r'origins=r"https://(\w+\.)?example\.com"',
        r'allow_origin_regex=r"https://(\w+\.)?example\.com"',
        'It must match the whole origin. Or `allow_origins=["https://example.com", "https://*.example.com"]`.',
        "",
    ),
    (
        "methods",
        'methods=["GET", "PUT"]',
        'allow_methods=["PUT"]',
        "`GET`, `HEAD` and `POST` always pass, as in Fetch; by default no other does.",
        "json",
    ),
    (
        "allow_headers",
        'allow_headers=["X-Token"]',
        'allow_headers=["X-Token"]',
        "By default only those that need no permission.",
        "",
    ),
    ("", 'allow_headers="*"', 'allow_headers=["*", "Authorization"]', "`*` alone leaves out `Authorization`.", ""),
    ("expose_headers", 'expose_headers=["X-Total"]', 'expose_headers=["X-Total"]', "", ""),
    ("supports_credentials", "supports_credentials=True", "allow_credentials=True", "", ""),
    (
        "",
        'origins="*", supports_credentials=True',
        "allow_credentials=True, dangerously_reflect_any_origin=True",
        "The name says it: every site gets in, as the visitor. List the origins.",
        "",
    ),
    ("max_age", "max_age=600", "max_age=600", "", ""),
    (
        "send_wildcard",
        'origins="*", send_wildcard=True',
        'allow_origins="*"',
        "Every response has the `*`, so that caches may keep it.",
        "no-origin",
    ),
    (
        "vary_header",
        "vary_header=False",
        "",
        "`Vary: Origin` is sent wherever an answer depends on the origin: caches need it.",
        "",
    ),
    (
        "automatic_options",
        "automatic_options=False",
        "automatic_options=False",
        "Of `@cross_origin`. OPTIONS need not be among the methods of the route.",
        "",
    ),
    (
        "intercept_exceptions",
        "intercept_exceptions=False",
        "handle_errors=False",
        "The default, as Flask answers for exceptions. The answer always has the headers.",
        "",
    ),
    ("always_send", "always_send=True", "", "A request without `Origin` gets none, but with `*`.", "no-origin"),
    ("allow_private_network", "allow_private_network=True", "allow_private_network=True", "", ""),
    (
        "resources",
        'resources={r"/api/*": {}}',
        'routes={"/api/": policy}',
        "Prefixes and templates; the longest literal beginning decides. Or `@cross_origin(policy)`.",
        "",
    ),
)

_CROSSDOMAIN = _of(
    CROSSDOMAIN,
    f'origin="{SITE}", methods=["PUT"]',
    f'allow_origins=["{SITE}"], allow_methods=["PUT"], max_age=21600',
    ("origin", f'origin="{SITE}"', f'allow_origins=["{SITE}"]', "", ""),
    ("", 'origin="*"', 'allow_origins="*"', "", ""),
    (
        "",
        'origin=["https://app.example.com", "https://example.com"]',
        'allow_origins=["https://app.example.com", "https://example.com"]',
        "",
        "",
    ),
    ("methods", 'methods=["PUT", "PATCH"]', 'allow_methods=["PUT", "PATCH"]', "", ""),
    (
        "",
        "methods=None",
        'allow_methods=["PUT", "PATCH", "DELETE", "PURGE"]',
        "Those of the route are named.",
        "",
    ),
    ("headers", 'headers=["X-Token"]', 'allow_headers=["X-Token"]', "", ""),
    ("", 'headers="Content-Type, X-Token"', 'allow_headers=["Content-Type", "X-Token"]', "", ""),
    ("max_age", "max_age=600", "max_age=600", "The default is `None`, not six hours.", ""),
    ("", "max_age=timedelta(hours=1)", "max_age=timedelta(hours=1)", "", ""),
    (
        "attach_to_all",
        "attach_to_all=False",
        "",
        "There is none: without the headers no page can read the response.",
        "get post put elsewhere put-elsewhere error",
    ),
    ("automatic_options", "automatic_options=False", "automatic_options=False", "", ""),
    ("expose_headers", 'expose_headers=["X-Total"]', 'expose_headers=["X-Total"]', "", ""),
    ("credentials", "credentials=True", "allow_credentials=True", "", ""),
)

_DJANGO_DEFAULTS = (
    'allow_methods=["DELETE", "OPTIONS", "PATCH", "PUT"], '
    'allow_headers=["Authorization", "Content-Type", "User-Agent", "X-CSRFToken", "X-Requested-With"], max_age=86400'
)

_DJANGO = _of(
    DJANGO,
    f'CORS_ALLOWED_ORIGINS=["{SITE}"]',
    f'allow_origins=["{SITE}"], {_DJANGO_DEFAULTS}',
    (
        "CORS_ALLOWED_ORIGINS",
        f'CORS_ALLOWED_ORIGINS=["{SITE}"]',
        f'allow_origins=["{SITE}"]',
        "",
        "",
    ),
    (
        "CORS_ALLOWED_ORIGIN_REGEXES",
        r'CORS_ALLOWED_ORIGINS=[], CORS_ALLOWED_ORIGIN_REGEXES=[r"^https://(\w+\.)?example\.com$"]',
        r'allow_origins=[], allow_origin_regex=r"https://(\w+\.)?example\.com"',
        "One expression, with a bar between several. It must match the whole origin.",
        "",
    ),
    (
        "CORS_ALLOW_ALL_ORIGINS",
        "CORS_ALLOW_ALL_ORIGINS=True",
        'allow_origins="*"',
        "Every response has the `*`, so that caches may keep it.",
        "no-origin",
    ),
    (
        "",
        "CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True",
        "allow_credentials=True, dangerously_reflect_any_origin=True",
        "The name says it: every site gets in, as the visitor. List the origins.",
        "",
    ),
    ("CORS_ALLOW_METHODS", "", 'allow_methods=["DELETE", "OPTIONS", "PATCH", "PUT"]', "The default is named.", ""),
    ("", 'CORS_ALLOW_METHODS=["GET", "POST", "PUT"]', 'allow_methods=["PUT"]', "", ""),
    (
        "CORS_ALLOW_HEADERS",
        "",
        'allow_headers=["Authorization", "Content-Type", "User-Agent", "X-CSRFToken", "X-Requested-With"]',
        "The default is named. `Accept` needs no permission.",
        "",
    ),
    ("", 'CORS_ALLOW_HEADERS=["content-type", "x-token"]', 'allow_headers=["Content-Type", "X-Token"]', "", ""),
    ("CORS_ALLOW_CREDENTIALS", "CORS_ALLOW_CREDENTIALS=True", "allow_credentials=True", "", ""),
    ("CORS_EXPOSE_HEADERS", 'CORS_EXPOSE_HEADERS=["X-Total"]', 'expose_headers=["X-Total"]', "", ""),
    ("CORS_PREFLIGHT_MAX_AGE", "CORS_PREFLIGHT_MAX_AGE=600", "max_age=600", "By default there is none, not a day.", ""),
    ("CORS_ALLOW_PRIVATE_NETWORK", "CORS_ALLOW_PRIVATE_NETWORK=True", "allow_private_network=True", "", ""),
    (
        "CORS_URLS_REGEX",
        'CORS_URLS_REGEX=r"^/api/.*$"',
        'routes={"/api/": policy}',
        "Prefixes and templates, no expressions.",
        "",
    ),
)

_ASGI_CORS = _of(
    ASGI_CORS,
    f'hosts=["{SITE}"]',
    f'allow_origins=["{SITE}"]',
    ("hosts", f'hosts=["{SITE}"]', f'allow_origins=["{SITE}"]', "", ""),
    ("allow_all", "allow_all=True", 'allow_origins="*"', "", ""),
    (
        "host_wildcards",
        'hosts=[], host_wildcards=["https://*.example.com"]',
        'allow_origins=["https://*.example.com"]',
        "`*.` is one or more whole labels.",
        "",
    ),
    (
        "callback",
        f'hosts=[], callback=lambda origin: origin == b"{SITE}"',
        f'allow_origins=[], allow_origin_func=lambda origin: origin == "{SITE}"',
        "The origin is a `str`.",
        "",
    ),
    ("headers", 'headers=["content-type", "x-token"]', 'allow_headers=["Content-Type", "X-Token"]', "", ""),
    ("methods", 'methods=["PUT", "PATCH"]', 'allow_methods=["PUT", "PATCH"]', "", ""),
    ("max_age", "max_age=600", "max_age=600", "", ""),
)

_OWN_RULES = _of(
    OWN_RULES,
    "",
    f'allow_origins=["{SITE}"], allow_methods=["PUT"]',
    (
        "",
        "",
        'preflight_continue=True, on_conflict="keep"',
        "Both together. A response of the application with an ACAO stays; the policy is for everything else.",
        "elsewhere put-elsewhere",
    ),
)

_LIBRARY_DIFFERS = {
    (FLASK_CORS, r'origins=r"https://(\w+\.)?example\.com"'): "evil",
    (FLASK_CORS, "automatic_options=False"): "error",
}

OPTIONS = [
    option._replace(library_differs=frozenset(_LIBRARY_DIFFERS.get((option.library, option.old), "").split()))
    for option in (*_STARLETTE, *_FLASK_CORS, *_DJANGO, *_ASGI_CORS, *_OWN_RULES, *_CROSSDOMAIN)
]


def table() -> str:
    """The table of the document."""
    lines: list[str] = []
    library = ""
    for option in OPTIONS:
        if option.library != library:
            library = option.library
            lines += ["", f"### {library}", "", "| option | before | with fastcors | difference |", "|---|---|---|---|"]
        name = f"`{option.name}`" if option.name else ""
        new = f"`{option.new}`" if option.new else "—"
        old = f"`{option.old}`" if option.old else "—"
        lines.append(f"| {name} | {old} | {new} | {option.difference or 'none'} |")
    return "\n".join([*lines[1:], ""])
