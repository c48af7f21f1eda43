"""The command line: ``why`` explains a browser's message, ``probe`` asks a server, ``explain`` decides one request,
``schema`` says what a policy file may hold, ``demo`` shows real servers and a web page, ``playground`` tries a policy
in a browser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from fastcors import __version__, backend
from fastcors._terminal import Parser
from fastcors.cli import explain, options, playground, probe, schema, why

__all__ = ["main"]


def build_parser(prog: str = "fastcors") -> Parser:
    """The parser with its sub-commands; a parsed namespace carries the function to call as ``run``."""
    parser = Parser(
        prog=prog,
        description="fastcors: CORS for Python gateways and servers.",
    )
    parser.add_argument("--version", action="version", version=f"fastcors {__version__} ({backend})")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    why.add_command(commands)
    probe.add_command(commands)
    explain.add_command(commands)
    schema.add_command(commands)
    options.add_demo_command(commands)
    playground.add_command(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (``sys.argv`` by default) and return the exit status.

    A usage error, ``--help`` and ``--version`` leave through :class:`SystemExit`, as argparse does it.
    """
    try:
        started_as_module = sys.argv[0].endswith("__main__.py")
        args = build_parser("python -m fastcors" if started_as_module else "fastcors").parse_args(argv)
        status: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as a shell reports it
    except BrokenPipeError:  # of "... | head", which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still writes when it ends
        return 141  # 128 + SIGPIPE
    return status
