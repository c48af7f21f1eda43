"""The training run of a profile-guided build: ``python tools/train.py EXTENSION``, called by setup.py.

The extension counts what it runs, and writes the counts when the process ends. Requests are what a browser sends to an
application in production: mostly ordinary ones, some preflights, a few that are refused. What they do not reach is
compiled as without a profile (``-fprofile-partial-training``).
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

ROUNDS = 24_000
"""Requests of each kind through each shim."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\nCache-Control: no-store\r\n"
HEADS = [HEAD + b"\r\n", HEAD + b"Vary: Accept-Encoding\r\nAccess-Control-Allow-Origin: *\r\n\r\n"]
"""What the services behind a gateway send, without CORS and with it."""


class Extension:
    """Finds ``fastcors._core`` in the file that is to be trained, wherever that lies."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where the extension is, and nothing for other modules."""
        if name != "fastcors._core":
            return None
        return spec_from_file_location(name, self.path, loader=ExtensionFileLoader(name, self.path))


def policies() -> list[Any]:
    """Return a policy with a list, one with wildcards and credentials, and one for everybody."""
    from bench.micro.inputs import origin, wildcard
    from fastcors import Policy

    names = {"allow_methods": ["PUT", "DELETE"], "allow_headers": ["Authorization", "Content-Type"], "max_age": 600}
    return [
        Policy(allow_origins=[origin(i) for i in range(10)], **names),
        Policy(allow_origins=[*map(origin, range(1000)), *map(wildcard, range(1000))], allow_credentials=True, **names),
        Policy(allow_origins="*", **names),
    ]


async def asgi_application(scope: Any, receive: Any, send: Any) -> None:
    """Answer as a small JSON API does."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"12"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"ok": true}'})


def wsgi_application(environ: Any, start_response: Any) -> list[bytes]:
    """Answer as a small JSON API does."""
    headers = [("Content-Type", "application/json"), ("Content-Length", "12"), ("Cache-Control", "no-store")]
    start_response("200 OK", headers)
    return [b'{"ok": true}']


async def send(message: Any) -> None:
    """Take a message as a server does."""


def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
    """Take the start of a response as a server does."""


def embed(router: Any, policy: Any, method: str, sender: bytes | None) -> None:
    """Do what a server and a gateway of somebody's own do with one request."""
    from bench.micro.inputs import head_of, scope_of

    for path in ("/", "/admin/users", "/items/7/parts"):
        router.find(path)
    decision = policy.decide_pairs(method, scope_of(method, sender)["headers"])
    for head in HEADS:
        decision.merge_head(head)
    decision.merge_asgi([(b"content-type", b"application/json"), (b"content-length", b"12")])
    decision.merge_wsgi([("Content-Type", "application/json"), ("Content-Length", "12")])
    policy.write_head_into(bytearray(1024), 0, head_of(method, sender))
    requested = "PUT" if method == "OPTIONS" else None
    policy.decide(method, sender, requested).block  # noqa: B018 - it is written when read


def train() -> None:
    """Send every kind of request through both shims, under each policy, and through a table of routes."""
    from bench.micro.inputs import ACCEPTED, STRANGER, environ_of, scope_of
    from fastcors import asgi, wsgi
    from fastcors.embedding import Router

    router = Router({"/": None, "/admin/": None, "/items/{id}/parts": None})
    kinds = [("GET", ACCEPTED), ("GET", None), ("GET", STRANGER), ("OPTIONS", ACCEPTED), ("OPTIONS", STRANGER)]
    made = policies()
    rules = [*({"policy": policy} for policy in made), {"routes": {"/": made[0], "/admin/": None}}]
    shims = [
        (asgi.CORSMiddleware(asgi_application, **rule), wsgi.CORSMiddleware(wsgi_application, **rule)) for rule in rules
    ]
    for turn in range(ROUNDS):
        on_asgi, on_wsgi = shims[turn % len(shims)]
        for method, sender in kinds:
            with suppress(StopIteration):  # the end of what never waits
                on_asgi(scope_of(method, sender), None, send).__await__().send(None)
            list(on_wsgi(environ_of(method, sender), start_response))
            if turn % 4 == 0:
                embed(router, made[turn % len(made)], method, sender)
        made[turn % len(made)].decide_asgi(scope_of("GET", ACCEPTED)).headers  # noqa: B018 - it is written when read


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.meta_path.insert(0, Extension(sys.argv[1]))  # type: ignore[arg-type]
    train()
