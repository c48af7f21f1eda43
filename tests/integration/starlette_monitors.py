"""An application under a monitor: ``python -m tests.integration.starlette_monitors MONITOR-FRAMEWORK ORDER``.

Prints what clients and the monitor see, with CORS put there before the application is instrumented, after, or never.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

import fastcors.starlette

SITE = "https://app.example.com"


class BrokenError(Exception):
    """What the application raises."""


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def fail(request: Request) -> PlainTextResponse:
    raise BrokenError("the application is broken")


async def answer(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": type(error).__name__}, 500)


def make(framework: str) -> Any:
    app = FastAPI() if framework == "fastapi" else Starlette()
    for path, endpoint in (("/hello", hello), ("/fail", fail)):
        app.add_route(path, endpoint)
    app.add_exception_handler(Exception, answer)  # type: ignore[arg-type]
    return app


def sentry(framework: str) -> tuple[Callable[[Any], None], Callable[[], Any]]:
    """Start Sentry with a transport that keeps the events here."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    events: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            events.extend(item.payload.json for item in envelope.items if item.type == "event")

    def seen() -> list[Any]:
        values = [value for event in events for value in event["exception"]["values"]]
        return [
            {
                "type": value["type"],
                "handled": value["mechanism"],
                "frames": [
                    frame["function"] for frame in value["stacktrace"]["frames"] if "fastcors" not in frame["module"]
                ],
            }
            for value in values
        ]

    sentry_sdk.init(dsn="http://key@127.0.0.1/1", transport=Kept, default_integrations=True)
    return lambda app: None, seen


def opentelemetry(framework: str) -> tuple[Callable[[Any], None], Callable[[], Any]]:
    """Start OpenTelemetry with spans that are kept here."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    if framework == "fastapi":
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor as Instrumentor
    else:
        from opentelemetry.instrumentation.starlette import StarletteInstrumentor as Instrumentor

    def seen() -> list[Any]:
        return sorted(
            (
                {
                    "name": span.name,
                    "status": span.status.status_code.name,
                    "attributes": sorted(span.attributes or {}),
                    "events": [
                        f"{event.name} {(event.attributes or {}).get('exception.type')}" for event in span.events
                    ],
                }
                for span in exporter.get_finished_spans()
            ),
            key=str,
        )

    return lambda app: Instrumentor.instrument_app(app, tracer_provider=provider), seen


def main() -> None:
    """Send the requests, and print what was seen."""
    (monitor, framework), order = sys.argv[1].split("-"), sys.argv[2]
    records: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("opentelemetry").addHandler(handler)
    instrument, seen = {"sentry": sentry, "opentelemetry": opentelemetry}[monitor](framework)
    app = make(framework)
    if order == "before":
        fastcors.starlette.CORS(app, allow_origins=[SITE])
    instrument(app)
    if order == "after":
        fastcors.starlette.CORS(app, allow_origins=[SITE])
    client = TestClient(app, raise_server_exceptions=False)
    answers = {path: client.get(path, headers={"Origin": SITE}) for path in ("/hello", "/fail", "/nowhere")}
    found = {
        "seen": seen(),
        "log": records,
        "statuses": {path: answer.status_code for path, answer in answers.items()},
        "origins": {path: answer.headers.get("access-control-allow-origin") for path, answer in answers.items()},
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
