"""The MCP servers of docs/frameworks/mcp.md, with the SDK's own client, as a browser, and in Chromium."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("mcp", reason="mcp is not installed")
pytest.importorskip("fastmcp", reason="fastmcp is not installed")

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.integration.chromium import in_chromium
from tests.integration.commands import PATIENCE, Started
from tests.integration.wire import ROOT
from tests.support.browser import Request, cors_check, exposed_names, preflight_passes, request_headers_value

PAGE = ROOT / "docs" / "frameworks" / "mcp.md"
SITE = "https://app.example.com"
OTHER = "https://other.example.com"
READY = "Application startup complete"
BY_ITSELF = {"accept", "accept-encoding", "cache-control", "connection", "content-length", "host", "user-agent"}
"""What a browser sends by itself, or lets a script send without a preflight."""
INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "page", "version": "1"},
}


def files() -> dict[str, str]:
    """The two servers of the page: each is what the reader's file has in it."""
    sdk, *others = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    (fastmcp,) = (block for block in others if "from fastmcp" in block)
    return {"sdk": sdk, "fastmcp": f"from fastcors.starlette import CORS\n{fastmcp}"}


TOOLS = {"sdk": ("add", 42), "fastmcp": ("multiply", 441)}
"""The tool of each server, and what it makes of 21 and 21."""


class Server(NamedTuple):
    name: str
    command: Started

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.command.port}/mcp"

    @property
    def call(self) -> dict[str, Any]:
        """What a client sends to call the tool."""
        return {"name": TOOLS[self.name][0], "arguments": {"a": 21, "b": 21}}


@pytest.fixture(scope="module", params=TOOLS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("mcp")
    (folder / "main.py").write_text(files()[request.param], encoding="utf-8")
    command = Started(["uvicorn", "--fd", "{fd}", "main:app"], folder, lambda said: READY in said)
    try:
        yield Server(request.param, command)
    finally:
        command.end()


# The SDK's client


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_sdks_client_works_and_a_browser_may_send_what_it_sends(
    server: Server, client: httpx.Client, mode: str
) -> None:
    sent: set[str] = set()
    methods: set[str] = set()

    async def note(request: httpx2.Request) -> None:
        sent.update(name.lower() for name in request.headers)
        methods.add(request.method)

    async def talk() -> None:
        http = httpx2.AsyncClient(event_hooks={"request": [note]}, headers={"Authorization": "Bearer x"})
        async with http, Client(streamable_http_client(server.url, http_client=http), mode=mode) as talking:
            result = await talking.call_tool(server.call["name"], server.call["arguments"])
            assert str(TOOLS[server.name][1]) in str(result.content)

    asyncio.run(asyncio.wait_for(talk(), PATIENCE))
    names = sorted(sent - BY_ITSELF)
    assert "mcp-protocol-version" in names
    page = Page(server, client)
    for method in methods:
        assert page.may_send(method, [*names, "last-event-id"])


# A browser's exchange


class BlockedError(Exception):
    """The browser refuses to send a request, or to show its answer."""


class Page:
    """A page of a site, in a browser that goes by Fetch (tests/support/browser.py)."""

    def __init__(self, server: Server, client: httpx.Client, origin: str = SITE) -> None:
        self.url = server.url
        self.client = client
        self.origin = origin

    def send(self, method: str, headers: Mapping[str, str], body: object = None) -> httpx.Response:
        """Send a request without asking anybody. The response can be read like a file."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"Origin": self.origin, **headers}
        return self.client.send(self.client.build_request(method, self.url, content=content, headers=sent), stream=True)

    def may_send(self, method: str, names: Sequence[str]) -> bool:
        """Whether a preflight lets the page send a request with these headers."""
        request = self.request(method, names)
        asked = request_headers_value(request.unsafe_names).decode()
        response = self.send(
            "OPTIONS", {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
        )
        response.read()
        return preflight_passes(request, response.status_code, response.headers.raw)

    def request(self, method: str, names: Sequence[str]) -> Request:
        """A request of the page, as Fetch sees it."""
        return Request(self.origin.encode(), method.encode(), tuple(name.encode() for name in names))

    def fetch(self, method: str, headers: Mapping[str, str], body: object = None) -> httpx.Response:
        """The response, of which no header is left that the page cannot see. Raises BlockedError."""
        names = [name for name in headers if name != "Accept"]
        if not self.may_send(method, names):
            raise BlockedError("preflight")
        response = self.send(method, headers, body)
        request = self.request(method, names)
        if not cors_check(request, response.headers.raw):
            raise BlockedError("answer")
        seen = {name.decode() for name in exposed_names(request, response.headers.raw)} | {"content-type"}
        response.headers = httpx.Headers([(name, value) for name, value in response.headers.items() if name in seen])
        return response


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """The connections of a browser."""
    with httpx.Client(timeout=PATIENCE) as client:
        yield client


def event(response: httpx.Response) -> Any:
    """The data of the first event of a stream that has some. The stream is closed."""
    with closing(response):
        for line in response.iter_lines():
            if line.startswith("data: {"):
                return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


ACCEPT = {"Accept": "application/json, text/event-stream"}
JSON = {"Content-Type": "application/json", **ACCEPT}


def message(method: str, number: int | None = None, **parameters: Any) -> dict[str, Any]:
    """A message of JSON-RPC: a request where it has a number, else a notification."""
    numbered = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", "method": method, "params": parameters, **numbered}


def test_a_page_opens_a_session_calls_a_tool_listens_and_ends_the_session(server: Server, client: httpx.Client) -> None:
    page = Page(server, client)
    response = page.fetch("POST", JSON, message("initialize", 1, **INITIALIZE))
    assert (response.status_code, event(response)["result"]["serverInfo"]["name"]) == (200, "shop")
    session = {"Mcp-Session-Id": response.headers["Mcp-Session-Id"], "Mcp-Protocol-Version": "2025-06-18"}

    response = page.fetch("POST", JSON | session, message("notifications/initialized"))
    assert (response.status_code, response.read()) == (202, b"")

    listening = page.fetch("GET", ACCEPT | session)
    assert listening.headers["Content-Type"].startswith("text/event-stream")
    with closing(listening):
        response = page.fetch("POST", JSON | session, message("tools/call", 2, **server.call))
        assert str(TOOLS[server.name][1]) in str(event(response)["result"]["content"])
        assert page.fetch("DELETE", session).status_code == 200
        listening.read()  # it ends with the session

    assert page.fetch("POST", JSON | session, message("tools/call", 3, **server.call)).status_code == 404


def test_a_page_of_another_site_can_do_nothing(server: Server, client: httpx.Client) -> None:
    page = Page(server, client, OTHER)
    with pytest.raises(BlockedError, match="preflight"):
        page.fetch("POST", JSON, message("initialize", 1, **INITIALIZE))
    # If the browser sent it all the same, the server's own check would refuse it, and the page could not read that.
    response = page.send("POST", JSON, message("initialize", 1, **INITIALIZE))
    assert response.status_code == 403
    assert not cors_check(page.request("POST", ()), response.headers.raw)


def test_a_program_without_origin_is_let_in(server: Server, client: httpx.Client) -> None:
    response = client.post(server.url, json=message("initialize", 1, **INITIALIZE), headers=ACCEPT)
    assert response.status_code == 200


def test_the_servers_own_check_refuses_a_host_that_is_not_its_own(server: Server, client: httpx.Client) -> None:
    page = Page(server, client)
    response = page.send("POST", {**JSON, "Host": "rebound.example"}, {})
    assert response.status_code == 421
    assert cors_check(page.request("POST", ()), response.headers.raw)


CALL_A_TOOL = """
    const send = async (method, headers, body) => {
        const all = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", ...headers};
        return fetch(URL_OF_SERVER, {method, headers: all, body: JSON.stringify(body)});
    };
    const initialized = await send("POST", {}, INITIALIZE);
    await initialized.text();
    const session = {"Mcp-Session-Id": initialized.headers.get("Mcp-Session-Id"), "Mcp-Protocol-Version": "2025-06-18"};
    const called = await send("POST", session, CALL);
    const answer = await called.text();
    const ended = await fetch(URL_OF_SERVER, {method: "DELETE", headers: session});
    return [initialized.status, typeof session["Mcp-Session-Id"], called.status, answer, ended.status];
"""
"""What a page does with a server, in JavaScript."""


def test_a_page_in_chromium_opens_a_session_calls_a_tool_and_ends_the_session(server: Server, tmp_path: Path) -> None:
    values = {
        "URL_OF_SERVER": server.url,
        "INITIALIZE": message("initialize", 1, **INITIALIZE),
        "CALL": message("tools/call", 2, **server.call),
    }
    constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    found = in_chromium(constants + CALL_A_TOOL, tmp_path)
    initialized, session, called, answer, ended = found["result"]
    assert (initialized, session, called, ended) == (200, "string", 200, 200)
    assert str(TOOLS[server.name][1]) in answer


def test_chromium_sends_nothing_that_a_server_does_not_allow(server: Server, tmp_path: Path) -> None:
    script = f'return (await fetch("{server.url}", {{method: "PATCH"}})).status;'
    assert in_chromium(script, tmp_path) == {"error": "TypeError: Failed to fetch"}


def test_with_cors_alone_a_page_can_read_that_the_sdk_refuses_it() -> None:
    from mcp.server.mcpserver import MCPServer
    from starlette.testclient import TestClient

    from fastcors.starlette import CORS

    app = MCPServer("shop").streamable_http_app()  # the SDK's defaults: pages of localhost
    CORS(app, allow_origins=[SITE], allow_headers=["Content-Type"])
    with TestClient(app, base_url="http://localhost:8000") as client:
        headers = {"Origin": SITE, "Content-Type": "application/json", **ACCEPT}
        response = client.post("/mcp", json=message("initialize", 1, **INITIALIZE), headers=headers)
    assert (response.status_code, response.text) == (403, "Invalid Origin header")
    assert response.headers["access-control-allow-origin"] == SITE
