"""``schema``: the JSON Schema of a policy file, for editors and for checks before a deployment."""

from __future__ import annotations

import argparse

from fastcors._config.schema import policy_schema
from fastcors._terminal import Parser, dump_json
from fastcors.cli.options import Commands

__all__ = ["add_command"]

_DESCRIPTION = """\
Print the JSON Schema of a policy, for the files that --policy reads and for what Policy.from_dict takes.
The schema has the types and the ranges of the parameters. fastcors.Policy checks more than it can."""
_EPILOG = """\
examples:
  %(prog)s > policy.schema.json"""


def add_command(commands: Commands) -> None:
    """Add ``schema``."""
    parser: Parser = commands.add_parser(
        "schema", help="print the JSON Schema of a policy file", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    print(dump_json(policy_schema()))
    return 0
