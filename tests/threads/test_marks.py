"""Views that get a policy of their own in one thread while another reads the views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.exchange import AsgiApp, Req, call_asgi
from tests.support.shims import middleware


class Views:
    """Views of which one gets a mark while they are read for the first time: then there is no CORS."""

    def __init__(self) -> None:
        self.reads = 0

    def check(self, given: Any) -> None:
        pass

    def policies(self, given: Any, router: type[Any], look_again: Callable[[], None]) -> Any:
        self.reads += 1
        if self.reads == 1:
            look_again()
            return given
        return None


def test_a_mark_that_comes_while_the_views_are_read_is_not_missed(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=["https://a.example"])
    shim = middleware("asgi", policy)(AsgiApp(), policy)
    views = Views()
    shim._look_at(views)
    for _ in range(2):
        headers = dict(call_asgi(shim, Req(b"GET", (b"https://a.example",)).scope())[0]["headers"])
        assert b"access-control-allow-origin" not in headers
    assert views.reads == 2
