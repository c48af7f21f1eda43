"""The demo's table: real HTTP exchanges with a server, each with the answer that it must get."""

from __future__ import annotations

import http.client
import timeit
from typing import NamedTuple

from fastcors import Policy
from fastcors.demo.servers import LOOPBACK

__all__ = ["Answer", "Exchange", "decision_time", "exchanges", "send"]

_NAMES = 500  # names in the oversized ACRH: 7 kB, which every server still takes as one field line
_OTHER = "https://example.com.evil.example"


class Exchange(NamedTuple):
    """A request, and what must come back for it."""

    title: str
    method: str
    path: str
    headers: list[tuple[str, str]]
    status: int
    allow_origin: str | None
    """The Access-Control-Allow-Origin of the answer; ``None`` for no such line."""
    reason: str

    def arguments(self, text: type[str] | type[bytes]) -> tuple[str | bytes | None, ...]:
        """The arguments of ``Policy.decide``, as ``bytes`` (ASGI has them so) or ``str`` (WSGI)."""
        origins = [value for name, value in self.headers if name == "Origin"]
        found = dict(self.headers)
        values = (
            self.method,
            ",".join(origins) if origins else None,  # two lines are joined here, as WSGI servers do
            found.get("Access-Control-Request-Method"),
            found.get("Access-Control-Request-Headers"),
        )
        return tuple(value.encode() if value is not None and text is bytes else value for value in values)


class Answer(NamedTuple):
    """What came back."""

    status: int | None
    """``None`` where the server gave no HTTP answer."""
    allow_origin: str | None
    vary: str
    error: str = ""

    def fits(self, exchange: Exchange) -> bool:
        """Whether this is the answer that the exchange must get; caches must always be told of Origin."""
        varies = "origin" in [name.strip().lower() for name in self.vary.split(",")]
        return (self.status, self.allow_origin) == (exchange.status, exchange.allow_origin) and varies


def exchanges(page: str) -> list[Exchange]:
    """The exchanges for a policy of :func:`fastcors.demo.apps.demo_policy` with the page's origin ``page``."""
    shop, malformed = "https://a.example.com", "https://evil.example/.example.com"

    def actual(
        title: str, origins: list[str], status: int, answer: str | None, why: str, path: str = "/items"
    ) -> Exchange:
        return Exchange(title, "GET", path, [("Origin", origin) for origin in origins], status, answer, why)

    def preflight(title: str, origin: str, method: str, names: str, why: str) -> Exchange:
        lines = [("Origin", origin), ("Access-Control-Request-Method", method)]
        if names:
            lines.append(("Access-Control-Request-Headers", names))
        status, answer = (204, origin) if why == "ok" else (403, None)
        return Exchange(title, "OPTIONS", "/items/1", lines, status, answer, why)

    options = Exchange("OPTIONS, no preflight", "OPTIONS", "/items", [("Origin", page)], 204, page, "ok")
    return [
        actual("GET, from the page", [page], 200, page, "ok"),
        actual("GET, from a subdomain", [shop], 200, shop, "ok"),
        actual("GET, the app fails", [page], 500, page, "ok", "/boom"),
        actual("GET, elsewhere", [_OTHER], 200, None, "origin-not-allowed"),
        actual("GET, malformed origin", [malformed], 200, None, "origin-malformed"),
        actual("GET, origin null", ["null"], 200, None, "origin-null"),
        actual("GET, two Origin lines", [page, shop], 200, None, "origin-multiple"),
        actual("GET, no Origin", [], 200, None, "not-cors"),
        options,
        preflight("preflight, PATCH", page, "PATCH", "authorization,content-type", "ok"),
        preflight("preflight, PURGE", page, "PURGE", "", "method-not-allowed"),
        preflight("preflight, patch", page, "patch", "", "method-not-allowed"),
        preflight("preflight, x-debug", page, "PATCH", "content-type,x-debug", "header-not-allowed"),
        preflight("preflight, elsewhere", _OTHER, "PATCH", "", "origin-not-allowed"),
        preflight(f"preflight, {_NAMES} names", page, "PATCH", ",".join(["authorization"] * _NAMES),
                  "headers-too-large"),
    ]  # fmt: skip


def send(exchange: Exchange, port: int) -> Answer:
    """Make the exchange with the server at ``port`` of the loopback interface."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.putrequest(exchange.method, exchange.path)
        for name, value in exchange.headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, None, "", f"{type(error).__name__}: {error}")
    finally:
        connection.close()
    return Answer(
        response.status,
        # A second line must not go unseen: get_all has both, and both fail the comparison.
        " + ".join(response.headers.get_all("Access-Control-Allow-Origin", [])) or None,
        response.headers.get("Vary", ""),
    )


def decision_time(policy: Policy, arguments: tuple[str | bytes | None, ...]) -> float:
    """Nanoseconds of one ``policy.decide(*arguments)``: the best of five loops of about 2 ms each."""
    method, origin, request_method, names = arguments
    timer = timeit.Timer(
        "decide(method, origin, request_method, names)",
        globals={
            "decide": policy.decide,
            "method": method,
            "origin": origin,
            "request_method": request_method,
            "names": names,
        },
    )
    first = timer.timeit(20) / 20
    number = min(max(int(0.002 / first), 20), 20_000)
    return min(timer.repeat(5, number)) / number * 1e9
