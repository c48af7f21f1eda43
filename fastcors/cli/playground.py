"""``playground``: a page where a policy and a request are written, sent and explained."""

from __future__ import annotations

import argparse

from fastcors._terminal import Parser
from fastcors.cli.options import Commands, port_number

__all__ = ["add_command"]

_DESCRIPTION = """\
Start a web page and an API behind fastcors. On the page you write a policy and a request, and your
browser sends it. The page shows what went over the wire, the browser's verdict, fastcors' reason,
and what to change. Both servers listen on the loopback interface only."""
_EPILOG = """\
examples:
  %(prog)s --open

needs: pip install "fastcors[demo]\""""


def add_command(commands: Commands) -> None:
    """Add ``playground``. Its module is imported when it runs: it needs a package that others do not."""
    parser: Parser = commands.add_parser(
        "playground",
        help="start a web page where you try a policy in your own browser",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    for option, port, what in (("--port", 8010, "page"), ("--api-port", 8011, "API")):
        parser.add_argument(
            option,
            type=port_number,
            default=port,
            metavar="PORT",
            help=f"the port of the {what} (default: {port}, or the next free one)",
        )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from fastcors.playground import command

    return command.run(args)
