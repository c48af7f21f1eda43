"""Each framework on real servers, with CORS and without: the answers differ in nothing but the CORS headers.

A test is a column of the table in docs/frameworks.md. What each request gets is in docs/behaviour.md.
"""

from __future__ import annotations

import pytest

from tests.frameworks.cells import COLUMNS, cell
from tests.frameworks.commands import CommandLine
from tests.frameworks.door import OTHER, SITE
from tests.frameworks.exchange import HELLO, Pair, same_but_for_cors
from tests.frameworks.watched import Watched
from tests.integration.wire import Response

pytestmark = pytest.mark.long  # make test-frameworks

READABLE = {"access-control-allow-origin": SITE, "access-control-expose-headers": "x-id"}
ACCEPTED = {
    "access-control-allow-origin": SITE,
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "x-token",
    "access-control-max-age": "600",
}
PREFLIGHT_VARY = ["access-control-request-headers", "access-control-request-method", "origin"]
STATUSES = {"allowed": 200, "item": 200, "not found": 404, "error": 500, "crash": 500, "mounted": 200}
"""What of tests/frameworks/observe.py an allowed origin can read, and its status."""
PATHS = ("/", "/items/7", "/nowhere", "/error", "/mounted/items/7")


def cors_of(response: Response) -> dict[str, str]:
    """The CORS headers of a response that differs by origin, as it must say."""
    assert "origin" in response.vary()
    return {name: value for name, value in response.cors().items() if name != "vary"}


def is_accepted(response: Response) -> None:
    assert (response.status, response.body, cors_of(response)) == (204, b"", ACCEPTED)
    assert response.vary() == PREFLIGHT_VARY


def is_refused(response: Response) -> None:
    assert (response.status, response.body, cors_of(response)) == (403, b"", {})
    assert response.vary() == PREFLIGHT_VARY


def can_be_read(pair: Pair, path: str, status: int, method: str = "GET") -> Response:
    """Ask from the allowed origin, on both sides, and return the answer with CORS."""
    response = pair.ask(method, path, Origin=SITE)
    assert response.status == status
    assert cors_of(response) == READABLE
    return response


# What each request gets


@cell("no Origin")
def test_a_request_that_is_no_cors_gets_the_applications_answer(pair: Pair) -> None:
    for method in ("GET", "OPTIONS"):
        assert cors_of(pair.ask(method, "/")) == {}
    pair.ask("OPTIONS", "/", Origin=SITE)


@cell("allowed")
def test_a_page_of_an_allowed_origin_can_read_the_answer(pair: Pair) -> None:
    assert can_be_read(pair, "/", 200).values("x-id") == ["7"]
    assert b"7" in can_be_read(pair, "/items/7", 200).body


@cell("refused")
def test_a_page_of_another_origin_cannot_read_the_answer(pair: Pair) -> None:
    for origin in (OTHER, "null", f"{SITE}.evil.example", SITE.upper()):
        response = pair.ask("GET", "/items/7", Origin=origin)
        assert (response.status, cors_of(response)) == (200, {})


@cell("preflight accepted")
def test_a_preflight_is_answered_on_every_path_without_the_application(pair: Pair) -> None:
    for path in PATHS:
        is_accepted(pair.cors.ask("OPTIONS", path, Origin=SITE, Access_Control_Request_Method="PUT"))
    names = {"Access_Control_Request_Headers": "x-token"}
    is_accepted(pair.cors.ask("OPTIONS", "/", Origin=SITE, Access_Control_Request_Method="GET", **names))


@cell("preflight refused")
def test_a_preflight_for_what_is_not_allowed_is_refused(pair: Pair) -> None:
    for path in PATHS:
        is_refused(pair.cors.ask("OPTIONS", path, Origin=OTHER, Access_Control_Request_Method="PUT"))
        is_refused(pair.cors.ask("OPTIONS", path, Origin=SITE, Access_Control_Request_Method="DELETE"))
    names = {"Access_Control_Request_Headers": "x-other"}
    is_refused(pair.cors.ask("OPTIONS", "/", Origin=SITE, Access_Control_Request_Method="PUT", **names))


@cell("404")
def test_a_404_can_be_read(pair: Pair) -> None:
    can_be_read(pair, "/nowhere", 404)


@cell("405")
def test_a_405_can_be_read(pair: Pair) -> None:
    can_be_read(pair, "/", 405, "DELETE")


@cell("handled exception")
def test_what_the_frameworks_handler_of_exceptions_answers_can_be_read(pair: Pair) -> None:
    can_be_read(pair, "/error", 500)


@cell("unhandled exception")
def test_the_500_of_an_exception_without_a_handler_can_be_read(pair: Pair) -> None:
    can_be_read(pair, "/crash", 500)


@cell("redirect")
def test_a_redirect_has_the_headers(pair: Pair) -> None:
    response = pair.ask("GET", "/redirect", Origin=SITE)
    assert response.status in (301, 302, 303, 307, 308)
    assert [value.removeprefix("http://127.0.0.1") for value in response.values("location")] == ["/"]
    assert cors_of(response) == READABLE


@cell("stream")
def test_what_is_sent_in_parts_arrives_in_parts(pair: Pair) -> None:
    without, streamed = (side.stream("/stream", Origin=SITE) for side in (pair.plain, pair.cors))
    assert streamed.first == b"first\n"
    assert streamed.response.body == b"first\nsecond\n"
    assert cors_of(streamed.response) == READABLE
    same_but_for_cors(without.response, streamed.response, pair.varying)


@cell("WebSocket")
def test_a_websocket_opens_for_an_allowed_origin_alone(pair: Pair) -> None:
    without, opened = (side.websocket("/ws", SITE) for side in (pair.plain, pair.cors))
    assert opened[0].status == 101
    assert opened[1] == HELLO
    same_but_for_cors(without[0], opened[0], pair.varying)
    assert opened[0].cors() == without[0].cors()
    assert pair.plain.websocket("/ws", OTHER)[0].status == 101
    refused, _ = pair.cors.websocket("/ws", OTHER)
    assert (refused.status, refused.cors()) == (403, {})


@cell("mounted part")
def test_what_is_mounted_has_the_headers(pair: Pair) -> None:
    assert b"7" in can_be_read(pair, "/mounted/items/7", 200).body
    can_be_read(pair, "/mounted/nowhere", 404)


# The framework's own tools


@cell("test client")
def test_the_frameworks_test_client_gets_what_a_browser_gets(watched: Watched) -> None:
    answers = watched.both("test client")
    for name, status in STATUSES.items():
        if name == "crash" and not answers_for_crashes(watched):
            continue
        assert (answers[name].status, cors_of(answers[name])) == (status, READABLE)
    for name in ("refused", "no Origin"):
        assert (answers[name].status, cors_of(answers[name])) == (200, {})
    is_accepted(answers["preflight accepted"])
    is_refused(answers["preflight refused"])


@cell("command line")
def test_the_frameworks_command_finds_the_application(command: CommandLine) -> None:
    command.check()


# What watches


@cell("Sentry")
def test_sentry_sees_what_it_sees_without(watched: Watched) -> None:
    sees_the_crash(watched, "Sentry")


@cell("OpenTelemetry")
def test_opentelemetry_sees_what_it_sees_without(watched: Watched) -> None:
    sees_the_crash(watched, "OpenTelemetry", "'ERROR'")  # where a framework answers for it, there is no event


@cell("debugger")
def test_a_debugger_sees_what_it_sees_without(watched: Watched) -> None:
    sees_the_crash(watched, "debugger")


def sees_the_crash(watched: Watched, who: str, shows: str = "CrashError") -> None:
    without, found = watched.seen(who)
    assert shows in str(without)
    assert found == without
    crash = watched.both(who)["crash"]
    assert not answers_for_crashes(watched) or cors_of(crash) == READABLE


def answers_for_crashes(watched: Watched) -> bool:
    """Whether the framework answers for an exception without a handler, or leaves that to its server."""
    return watched.place.door.why_not("unhandled exception", None) is None


def test_each_column_has_a_test() -> None:
    assert [test.column for test in globals().values() if hasattr(test, "column")] == list(COLUMNS)
