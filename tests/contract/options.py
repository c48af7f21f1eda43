"""The options of other libraries, each with what fastcors has for it: the table in docs/migration.md.

``python -m tests.contract.options`` writes it there. Every row is tried by ``test_options.py``: the old arguments with
the drop-in for their library, the new ones with fastcors itself, and a page that makes the requests of ``pages.py``.
Where the page does not see the same, the row says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "migration.md"
BEGIN, END = "<!-- options:begin -->\n", "<!-- options:end -->"

STARLETTE = "Starlette and FastAPI: `CORSMiddleware(app, …)`"
FLASK_CORS = "flask-cors: `CORS(app, …)`, `@cross_origin(…)`"
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


def _of(library: str, old_context: str, new_context: str, *rows: tuple[str, str, str, str, str]) -> list[Option]:
    return [
        Option(library, name, old, new, difference, frozenset(differs.split()), old_context, new_context)
        for name, old, new, difference, differs in rows
    ]


_STARLETTE = _of(
    STARLETTE,
    f'allow_origins=["{SITE}"], allow_methods=["GET", "POST"]',
    f'allow_origins=["{SITE}"], max_age=600',
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
        "post",
    ),
    ("", 'allow_methods=["POST", "PUT"]', 'allow_methods=["PUT"]', "", ""),
    ("", 'allow_methods=["*"]', 'allow_methods="*"', "Any method, not the known ones.", "purge"),
    ("allow_headers", 'allow_headers=["X-Token"]', 'allow_headers=["X-Token"]', "", ""),
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
        "",
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
    ("max_age", "max_age=600", "max_age=600", "The default is `None`, not six hours.", ""),
    ("", "max_age=timedelta(hours=1)", "max_age=timedelta(hours=1)", "", ""),
    (
        "attach_to_all",
        "attach_to_all=False",
        "",
        "There is none: without the headers no page can read the response.",
        "get post put elsewhere error",
    ),
    ("automatic_options", "automatic_options=False", "automatic_options=False", "", ""),
    ("expose_headers", 'expose_headers=["X-Total"]', 'expose_headers=["X-Total"]', "", ""),
    ("credentials", "credentials=True", "allow_credentials=True", "", ""),
)

OPTIONS = [*_STARLETTE, *_FLASK_CORS, *_CROSSDOMAIN]


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


def main() -> None:
    """Write the table into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    DOCUMENT.write_text(f"{text[:begin]}{table()}{text[end:]}", encoding="utf-8")


if __name__ == "__main__":
    main()
