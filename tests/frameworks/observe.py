"""What test clients, monitors and a debugger see of a door's application: ``python -m tests.frameworks.observe NAME``.

Prints it as JSON, with CORS and without. Each of them gets a process of its own, which is forked from one that has the
framework, as monitors patch what they find there.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.frameworks.door import OTHER, SITE, application, load

REQUESTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "allowed": ("GET", "/", {"Origin": SITE}),
    "refused": ("GET", "/", {"Origin": OTHER}),
    "no Origin": ("GET", "/", {}),
    "item": ("GET", "/items/7", {"Origin": SITE}),
    "not found": ("GET", "/nowhere", {"Origin": SITE}),
    "error": ("GET", "/error", {"Origin": SITE}),
    "crash": ("GET", "/crash", {"Origin": SITE}),
    "redirect": ("GET", "/redirect", {"Origin": SITE}),
    "mounted": ("GET", "/mounted/items/7", {"Origin": SITE}),
    "preflight accepted": ("OPTIONS", "/", {"Origin": SITE, "Access-Control-Request-Method": "PUT"}),
    "preflight refused": ("OPTIONS", "/", {"Origin": OTHER, "Access-Control-Request-Method": "PUT"}),
}
MONITORED = ("allowed", "error", "crash", "not found")

Seen = Callable[[], Any]
_PORT = re.compile(r"(?<=127\.0\.0\.1):\d+")
"""Of a test client that runs a server."""


def ask(module: Any, app: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What the framework's test client gets for the requests of these names; where there is none, ``exchanges``."""
    answers = {}
    with (getattr(module, "client", None) or module.exchanges)(app) as client:
        for name in names:
            status, headers, body = client(*REQUESTS[name])
            answers[name] = [status, headers, body.decode("latin-1")]
    return answers


def with_client(module: Any, cors: bool) -> Any:
    """Every request, with nobody who watches; None where the framework has no test client."""
    if not hasattr(module, "client"):
        return None
    return {"answers": ask(module, module.make(cors), tuple(REQUESTS)), "seen": []}


# Sentry


def with_sentry(module: Any, cors: bool) -> Any:
    """The events that Sentry sends: here its transport keeps them."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    events: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            events.extend(item.payload.json for item in envelope.items if item.type in ("event", "transaction"))

    sentry_sdk.init(
        dsn="http://key@127.0.0.1/1",
        transport=Kept,
        traces_sample_rate=1.0,
        auto_enabling_integrations=False,  # of each framework that is installed, which takes a second
        integrations=_integrations(module.__name__.rpartition(".")[2]),
    )
    app = getattr(module, "sentry", _same)(module.make(cors))
    answers = ask(module, app, MONITORED)
    sentry_sdk.flush()
    return {"answers": answers, "seen": [_of_event(event) for event in events]}


def _same(app: Any) -> Any:
    return app


def _integrations(name: str) -> list[Any]:
    """Sentry's integrations for the packages of a door."""
    from sentry_sdk.integrations import Integration

    found = []
    for package in load(name).packages:
        if importlib.util.find_spec(f"sentry_sdk.integrations.{package}") is not None:
            module = importlib.import_module(f"sentry_sdk.integrations.{package}")
            found += [
                each()
                for each in vars(module).values()
                if issubclass(type(each), type) and issubclass(each, Integration) and each.__module__ == module.__name__
            ]
    return found


def _of_event(event: Any) -> Any:
    """What an event says that is not of this one run."""
    exceptions = event.get("exception", {}).get("values", [])
    return {
        "transaction": event.get("transaction"),
        "spans": sorted(f"{span.get('op')} {span.get('description')}" for span in event.get("spans", ())),
        "request": {name: _PORT.sub("", str(event.get("request", {}).get(name))) for name in ("method", "url")},
        "exceptions": [
            {
                "type": value["type"],
                "mechanism": value["mechanism"],
                "frames": [
                    frame["function"]
                    for frame in value["stacktrace"]["frames"]
                    if not (frame["module"] or "").startswith("fastcors")
                ],
            }
            for value in exceptions
        ],
    }


# OpenTelemetry


def with_opentelemetry(module: Any, cors: bool) -> Any:
    """The spans that OpenTelemetry exports: here an exporter keeps them."""
    if not hasattr(module, "opentelemetry"):
        return None
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    answers = ask(module, module.opentelemetry(module.make(cors), provider), MONITORED)
    return {"answers": answers, "seen": sorted(map(_of_span, exporter.get_finished_spans()), key=str)}


def _of_span(span: Any) -> Any:
    """What a span says that is not of this one run."""
    return {
        "name": span.name,
        "status": span.status.status_code.name,
        "attributes": sorted(span.attributes or {}),
        "events": [f"{event.name} {(event.attributes or {}).get('exception.type')}" for event in span.events],
    }


# A debugger


def with_debugger(module: Any, cors: bool) -> Any:
    """The places where a debugger sees an exception of the application's, in all threads."""
    seen: list[str] = []

    def trace(frame: Any, event: str, argument: Any) -> Any:
        if event == "exception" and argument[0].__name__ in ("BrokenError", "CrashError"):
            name = frame.f_globals.get("__name__", "")
            if not name.startswith("fastcors"):
                seen.append(f"{argument[0].__name__} in {name}: {frame.f_code.co_name}")
        return trace

    app = module.make(cors)
    with _traced(trace):
        answers = ask(module, app, MONITORED)
    return {"answers": answers, "seen": seen}


@contextmanager
def _traced(trace: Callable[..., Any]) -> Iterator[None]:
    """Let every frame that begins in the block be traced."""
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


# All of them

OBSERVERS: dict[str, Callable[[Any, bool], Any]] = {
    "test client": with_client,
    "Sentry": with_sentry,
    "OpenTelemetry": with_opentelemetry,
    "debugger": with_debugger,
}


class Child:
    """A process that is forked to do some work."""

    def __init__(self, work: Callable[[], Any]) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(reader)
                with open(writer, "w", encoding="utf-8") as pipe:
                    json.dump(_result(work), pipe)
            finally:
                os._exit(0)
        os.close(writer)
        self.pipe = reader

    def result(self) -> Any:
        """What the work returned; ``{"failed": …}`` with the traceback where it raised."""
        with open(self.pipe, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(self.pid, 0)
        return json.loads(text)


def _result(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException:
        return {"failed": traceback.format_exc()}


def main() -> None:
    """Print what each of them sees."""
    module = application(sys.argv[1])
    _integrations(sys.argv[1])  # imported here, once for all
    children = {
        name: {side: Child(partial(observe, module, side == "with")) for side in ("without", "with")}
        for name, observe in OBSERVERS.items()
    }
    found = {name: {side: child.result() for side, child in sides.items()} for name, sides in children.items()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
