"""What mkdocs needs beside the pages: docstrings have roles in front of names, which Markdown does not have."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:class|attr|meth|func|mod|data):(?=<code>)")


def on_page_content(html: str, **_: Any) -> str:
    """Return a page without the roles in front of names."""
    return _ROLE.sub("", html)
