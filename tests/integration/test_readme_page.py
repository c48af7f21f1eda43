"""The README as a page in a real browser."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="drives the browser")
pytest.importorskip("markdown_it", reason="renders the README")

from playwright.sync_api import sync_playwright

from tests.integration.chromium import need_chromium
from tools.screenshots import SCREEN, WIDTH, height_of_readme


def test_the_readme_fits_under_one_screen_and_a_half() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=["--no-sandbox"])
        height = height_of_readme(browser)
        browser.close()
    assert 0.5 < height / SCREEN < 1.5, f"{height} pixels at a width of {WIDTH}"
