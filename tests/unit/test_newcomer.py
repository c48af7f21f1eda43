"""What a newcomer is told to do: README.md is read as ``make newcomer`` reads it, and says it whole."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

pytest.importorskip("cpuinfo", reason="names the machine")

from tools.newcomer import TOP, Way, read


@pytest.fixture(scope="module")
def way() -> Way:
    return read((TOP / "README.md").read_text(encoding="utf-8"))


def test_the_readme_says_from_the_clone_to_the_server_what_to_run(way: Way) -> None:
    assert way.install[0] == f"git clone {way.clone}"
    assert way.install[-1].startswith("pip install ./fastcors ")
    assert way.run.endswith(f" {way.file.removesuffix('.py')}:app")
    assert len(way.commands) <= 5


def test_the_file_of_the_readme_is_whole_and_has_what_the_page_asks_for(way: Way) -> None:
    names = {node.id for node in ast.walk(ast.parse(way.source)) if isinstance(node, ast.Name)}
    assert {"FastAPI", "CORS", "app"} <= names
    (method,) = re.findall(r'method: "([A-Z]+)"', way.script)
    assert f'allow_methods=["{method}"]' in way.source
    assert f"@app.{method.lower()}(" in way.source


def test_the_page_has_another_origin_than_what_it_fetches(way: Way) -> None:
    assert way.origin.startswith("http://localhost:")
    assert not way.url.startswith(f"{way.origin}/")


def test_a_readme_without_a_step_is_an_error() -> None:
    with pytest.raises(SystemExit, match="one file name before its first section, not 0"):
        read("# fastcors\n\n```sh\npip install fastcors\n```\n\n## Save this as `main.py`\n")


def test_the_file_for_flask_is_whole_and_serves_what_the_page_asks_for(way: Way) -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"<summary>[^<]*Flask</summary>\n\n```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "main"}
    exec(source, namespace)  # noqa: S102 - our own document
    path = way.url.partition("//")[2].partition("/")[2]
    answer = namespace["app"].test_client().put(f"/{path}", headers={"Origin": way.origin})
    assert (answer.json, answer.headers["Access-Control-Allow-Origin"]) == ({"written": 7}, way.origin)
