"""A server for the page of the example. Its port makes it another origin than the API's."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILE = Path(__file__).with_name("index.html")


class PageHandler(BaseHTTPRequestHandler):
    """Answers GET / with index.html, in which ``{{api}}`` stands for the address of the API."""

    server: Page

    def do_GET(self) -> None:
        """Send the page, or 404 for any other path."""
        if self.path != "/":
            self.send_error(404)
            return
        content = FILE.read_text(encoding="utf-8").replace("{{api}}", self.server.api).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: the lines of the API's server are the interesting ones."""


class Page(ThreadingHTTPServer):
    """The page on a loopback port; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), PageHandler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.api = ""

    def show(self, api: str) -> None:
        """Serve the page in a thread from now on, and print where both are."""
        self.api = api
        threading.Thread(target=self.serve_forever, daemon=True).start()
        print(f"page  {self.origin}/", f"API   {api}/", "Ctrl+C ends both.", sep="\n", flush=True)
