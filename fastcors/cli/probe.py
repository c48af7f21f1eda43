"""``probe``: what a browser would make of a server's answers."""

from __future__ import annotations

import argparse
import ssl
import sys

from fastcors._browser.exchange import Exchange, Fetch, UnreachableError, fetch, origin_of
from fastcors._browser.messages import CAUSES, Cause
from fastcors._browser.rules import Rule
from fastcors._config.names import check_headers
from fastcors._grammar import FORBIDDEN_METHODS, is_token, parse_origin
from fastcors._terminal import Parser, Style, dump_json, escape, numbered, paragraph
from fastcors.cli.options import Commands

__all__ = ["add_command", "run"]

_DESCRIPTION = """\
Send to a server what a browser would send for a page's fetch(): the preflight if one is needed, then
the request, then what a redirect leads to. Show whether the page may read the answer, and which rule
of the browser decides that."""

_EPILOG = """\
The request is real: a DELETE deletes. No cookies are sent; --credentials means that the page would
send them.

exit status: 0 the page may read the answer, 1 the browser blocks it, 2 a usage error, 3 no answer

examples:
  %(prog)s https://api.example.com/items --origin https://app.example.com
  %(prog)s http://localhost:8001/items/7 --origin http://localhost:8000 --method PUT \\
      --header 'Content-Type: application/json' --credentials --json"""

_SHOWN = ("vary", "location", "timing-allow-origin")


def add_command(commands: Commands) -> None:
    """Add ``probe`` to the sub-commands."""
    parser: Parser = commands.add_parser(
        "probe",
        help="ask a server what a browser would ask, and judge its answers",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("url", metavar="URL", help="the URL that the page fetches")
    parser.add_argument("--origin", required=True, help="the page's origin")
    parser.add_argument("--method", default="GET", help="the method (default: GET)")
    parser.add_argument(
        "--header",
        dest="request_headers",
        action="append",
        default=[],
        metavar="NAME[: VALUE]",
        help="a header that the page sets (repeatable); without a value, one that needs a preflight is sent",
    )
    parser.add_argument("--credentials", action="store_true", help="the page asks for credentials")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="default: %(default)g")
    parser.add_argument("--insecure", action="store_true", help="do not check the server's certificate")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Print the exchanges and the verdict; 0 passes, 1 blocked, 3 no answer. A usage error leaves with 2."""
    headers = _checked(args)
    context = ssl._create_unverified_context() if args.insecure else None
    try:
        done = fetch(
            args.url,
            args.origin,
            args.method,
            headers,
            credentials=args.credentials,
            timeout=args.timeout,
            context=context,
        )
    except UnreachableError as error:
        if args.json:
            print(dump_json({"error": "no-answer", "message": str(error)}))
        print(f"fastcors: no answer: {escape(str(error))}", file=sys.stderr)
        return 3
    if args.json:
        print(dump_json(_report(done)))
    else:
        for exchange in done.exchanges:
            _print_exchange(exchange)
        _print_verdict(done)
    return 0 if done.verdict.passes else 1


def _checked(args: argparse.Namespace) -> list[tuple[str, str]]:
    """The page's headers. What a browser would not send is a usage error."""
    if origin_of(args.url) is None:
        args.usage_error(f"URL must begin with http:// or https:// and have a host, not {args.url!r:.200}")
    if args.origin != "null" and parse_origin(args.origin) is None:
        args.usage_error(
            f"--origin must be an origin as browsers send it (scheme://host or scheme://host:port, in lower case), "
            f"not {args.origin!r:.200}"
        )
    if not is_token(args.method) or args.method.upper() in FORBIDDEN_METHODS:
        args.usage_error(f"a page cannot send the method {args.method!r:.100}")
    headers = [_header(text) for text in args.request_headers]
    _, issues = check_headers([name for name, _ in headers], credentials=False)
    if issues:
        args.usage_error("; ".join(f"--header {issue.value}: {issue.message}" for issue in issues))
    if any(not value.isprintable() or not value.isascii() for _, value in headers):
        args.usage_error("--header: a value must be printable ASCII")
    return headers


def _header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if separator:
        return name.strip(), value.strip()
    return name.strip(), "application/json" if name.strip().lower() == "content-type" else '"probe"'


def _report(done: Fetch) -> dict[str, object]:
    return {
        "passes": done.verdict.passes,
        "rule": done.verdict.rule.value,
        "value": done.verdict.value,
        "explanation": _explanation(done),
        "readable": done.readable,
        "exchanges": [
            {
                "url": one.url,
                "preflight": one.preflight,
                "request": {"method": one.method, "headers": [list(pair) for pair in one.sent]},
                "response": {"status": one.status, "headers": [list(pair) for pair in one.received]},
                "rule": one.verdict.rule.value,
            }
            for one in done.exchanges
        ],
    }


def cause_of(rule: Rule) -> Cause | None:
    """The cause of a rule's verdict; None where there is none to tell."""
    return next((cause for cause in CAUSES if cause.rule is rule), None)


def _explanation(done: Fetch) -> str:
    """The verdict in sentences, one a line."""
    rule, value = done.verdict
    if rule is Rule.PASSES:
        return "The page may read the answer."
    if rule is Rule.SAME_ORIGIN:
        return "The page and the URL have the same origin, so no CORS is needed: the page may read the answer."
    lines = ["The page may read the answer, but the browser warns about it."]
    if not done.verdict.passes:
        lines = ["The browser blocks the request: the page cannot read the answer."]
    cause = cause_of(rule)
    if cause is not None:
        lines.append(cause.means)
    elif rule is Rule.REDIRECT_SCHEME:
        lines.append("A redirect leads to a URL that is neither http: nor https:.")
    elif rule is Rule.REDIRECT_LIMIT:
        lines.append("There are more than 20 redirects.")
    if value:
        lines.append(f"The value is '{escape(value[:200])}'.")
    return "\n".join(lines)


def _print_exchange(exchange: Exchange) -> None:
    style = Style(sys.stdout)
    title = "preflight" if exchange.preflight else "request"
    print(f"{style.bold(title)} {escape(exchange.url)}")
    print(f"  {style.dim('>')} {escape(exchange.method)}")
    for name, value in exchange.sent:
        print(f"  {style.dim('>')} {escape(name)}: {escape(value)}")
    print(f"  {style.dim('<')} {exchange.status}")
    for name, value in exchange.received:
        if name.lower().startswith("access-control-") or name.lower() in _SHOWN:
            print(f"  {style.dim('<')} {escape(name)}: {escape(value)}")
    print()


def _print_verdict(done: Fetch) -> None:
    style = Style(sys.stdout)
    word = "passes" if done.verdict.passes else "blocked"
    print(f"{style.verdict(word, done.verdict.passes)}: {done.verdict.rule.value}")
    print(paragraph(_explanation(done)))
    if done.verdict.passes:
        print(paragraph(f"It may read these headers: {', '.join(done.readable) or 'none'}."))
    cause = cause_of(done.verdict.rule)
    if cause is not None:
        print(numbered(cause.look))
