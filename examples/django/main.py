"""The project and a page on another origin: ``python examples/django/main.py``."""

from __future__ import annotations

import contextlib
import os

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from page import Page


def main() -> None:
    """Serve the page on PAGE_PORT and the project on API_PORT, with the server of runserver."""
    page = Page(int(os.environ.get("PAGE_PORT", "8000")))
    os.environ["PAGE_ORIGIN"] = page.origin
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    server = ThreadedWSGIServer(("127.0.0.1", int(os.environ.get("API_PORT", "8001"))), WSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    page.show(f"http://127.0.0.1:{server.server_port}")
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
