"""The part of the adversary (adversary.py) that comes as a server of RSGI, whose every attribute does something.

``world`` is the module of the adversary: what it does, and what it chooses by.
"""

from __future__ import annotations

from typing import Any

__all__ = ["request"]


class Trap:
    """Something of the server's that does something whenever it is looked at."""

    world: Any

    def __init__(self, **found: Any) -> None:
        self.__dict__.update(found)

    def __getattribute__(self, name: str) -> Any:
        if Trap.world.Armed.armed:
            Trap.world.strike()
        return object.__getattribute__(self, name)


class Lines(Trap):
    """The headers of a scope."""

    lines: dict[str, list[Any]]

    def __contains__(self, name: str) -> Any:
        return self.world.outcome(name in self.lines)

    def get_all(self, name: str) -> Any:
        found = self.lines.get(name, [])
        return self.world.CHOOSE.choice((found, found, found, iter(found), tuple(found), None))


class Server(Trap):
    """The protocol object of a server."""

    def respond(self, status: int, headers: Any, *content: Any) -> Any:
        self.world.strike()
        for pair in headers:
            assert len(pair) == 2
        return self.world.CHOOSE.choice((None, object()))

    response_empty = response_bytes = response_file_range = response_stream = response_later = respond


def request(world: Any) -> None:
    """Put one request to a shim."""
    Trap.world = world
    choose = world.CHOOSE
    method = choose.choice(("GET", "OPTIONS", "OPTIONS", "POST"))
    lines: dict[str, list[Any]] = {}
    for name, value in world.request_headers(method):
        lines.setdefault(name, []).append(world.data(value))
    scope = Trap(
        proto=world.text("http"),
        method=world.text(method),
        path=world.text(choose.choice(("/", "/a/b", "/b"))),
        headers=Lines(lines=lines),
    )
    running: Any = None

    async def app(scope: Any, proto: Any) -> None:
        answer = world.response_headers(world.text)
        world.deeds.extend(world.against_list(answer))
        for _ in range(choose.randrange(3)):
            respond = getattr(proto, choose.choice(("response_empty", "response_stream", "response_later")))
            respond(world.Number(200), answer)
            proto.response_file_range(status=200, headers=answer, file=world.text("x"), start=world.Number(1), end=2)
        if choose.random() < 0.2:
            raise RuntimeError("application")

    shim = world.shim_over("rsgi", app)
    mine = [*world.against_dict(lines), *world.against_dict(vars(scope)), *world.against_shim(shim)]
    for found in lines.values():
        mine += world.against_list(found)
    mine.append(lambda: setattr(shim, "_callback", int))
    if world.depth < 3:
        # CPython 3.11 itself reads what is not there where a coroutine that runs is closed or thrown into.
        given = lambda: running if type(running).__name__ == "Given" else None  # noqa: E731
        mine += [lambda: request(world), lambda: given().throw(OSError("again")), lambda: given().close()]
        mine.append(lambda: running.send(None))
    with world.armed(*mine):
        running = shim(scope, Server())
        del scope
        world.drain(running)
