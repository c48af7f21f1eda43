"""``explain``: what a policy answers to one request, and why."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from fastcors import Policy, PolicyError
from fastcors._browser.steps import Step, examine, report
from fastcors._config.settings import Settings
from fastcors._terminal import Parser, Style, dump_json, escape, paragraph
from fastcors.cli.options import Commands, PolicyFileError, add_policy_options, policy_from

__all__ = ["add_command", "run"]

_DESCRIPTION = """\
Show what a policy decides about one request of a page, and why. If the request needs a preflight
(for a method other than GET, HEAD and POST, or any --header), the preflight comes first."""

_EPILOG = """\
exit status: 0 allowed (or not a CORS request), 1 refused, 2 a usage or policy error

A request does not show whether the page asks for credentials (fetch() with credentials: "include", or
withCredentials). If the page does, add --credentials: then the policy must allow them.

examples:
  %(prog)s --origin https://app.example.com --allow-origin 'https://*.example.com'
  %(prog)s --origin https://app.example.com --method PATCH --header content-type \\
      --allow-origin https://app.example.com --allow-method PATCH --allow-header content-type
  %(prog)s --origin null --policy policy.json --json"""


def add_command(commands: Commands) -> None:
    """Add ``explain`` to the sub-commands."""
    parser: Parser = commands.add_parser(
        "explain",
        help="show what a policy decides about a request, and why",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    group = parser.add_argument_group("request")
    group.add_argument("--origin", help="the page's origin; without it the request is not a CORS request")
    group.add_argument("--method", default="GET", help="the method of the script's request (default: GET)")
    group.add_argument(
        "--header",
        dest="request_headers",
        action="append",
        default=[],
        metavar="NAME",
        help="a request header that the script sets and that is not CORS-safelisted (repeatable)",
    )
    group.add_argument(
        "--preflight", action="store_true", help="begin with a preflight, even if the request needs none"
    )
    group.add_argument(
        "--private-network", action="store_true", help="the preflight asks for access to a private network"
    )
    group.add_argument(
        "--credentials",
        action="store_true",
        default=None,
        help="the page asks for credentials: cookies, HTTP authentication, client certificates",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_policy_options(parser)
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Print the decision; 0 where the request is allowed, 1 where it is refused, 2 without a policy."""
    try:
        policy = policy_from(args)
    except argparse.ArgumentError as error:
        args.usage_error(str(error))
    except PolicyFileError as error:
        if args.json:
            print(dump_json({"error": "policy-file", "message": str(error)}))
        print(f"fastcors: {escape(str(error))}", file=sys.stderr)
        return 2
    except PolicyError as error:
        if args.json:
            issues = [issue._asdict() for issue in error.issues]
            print(dump_json({"error": "policy", "issues": issues}))
        _print_issues(error)
        return 2
    steps = examine(
        policy,
        args.method,
        args.origin,
        args.request_headers,
        preflight=args.preflight,
        private_network=args.private_network,
        credentials=args.credentials,
    )
    if args.json:
        print(dump_json(report(policy, steps)))
    else:
        _print_policy(policy)
        for number, step in enumerate(steps):
            _print_step(step, sent=all(before.passes for before in steps[:number]))
        if any(_leaves_credentials_open(step) for step in steps):
            print(paragraph("\nIf the page asks for credentials, add --credentials to see what happens then.", ""))
    return 0 if all(step.passes for step in steps) else 1


def _leaves_credentials_open(step: Step) -> bool:
    """Whether the request passes without credentials only, and nobody said whether the page asks for them."""
    open_ = step.credentials is None and step.decision.kind != "none"
    return open_ and step.passes and not step.allows_credentials


def _print_issues(error: PolicyError) -> None:
    style = Style(sys.stderr)
    count = len(error.issues)
    title = f"the policy has {'an error' if count == 1 else f'{count} errors'}"
    print(f"fastcors: {style.verdict(title, good=False)}", file=sys.stderr)
    for issue in error.issues:
        value = escape(repr(issue.value))
        print(f"\n  {style.bold(escape(issue.field))}: {value}  [{escape(issue.code)}]", file=sys.stderr)
        print(paragraph(issue.message, "    "), file=sys.stderr)
        if issue.hint is not None:
            print(f"    hint: {escape(issue.hint)}", file=sys.stderr)


def _print_policy(policy: Policy) -> None:
    """The origins, and whatever else is not a default."""
    style = Style(sys.stdout)
    print(style.bold("policy"))
    for name, value in policy.to_dict().items():
        if name == "allow_origins" or _listed(value) != _listed(Settings._field_defaults.get(name)):
            shown = ", ".join(value) if isinstance(value, (list, tuple)) else str(value)
            print(f"  {style.dim(f'{name:24}')} {escape(shown)}")


def _listed(value: Any) -> Any:
    """A list or tuple as a list, so that the two compare."""
    return list(value) if isinstance(value, (list, tuple)) else value


def _print_step(step: Step, sent: bool) -> None:
    style = Style(sys.stdout)
    decision = step.decision
    title = {"none": "not a CORS request", "actual": "actual request"}.get(decision.kind, decision.kind)
    note = "" if sent else " (a browser does not send it, because the preflight is refused)"
    print(f"\n{style.bold(title)}{note}")
    print(f"  {style.dim('>')} {escape(step.method)}")
    for name, value in step.headers:
        print(f"  {style.dim('>')} {name}: {escape(value)}")
    # The status of a request that is not a preflight is the application's.
    status = "the application's status" if decision.status is None else str(decision.status)
    print(f"  {style.dim('<')} {status}")
    for name, value in decision.headers_str:
        print(f"  {style.dim('<')} {name}: {escape(value)}")
    reason = "credentials" if decision.allowed and not step.passes else decision.reason.value
    print(f"  {style.verdict('allowed' if step.passes else 'refused', step.passes)}: {reason}")
    print(paragraph(step.explanation()))
