"""Scopes and messages are dicts: neither the order of their keys nor which strings these are makes a difference."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from tests.contract import policies
from tests.support.exchange import AsgiApp, Req, call_asgi, pre

LOCAL = policies.LOCAL.encode()


class Subclass(str):
    """A key that is equal to the text, and no exact str."""


def other(key: str) -> str:
    """Return an equal string that is another object, as a server's parser makes it."""
    return "".join(list(key))


KEYS = {"the same strings": str, "equal strings": other, "a subclass": Subclass}
MESSAGE = {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")], "trailers": True}


def expected(policy: Any, asgi: Any, req: Req) -> Any:
    return call_asgi(asgi(AsgiApp(headers=[(b"x", b"y")]), policy), req.scope())[0]


@pytest.mark.parametrize("make_key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("reverse", [False, True], ids=["as written", "reversed"])
@pytest.mark.parametrize(
    "req", [Req(b"GET", (LOCAL,)), Req(b"GET", (b"https://x.example",)), pre(b"PURGE", origin=LOCAL)]
)
def test_a_scope_is_read_whatever_the_order_of_its_keys(
    policy_class: Any, asgi: Any, req: Req, reverse: bool, make_key: Any
) -> None:
    policy = policies.built(policy_class, "K1")
    items: Iterable[tuple[str, Any]] = req.scope().items()
    scope = {make_key(key): value for key, value in (reversed(list(items)) if reverse else items)}
    shim = asgi(AsgiApp(headers=[(b"x", b"y")]), policy)
    assert call_asgi(shim, scope)[0] == expected(policy, asgi, req)


@pytest.mark.parametrize("make_key", KEYS.values(), ids=KEYS)
def test_a_message_is_read_whatever_the_order_of_its_keys(policy_class: Any, asgi: Any, make_key: Any) -> None:
    policy = policies.built(policy_class, "K1")
    req = Req(b"GET", (LOCAL,))
    headers = expected(policy, asgi, req)["headers"]
    assert (b"access-control-allow-origin", LOCAL) in headers
    for keys in itertools.permutations(MESSAGE):
        message = {make_key(key): MESSAGE[key] for key in keys}

        async def app(scope: Any, receive: Any, send: Any, message: Any = message) -> None:
            await send(message)
            await send({"body": b"", "type": "http.response.body"})

        start, body = call_asgi(asgi(app, policy), req.scope())
        assert start == {**MESSAGE, "headers": headers}
        assert list(start) == list(keys)
        assert body == {"type": "http.response.body", "body": b""}
        assert message == MESSAGE, "the application's own message is as it was"
