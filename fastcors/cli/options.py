"""The options: a policy's parameters as the command line has them, and the demo's own."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from fastcors import Policy
from fastcors._config.parameters import TABLE, Parameter
from fastcors._config.readable import PARAMETERS
from fastcors._terminal import Parser, unique_names

__all__ = ["Commands", "PolicyFileError", "add_demo_command", "add_policy_options", "policy_from"]

Commands = Any  # argparse's sub-parsers action, which has no public name

_DEMO_DESCRIPTION = """\
Start a JSON API behind fastcors twice, as an ASGI application on uvicorn and as a WSGI
application on gunicorn, and a web page on another origin that calls both. Print the URLs
and a table of real HTTP exchanges with both servers. Ctrl-C ends it."""
_DEMO_EPILOG = """\
examples:
  %(prog)s
  %(prog)s --once --json exchanges.json

needs: pip install "fastcors[demo]\""""


class PolicyFileError(Exception):
    """The policy file cannot be read, or does not hold a JSON object."""


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    """Add every parameter of :class:`fastcors.Policy` but its function, and ``--policy``, to ``parser``.

    What is not given is left out of the namespace, so that the defaults stay Policy's own. Values are
    not checked here either: Policy reports everything that is wrong at once, with hints.
    """
    group = parser.add_argument_group("policy", "give either a file, or any of the options after it")
    group.add_argument(
        "--policy",
        metavar="FILE",
        help="a JSON object with the parameters of fastcors.Policy; '-' reads standard input",
    )
    for parameter in TABLE:
        if parameter.form.kind != "none":
            _add_option(group, parameter)


def _add_option(group: Any, parameter: Parameter) -> None:
    """Add the option of one parameter, of a list also in the parameter's own spelling."""
    kind, metavar = parameter.form
    spellings = [parameter.option]
    keywords: dict[str, Any] = {"dest": parameter.name, "default": argparse.SUPPRESS, "help": parameter.help}
    if kind == "flag":
        keywords["action"] = "store_true"
    else:
        keywords["metavar"] = metavar
    if kind == "list":
        spellings.append("--" + parameter.name.replace("_", "-"))
        keywords |= {"action": "append", "help": f"{parameter.help} (repeatable)"}
    elif kind in ("int", "number"):
        keywords["type"] = int if kind == "int" else number
    if parameter.default not in (None, (), False):
        keywords["help"] += f" (default: {parameter.default})"
    group.add_argument(*spellings, **keywords)


def number(text: str) -> float:
    """A number, and an int where it is one."""
    value = float(text)
    return int(value) if value.is_integer() else value


def policy_from(args: argparse.Namespace) -> Policy:
    """The policy that the options describe.

    Raises :class:`fastcors.PolicyError` for a configuration that cannot become a policy,
    :class:`PolicyFileError` for a file that cannot be read, and :class:`argparse.ArgumentError` where
    ``--policy`` is combined with options that say the same.
    """
    given = {name: value for name, value in vars(args).items() if name in PARAMETERS}
    if args.policy is not None:
        if given:
            names = ", ".join(sorted(given))
            raise argparse.ArgumentError(None, f"--policy holds the whole policy, so leave these out: {names}")
        return Policy.from_dict(_load(args.policy))
    return Policy.from_dict({name: "*" if value == ["*"] else value for name, value in given.items()})


def _load(path: str) -> dict[str, Any]:
    """The JSON object in the file ``path``."""
    try:
        if path == "-":
            value = json.load(sys.stdin, object_pairs_hook=unique_names)
        else:
            with open(path, encoding="utf-8") as file:
                value = json.load(file, object_pairs_hook=unique_names)
    except OSError as error:
        raise PolicyFileError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PolicyFileError(f"{path}: this is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise PolicyFileError(f"{path}: the file must hold a JSON object with the parameters of fastcors.Policy")
    return value


def add_demo_command(commands: Commands) -> None:
    """Add ``demo``. Its module is imported when it runs: it needs packages that ``explain`` does not."""
    parser: Parser = commands.add_parser(
        "demo",
        help="start two servers and a web page that calls them",
        description=_DEMO_DESCRIPTION,
        epilog=_DEMO_EPILOG,
    )
    parser.add_argument(
        "--host",
        choices=["localhost", "127.0.0.1"],
        default="localhost",
        help="the name in the URLs; the servers listen on the loopback interface only (default: %(default)s)",
    )
    for name, port, what in [("page", 8000, "page"), ("asgi", 8001, "ASGI server"), ("wsgi", 8002, "WSGI server")]:
        parser.add_argument(
            f"--{name}-port",
            type=port_number,
            metavar="PORT",
            help=f"the port of the {what} (default: {port}, or the next free one; with --once any free one)",
        )
        parser.set_defaults(**{f"{name}_default": port})
    parser.add_argument(
        "--once",
        action="store_true",
        help="end after the table, with the status 0 if every answer is as expected, else 1",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--json", metavar="FILE", help="write the exchanges to this file as well")
    parser.set_defaults(run=_run_demo)


def port_number(text: str) -> int:
    """A port number; 0 is any free one."""
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port must be a number from 0 (any free one) to 65535")
    return int(text)


def _run_demo(args: argparse.Namespace) -> int:
    from fastcors.demo import command as demo

    return demo.run(args)
