"""A gateway before two services, and a page on another origin: ``python examples/gateway/main.py``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import tempfile
from pathlib import Path

from backends import feeds, running, shop
from config import load
from gateway import Gateway
from page import Page


def configuration(page: str, shop_port: int, feeds_port: int) -> dict[str, object]:
    """Return what the gateway does for pages of this origin."""
    of_shop = {
        "allow_origins": [page],
        "allow_methods": ["PUT"],
        "allow_credentials": True,
        "expose_headers": ["X-Served-By"],
        "dangerously_allow_insecure_origins": True,
    }
    return {
        "upstreams": {
            "shop": {"address": f"127.0.0.1:{shop_port}", "policy": of_shop},
            "feeds": {"address": f"127.0.0.1:{feeds_port}", "policy": {"allow_origins": "*"}},
            "admin": {"address": f"127.0.0.1:{shop_port}", "policy": {"allow_origins": ["https://admin.example.com"]}},
            "down": {"address": "127.0.0.1:9", "policy": of_shop},
        },
        "routes": {"/": "shop", "/feeds/": "feeds", "//admin.localhost/": "admin", "/down": "down"},
    }


async def run() -> None:
    """Serve the page on PAGE_PORT and the gateway on API_PORT."""
    page = Page(int(os.environ.get("PAGE_PORT", "8000")))
    async with running(shop) as shop_port, running(feeds) as feeds_port:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "gateway.json"
            file.write_text(json.dumps(configuration(page.origin, shop_port, feeds_port), indent=2), encoding="utf-8")
            gateway = Gateway(load(file))
            gateway.loop.add_signal_handler(signal.SIGHUP, gateway.reload, file)
            server = await gateway.serve(int(os.environ.get("API_PORT", "8001")))
            page.show(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            print(f"Change {file} and send SIGHUP to process {os.getpid()}: the gateway reads it again.", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
