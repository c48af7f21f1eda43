"""A web page of this package: its server, and the JSON that the demo's page asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastcors import Policy
from fastcors._browser.steps import examine, report

__all__ = ["COOKIE", "DemoServer", "PageHandler", "PageServer"]


COOKIE = "fastcors-demo=1"
"""The cookie that a page sets. Cookies know no ports: the APIs of the same host get it, with credentials."""


class PageServer(ThreadingHTTPServer):
    """Serves a room's ``page.html`` and what it asks for, in a thread, on a socket that is already bound.

    ``config`` is what the page has to know: ``origin`` (the page's), ``other`` (its other address, which is another
    origin) and ``servers`` (a list with a ``url`` in each).
    """

    daemon_threads = True

    def __init__(self, sock: socket.socket, handler: type[PageHandler], room: str, config: dict[str, Any]) -> None:
        super().__init__(sock.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = sock
        self.server_activate()
        self.config = config
        self.page = files(room).joinpath("page.html").read_bytes()
        self.content_security_policy = _content_security_policy(self.page.decode(), config)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser may leave at any time, which is nobody's error; anything else is reported."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def start(self) -> None:
        """Serve until ``shutdown``."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End the thread and close the socket."""
        self.shutdown()
        self.server_close()


class DemoServer(PageServer):
    """Serves the demo's page, ``/config`` and ``/explain``."""

    def __init__(self, sock: socket.socket, policy: Policy, config: dict[str, Any]) -> None:
        super().__init__(sock, _DemoHandler, "fastcors.demo", config)
        self.policy = policy


def _content_security_policy(page: str, config: dict[str, Any]) -> str:
    """Only the page's own script and style run, and they reach its servers and nothing else."""

    def digest(tag: str) -> str:
        found = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        text = found.group(1) if found else ""
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    apis = " ".join(server["url"] for server in config["servers"])
    own = f"{config['origin']} {config['other']}"
    return (
        f"default-src 'none'; script-src {digest('script')}; style-src {digest('style')}; img-src data:; "
        f"connect-src 'self' {apis}; frame-src {own}; frame-ancestors {own}; "
        "base-uri 'none'; form-action 'none'"
    )


class PageHandler(BaseHTTPRequestHandler):
    """Responds with the page, with JSON, and writes no log."""

    server: PageServer
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for which an idle connection is kept

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal belongs to the command."""

    def send_page(self) -> None:
        """Respond with the page, its Content-Security-Policy and the cookie."""
        cookie = ("Set-Cookie", f"{COOKIE}; Path=/; Max-Age=3600; SameSite=Lax; HttpOnly")
        policy = ("Content-Security-Policy", self.server.content_security_policy)
        self._send(200, "text/html; charset=utf-8", self.server.page, policy, cookie)

    def send_json(self, status: int, value: object) -> None:
        """Respond with ``value`` as JSON."""
        self._send(status, "application/json", json.dumps(value, default=repr).encode())

    def _send(self, status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _DemoHandler(PageHandler):
    """GET and HEAD of three paths."""

    server: DemoServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self.send_page()
        elif url.path == "/config":
            self.send_json(200, {**self.server.config, "policy": self.server.policy.to_dict()})
        elif url.path == "/explain":
            self._explain(url.query)
        else:
            self.send_json(404, {"error": "there is nothing here"})

    do_HEAD = do_GET  # noqa: N815

    def _explain(self, query: str) -> None:
        """The decision about the call with the query's ``origin``, ``method`` and ``header`` (any number)."""
        try:
            fields = parse_qs(query, keep_blank_values=True, max_num_fields=200)
        except ValueError:
            self.send_json(400, {"error": "too many fields"})
            return
        policy = self.server.policy
        origin, method = fields.get("origin", [None])[0], fields.get("method", ["GET"])[0]
        self.send_json(200, report(policy, examine(policy, method, origin, fields.get("header", []))))
