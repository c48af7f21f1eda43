"""Write what is generated in the documents, between two marks in each: what the code says stands in the code alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))

from fastcors._config.parameters import TABLE  # noqa: E402


class Generated(NamedTuple):
    """A part of a document."""

    document: str
    mark: str
    """Its name in the marks around it: ``<!-- name:begin -->`` and ``<!-- name:end -->``."""
    write: Callable[[], str]


def parameters_table() -> str:
    """The parameters of a policy, each with what it takes, its default and what it is for."""
    lines = ["| parameter | takes | default | |", "|---|---|---|---|"]
    for parameter in TABLE:
        default = "none" if parameter.default == () else _code(repr(parameter.default).replace("'", '"'))
        takes = re.sub(r'"[^"]*"|\b(?:bool|int|float|str|timedelta)\b', lambda found: _code(found[0]), parameter.takes)
        lines.append(f"| [`{parameter.name}`](#{parameter.name}) | {takes} | {default} | {_words(parameter.help)} |")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`"


_LITERAL = re.compile(r"'[^']*'|https?://[^\s,;]*[\w*]|http:|\*\.")


def _words(text: str) -> str:
    """Text of the command line as Markdown: what stands for itself is code, and a row has one line."""
    return _LITERAL.sub(lambda found: _code(found[0].strip("'")), text).replace("|", "\\|")


GENERATED = [Generated("docs/policy.md", "parameters", parameters_table)]


def filled_in(text: str, part: Generated) -> str:
    """The text of a document with the part as it should be. Raises ValueError where the marks are not there."""
    begin, end = f"<!-- {part.mark}:begin -->\n", f"<!-- {part.mark}:end -->"
    start = text.index(begin) + len(begin)
    return text[:start] + part.write() + text[text.index(end) :]


def main() -> None:
    """Write every part."""
    for part in GENERATED:
        path = TOP / part.document
        path.write_text(filled_in(path.read_text(encoding="utf-8"), part), encoding="utf-8")


if __name__ == "__main__":
    main()
