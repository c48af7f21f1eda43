"""``schema``: the JSON Schema of a policy file, for editors and for checks before a deployment."""

from __future__ import annotations

import argparse

from fastcors._config.schema import policy_schema
from fastcors._terminal import Parser, dump_json
from fastcors.cli.options import Commands

__all__ = ["add_command"]

_DESCRIPTION = """\
Print the JSON Schema of a policy: of the files that --policy reads, and of what Policy.from_dict takes.
It knows the types and the ranges of the parameters. What it lets pass, Policy checks in full."""
_EPILOG = """\
examples:
  %(prog)s > policy.schema.json"""


def add_command(commands: Commands) -> None:
    """Add ``schema``."""
    parser: Parser = commands.add_parser(
        "schema", help="the JSON Schema of a policy file", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    print(dump_json(policy_schema()))
    return 0
