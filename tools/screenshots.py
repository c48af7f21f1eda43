"""Take pictures of what a newcomer sees first, in headless Chromium, into docs/assets/: ``make screenshots``.

The README as a page, the start page of the site, "Why is my request blocked?" and the playground with a request that
is blocked. ``make docs`` must have built the site.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import markdown
from playwright.sync_api import Browser, sync_playwright

from fastcors.playground.command import start

TOP = Path(__file__).resolve().parents[1]
SITE = TOP / "build" / "site"
ASSETS = TOP / "docs" / "assets"
NAMES = ("chromium", "chromium-browser", "google-chrome")

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 860px; margin: 32px auto; padding: 0 24px; color: #1f2328; }
h1, h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; }
pre { background: #f6f8fa; padding: 14px; overflow: auto; font-size: 13.6px; }
code { font-family: ui-monospace, monospace; font-size: 85%; background: #f6f8fa; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; } img { max-width: 100%; }
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface; yields its URL."""
    handler: Any = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def readme() -> str:
    """The README as a web page, with the extensions that the places have that show it."""
    text = (TOP / "README.md").read_text(encoding="utf-8")
    body = markdown.markdown(text, extensions=["fenced_code", "tables"])
    return f"<!doctype html><meta charset=utf-8><base href='/'><style>{STYLE}</style>{body}"


def take(browser: Browser, url: str, name: str, click: str = "", height: int = 900) -> None:
    """Take one picture, after a click on the element with this selector."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.goto(url, wait_until="networkidle")
    if click:
        page.click(click)
        page.wait_for_selector("#result[data-done]", state="attached")
    page.screenshot(path=str(ASSETS / f"{name}.png"))
    page.close()
    print(f"written: docs/assets/{name}.png")


def main() -> int:
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None or not (SITE / "start.html").exists():
        print("this needs Chromium on the PATH, and the site of make docs", file=sys.stderr)
        return 1
    rendered = TOP / "build" / "readme.html"
    rendered.write_text(readme(), encoding="utf-8")
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        here, site = stack.enter_context(served(TOP)), stack.enter_context(served(SITE))
        take(browser, f"{here}/build/readme.html", "readme", height=1600)
        take(browser, f"{site}/start.html", "start")
        take(browser, f"{site}/why-blocked.html", "why-blocked")
        take(browser, start(stack)["origin"], "playground", click="[data-case=method]", height=1200)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
