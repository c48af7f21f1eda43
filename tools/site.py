"""What the site does otherwise than GitHub with the same pages: it has a table of contents beside each of them."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:class|attr|meth|func|mod|data):(?=<code>)")
_CONTENTS = re.compile(r"(?:^- \[[^\]]+\]\(#[^)]+\)\n){3,}", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page without the list of its sections. A page with no neighbour gets the place of the navigation too."""
    if page.parent is None:
        page.meta.setdefault("hide", ["navigation"])
    return _CONTENTS.sub("", markdown, count=1)


def on_page_content(html: str, **_: Any) -> str:
    """Return a page without the roles in front of names, which docstrings have and Markdown has not."""
    return _ROLE.sub("", html)
