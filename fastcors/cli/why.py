"""``why``: from the message in a browser's console to what causes it."""

from __future__ import annotations

import argparse
import shlex
import sys

from fastcors._browser.messages import Recognised, recognise
from fastcors._terminal import Parser, Style, dump_json, escape, numbered, paragraph
from fastcors.cli.options import Commands

__all__ = ["add_command", "run"]

_DESCRIPTION = """\
Explain a message about CORS from the console of a browser: what it means, what causes it, and what to
look at. Paste the whole message, in quotes; '-' reads it from standard input."""

_EPILOG = """\
exit status: 0 the message is known, 1 it is not, 2 a usage error

examples:
  %(prog)s "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com'
      has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present ..."
  pbpaste | %(prog)s -"""


def add_command(commands: Commands) -> None:
    """Add ``why`` to the sub-commands."""
    parser: Parser = commands.add_parser(
        "why", help="explain a message from the console of a browser", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("message", nargs="+", metavar="MESSAGE", help="the message; '-' reads it from standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what the message means; 0 where it is known, else 1."""
    message = sys.stdin.read() if args.message == ["-"] else " ".join(args.message)
    found = recognise(message)
    if args.json:
        print(dump_json(None if found is None else _facts(found)))
    elif found is None:
        print(
            paragraph(
                "This is not a message of Chromium, Firefox or Safari about CORS. Paste the whole message: the "
                "important part comes after 'has been blocked by CORS policy:', or stands in '(Reason: ...)'.",
                "",
            ),
            file=sys.stderr,
        )
    else:
        _print(found)
    return 0 if found else 1


def _facts(found: Recognised) -> dict[str, object]:
    return {
        "browser": found.browser,
        "rule": found.cause.rule.value,
        "means": found.cause.means,
        "reasons": [reason.value for reason in found.cause.reasons],
        "look": list(found.cause.look),
        "values": found.values,
        "probe": _probe(found),
    }


def _probe(found: Recognised) -> str | None:
    """The command that asks the server itself; None where the message does not name the URL."""
    url = found.values.get("url")
    if url is None:
        return None
    command = ["fastcors", "probe", url, "--origin", found.values.get("page", "ORIGIN")]
    if "method" in found.values:
        command += ["--method", found.values["method"]]
    if "header" in found.values:
        command += ["--header", found.values["header"]]
    if "credentials" in found.cause.rule.value or found.cause.rule.value == "allow-origin-wildcard":
        command.append("--credentials")
    return shlex.join(command)


def _print(found: Recognised) -> None:
    style = Style(sys.stdout)
    print(f"{style.bold(found.cause.rule.value)} ({found.browser})")
    print(paragraph(found.cause.means))
    for name, value in found.values.items():
        print(f"  {style.dim(f'{name}:')} {escape(value)}")
    if found.cause.reasons:
        print(f"\n{style.bold('reasons of fastcors that lead to this message')}")
        print(paragraph(", ".join(reason.value for reason in found.cause.reasons)))
    print(f"\n{style.bold('what to look at')}")
    print(numbered(found.cause.look))
    command = _probe(found)
    if command is not None:
        print(f"\n{style.bold('to see what the server really answers')}")
        print(f"  {escape(command)}")
