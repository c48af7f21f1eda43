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

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, sync_playwright

from fastcors.playground.command import start

TOP = Path(__file__).resolve().parents[1]
SITE = TOP / "build" / "site"
ASSETS = TOP / "docs" / "assets"
NAMES = ("chromium", "chromium-browser", "google-chrome")

WIDTH, SCREEN = 1012, 1000
"""The pixels that GitHub gives to the text of a file, and the height of a screen: README.md fits under 1.5 of them."""

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1012px; margin: 0 auto; color: #1f2328; word-wrap: break-word; }
main { display: flow-root; } main > :first-child { margin-top: 0; } main > :last-child { margin-bottom: 0 !important; }
h1, h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; margin: 24px 0 16px; line-height: 1.25; }
p, pre, table, details { margin: 0 0 16px; } a { color: #0969da; } img { max-width: 100%; }
pre { background: #f6f8fa; padding: 16px; overflow: auto; font-size: 85%; line-height: 1.45; border-radius: 6px; }
code { font-family: ui-monospace, monospace; font-size: 85%; background: #818b981f; padding: .2em .4em; }
pre code { font-size: 100%; background: none; padding: 0; }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
img[align=right] { padding-left: 20px; float: right; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #f0f6fc; } pre { background: #151b23; } a { color: #4493f8; }
  h1, h2, th, td { border-color: #3d444d; }
}
"""
"""The measures and colours of GitHub."""


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
    """The README as a web page, as wide as GitHub shows it."""
    text = (TOP / "README.md").read_text(encoding="utf-8")
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    head = "<meta charset=utf-8><meta name=viewport content='width=device-width'><base href='/'>"
    return f"<!doctype html>{head}<style>{STYLE}</style><main>{body}</main>"


def height_of_readme(browser: Browser, width: int = WIDTH) -> float:
    """How many pixels the README takes from its first line to its last, where the text has this width."""
    rendered = TOP / "build" / "readme.html"
    rendered.parent.mkdir(exist_ok=True)
    rendered.write_text(readme(), encoding="utf-8")
    with served(TOP) as url, contextlib.closing(browser.new_page(viewport={"width": width, "height": SCREEN})) as page:
        page.goto(f"{url}/build/readme.html", wait_until="networkidle")
        height: float = page.evaluate("document.querySelector('main').getBoundingClientRect().height")
    return height


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
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        here, site = stack.enter_context(served(TOP)), stack.enter_context(served(SITE))
        height = height_of_readme(browser)
        print(f"README.md takes {height:.0f} pixels at {WIDTH}: {height / SCREEN:.2f} screens of {SCREEN}")
        take(browser, f"{here}/build/readme.html", "readme", height=int(1.5 * SCREEN))
        take(browser, f"{site}/start.html", "start")
        take(browser, f"{site}/why-blocked.html", "why-blocked")
        take(browser, start(stack)["origin"], "playground", click="[data-case=method]", height=1200)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
