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


def routes(data: bytes) -> None:
    """Check which policy a path gets. The lines before an empty one are routes, those behind it paths."""
    keys, paths = parts_of(lines_of(data))
    table = {key.decode("utf-8", "surrogateescape"): (ONE, TWO, THREE, None)[i % 4] for i, key in enumerate(keys[:8])}
    try:
        checked = check_routes(table)
    except PolicyError:
        checked = {"/": ONE, "/api/{id}/x": TWO, "/api/": THREE, "/files/{rest:path}": None}
    one: Any = native.Router(checked)
    two: Any = TwinRouter(checked)
    for path in paths[:4]:
        root, _, rest = path.partition(b" ")
        for encoding in ("utf-8", "latin-1"):
            text, prefix = rest.decode(encoding, "surrogateescape"), root.decode(encoding, "surrogateescape")
            found = one.find(text, prefix)
            assert found is two.find(text, prefix)
            assert one.find(text) is two.find(text)
        found = one.find_wsgi(rest.decode("latin-1"))
        assert found is two.find_wsgi(rest.decode("latin-1"))
        if found is not None:
            assert not any(byte < 0x20 or byte in b"\x7f\\" for byte in rest)
            assert b"//" not in rest
            assert not {b".", b".."} & set(rest.split(b"/"))


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
