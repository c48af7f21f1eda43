"""The targets of what a policy and a table of routes look up."""

from __future__ import annotations

from typing import Any

from fastcors import Policy, PolicyError
from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._shims.routes import check_routes
from fastcors._twin.routes import Router as TwinRouter
from tests.differential.pair import Engines, Raised, native, outcome, twin
from tests.fuzz.checks import decided
from tests.fuzz.inputs import lines_of, parts_of

ONE, TWO, THREE = (Policy(allow_origins=[f"https://{name}.example"]) for name in ("one", "two", "three"))


def given_table(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the table of an input, and its requests.

    The lines before an empty one are routes. Those behind it have a host, which may be empty, a ``root_path`` and a
    path, with a space between two.
    """
    keys, requests = parts_of(lines_of(data))
    table = {key.decode("utf-8", "surrogateescape"): (ONE, TWO, THREE, None)[i % 4] for i, key in enumerate(keys[:8])}
    try:
        return check_routes(table, hosts=True), requests[:4]
    except PolicyError:
        fixed = {"/": ONE, "/api/{id}/x": TWO, "//*.example.com/api/": THREE, "/files/{rest:path}": None}
        return dict(fixed), requests[:4]


def routes(data: bytes) -> None:
    """Check which policy a path of a host gets."""
    table, requests = given_table(data)
    one, two = native.Router(table), TwinRouter(table)
    for line in requests:
        host, _, rest = line.partition(b" ")
        root, _, path = rest.partition(b" ")
        _check_path(one, two, host or None, root, path)


def _check_path(one: Any, two: Any, host: bytes | None, root: bytes, path: bytes) -> None:
    """Check that both tables find the same, by every way in, and nothing for a path that has two meanings."""
    latin = None if host is None else host.decode("latin-1")
    texts = [
        (path.decode(code, "surrogateescape"), root.decode(code, "surrogateescape")) for code in ("utf-8", "latin-1")
    ]
    for text, prefix in texts:
        for arguments in ((text, host, prefix), (text, latin), (text,)):
            route = one.route_of(*arguments)
            assert route == two.route_of(*arguments)
            assert one.find(*arguments) is two.find(*arguments) is (None if route is None else one.routes[route])
    found = one.find(path, host)
    assert found is two.find(path, host)
    assert (
        one.find_wsgi(texts[1][0], host)
        is two.find_wsgi(texts[1][0], host)
        is (found if path else one.find(b"/", host))
    )
    if found is not None and path:
        assert not any(byte < 0x20 or byte in b"\x7f\\" for byte in path)
        assert b"//" not in path
        assert not {b".", b".."} & set(path.split(b"/"))


def patterns(data: bytes) -> None:
    """Check which origins patterns stand for. The lines before an empty one are patterns, those behind it origins."""
    given, origins = parts_of(lines_of(data))
    texts = [pattern.decode("latin-1") for pattern in given[:8]]
    plan, listed = compiled(Settings(), texts)[:2]
    made = [outcome(module.Engine, plan, listed) for module in (native, twin)]
    if isinstance(made[0], Raised) or isinstance(made[1], Raised):
        assert made[0] == made[1] == Raised(ValueError)
        made = [module.Engine(plan, ["https://*.example.com"]) for module in (native, twin)]
    pair = Engines(*made)
    assert pair.native.origins() == pair.twin.origins()
    for origin in origins[:8]:
        pair.both(lambda engine, origin=origin: engine.is_origin_allowed(origin))
        decided(pair, lambda engine, origin=origin: engine.decide(b"GET", origin))
