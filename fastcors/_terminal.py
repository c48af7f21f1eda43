"""What the command line writes: escaped, wrapped, and coloured only where a person reads it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn, TextIO

__all__ = ["Parser", "Style", "dump_json", "escape", "numbered", "paragraph", "unique_names"]


def escape(text: str) -> str:
    r"""``text`` with everything but printable ASCII as ``\x1b`` or ``\u0430``.

    Control characters would steer the terminal that shows them, and letters of other scripts pass for
    ASCII ones in a host. Escaping twice changes nothing.
    """
    return "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode("ascii") for c in text)


def dump_json(value: object) -> str:
    """``value`` as indented JSON in printable ASCII; what JSON does not know is written as its ``repr``."""
    # json escapes whatever is not ASCII and the control characters, but not DEL.
    return json.dumps(value, indent=2, default=repr).replace("\x7f", "\\u007f")


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's pairs as a dict; a repeated name is an error, or one of the two would be lost unseen."""
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{repeated!r} is given twice")
    return value


def paragraph(text: str, indent: str = "  ") -> str:
    """The lines of ``text``, each escaped, indented and wrapped to the terminal, at most 100 columns."""
    wrapper = textwrap.TextWrapper(
        width=max(min(shutil.get_terminal_size().columns, 100), 40),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.fill(escape(line)) for line in text.split("\n"))


def numbered(texts: Iterable[str]) -> str:
    """The texts as a numbered list, each wrapped as :func:`paragraph` does it."""
    lines = []
    for number, text in enumerate(texts, 1):
        first, *rest = paragraph(text, "     ").split("\n")
        lines += [f"  {number}. {first.strip()}", *rest]
    return "\n".join(lines)


class Style:
    """ANSI colours for ``stream``, or none where it is no terminal or ``NO_COLOR`` is set."""

    def __init__(self, stream: TextIO) -> None:
        self._on = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on else text

    def bold(self, text: str) -> str:
        """``text`` in bold."""
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        """``text`` in a weaker colour."""
        return self._wrap("2", text)

    def verdict(self, text: str, good: bool) -> str:
        """``text`` in bold green, or in bold red."""
        return self._wrap("1;32" if good else "1;31", text)


class Parser(argparse.ArgumentParser):
    """An argument parser that escapes its error messages and takes no abbreviated options.

    An abbreviation would let ``--dangerously`` stand for whichever danger is the only one left.
    """

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**kwargs)  # type: ignore[arg-type]

    def commands(self) -> dict[str, Parser]:
        """The parsers of the sub-commands, by name."""
        actions = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return {name: parser for action in actions for name, parser in action.choices.items()}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse; an unknown option is an error of the command that it was given to, with the nearest one as a hint."""
        namespace, rest = super().parse_known_args(args, namespace)
        if rest and self._subparsers is None:
            known = [option for action in self._actions for option in action.option_strings]
            near = get_close_matches(rest[0].partition("=")[0].replace("_", "-"), known, n=1)
            self.error(f"unrecognized arguments: {' '.join(rest)}" + (f" (did you mean {near[0]}?)" if near else ""))
        return namespace, rest

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and leave with status 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {escape(message)}\n")
