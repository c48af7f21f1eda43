"""The demo's output in the terminal: where everything is, and the table of exchanges."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fastcors import Policy
from fastcors._terminal import escape
from fastcors.demo.exchanges import Answer, decision_time, exchanges, send
from fastcors.demo.servers import Server

__all__ = ["print_table"]

_PIPE_WIDTH = 130  # columns where no terminal says how many there are: every row on one line


def print_table(
    policy: Policy, config: dict[str, Any], servers: Sequence[Server], stop: Callable[[], bool]
) -> list[dict[str, Any]]:
    """Make the exchanges with every server, print them, and return them as JSON has them."""
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    _print_head(console, config)
    console.file.flush()
    good_mark, bad_mark = ("✓", "✗") if console.encoding.startswith("utf") else ("yes", "no")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True, show_edge=False)
    for title in ("server", "request", "expected: status, ACAO", "got", "reason"):
        table.add_column(title, overflow="fold")
    table.add_column("decide", justify="right")
    table.add_column("ok")
    results: list[dict[str, Any]] = []
    for server in servers:
        text = bytes if server.kind == "asgi" else str
        for exchange in exchanges(config["origin"]):
            if stop():
                return results
            arguments = exchange.arguments(text)
            reason = policy.decide(*arguments).reason.value  # type: ignore[arg-type]
            nanoseconds = decision_time(policy, arguments)
            answer = send(exchange, server.port)
            ok = answer.fits(exchange) and reason == exchange.reason
            table.add_row(
                server.title,
                exchange.title,
                _shown(exchange.status, exchange.allow_origin),
                _got(answer),
                reason,
                f"{nanoseconds:,.0f} ns",
                Text(good_mark, "bold green") if ok else Text(bad_mark, "bold red"),
                style=None if ok else "red",
            )
            results.append(
                {
                    "server": server.title,
                    "request": exchange.title,
                    "expected": {"status": exchange.status, "allow_origin": exchange.allow_origin},
                    "got": {"status": answer.status, "allow_origin": answer.allow_origin},
                    "reason": reason,
                    "decide_ns": round(nanoseconds, 1),
                    "ok": ok,
                }
            )
        table.add_section()
    console.print(table)
    console.print()
    good = sum(result["ok"] for result in results)
    console.print(
        f"{len(results)} exchanges over HTTP, {good} answered as expected. "
        "ACAO is Access-Control-Allow-Origin; - is none."
    )
    console.print("decide is the time of one policy.decide() for that request, the best of five loops.")
    return results


def _print_head(console: Console, config: dict[str, Any]) -> None:
    head = Table.grid(padding=(0, 2))
    head.add_row("backend", Text(config["backend"], "bold"), f"fastcors {config['version']}")
    head.add_row("page", Text(config["origin"], "bold"), "the origin that the policy allows")
    head.add_row("", Text(config["other"], "bold"), "the same page, but another origin: not allowed")
    for server in config["servers"]:
        title, about = f"API {server['kind'].upper()}", f"{server['program']}, GET /items"
        head.add_row(title, Text(server["url"], "bold"), about)
    console.print()
    console.print(head)
    console.print()


def _shown(status: int, allow_origin: str | None) -> str:
    return f"{status} {escape(allow_origin or '-')}"


def _got(answer: Answer) -> str:
    return _shown(answer.status, answer.allow_origin) if answer.status else escape(answer.error)
