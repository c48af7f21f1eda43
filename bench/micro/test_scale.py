"""Long lists: how long a policy takes to build, and how much memory it keeps."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.micro.drive import driven
from bench.micro.inputs import ACCEPTED
from bench.micro.policies import LISTS, MILLION, policy_class
from bench.micro.rows import Point, Row, Side, Target
from bench.peers import asgi, own_policy, wsgi

SECTION = "Long lists"
NAMES = {
    "10": "10 origins",
    "1,000": "1,000 origins",
    "100,000": "100,000 origins",
    "1,000,000": "1,000,000 origins",
    "100,000 wildcards": "100,000 wildcards",
    "both": "both together",
}
LONG = list(NAMES)[2:]
SIZES = {"10": 10, "1,000": 1000, "100,000": 100_000, "1,000,000": MILLION}

ROUTED = 1024
"""So many requests go to routes chosen at random, over and over."""

PROBE = """
import os
from bench.micro.drive import driven
from bench.micro.inputs import ACCEPTED
from bench.peers import asgi, own_policy, wsgi
from bench.micro.policies import LISTS
from fastcors import Policy

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

texts = LISTS[{listed!r}]()
Policy(allow_origins=texts[-100:])
before = resident()
policy = Policy(allow_origins=texts)
grown = resident() - before
assert policy.origin_count() == len(texts)
print((grown - sum(map(len, texts))) / len(texts))
"""


def build_row(listed: str, target: Target | None) -> Row:
    """``Policy(allow_origins=...)`` over a list of str that is there already, checks and all."""

    def make(side: str) -> Side:
        texts = LISTS[listed]()
        build = policy_class(side)

        def check() -> None:
            assert build(allow_origins=texts).origin_count() == len(texts)

        return Side(lambda inputs: build(allow_origins=inputs), lambda: texts, 1, check)

    name = f"build {NAMES[listed]}"
    return Row(
        SECTION,
        name,
        make,
        ("native",) if listed in LONG[1:] else ("native", "twin"),  # the twin would take minutes
        None,
        target,
        heavy=listed in LONG,
        once=True,
        group=SECTION,
        slow=listed in LONG[2:],
        point=Point("build", SIZES[listed]) if listed in SIZES else None,
    )


KINDS = {
    "exact paths": ("/v1/service{:06}/items", "/v1/service{:06}/items"),
    "prefixes": ("/v1/service{:06}/items/", "/v1/service{:06}/items/7"),
    "templates": ("/v1/service{:06}/{{id}}/parts/{{part}}", "/v1/service{:06}/7/parts/8"),
}
"""A route, and a path in it."""


def routes_row(gateway: str, n: int, kind: str) -> Row:
    """What the shim adds to an allowed request where there are so many routes, asked for at random."""
    route, path = KINDS[kind]
    routes = [route.format(i) for i in range(n)]
    paths = [path.format(i) for i in random.Random(7).choices(range(n), k=ROUTED)]
    shim, bare = (asgi.CORSMiddleware, asgi.bare) if gateway == "asgi" else (wsgi.CORSMiddleware, wsgi.bare)

    def make(side: str) -> Side:
        app = bare if side == "bare" else shim(bare, routes=dict.fromkeys(routes, own_policy()))
        return driven(gateway, app, "GET", ACCEPTED, cors=side != "bare", paths=paths)

    return Row(
        f"fastcors.{gateway}, routes: added to an allowed request",
        f"{n:,} {kind}",
        make,
        ("bare", "native"),
        "bare",
        group="Routes",
        slow=n > 10,
        point=Point(f"routes: {gateway.upper()}", n) if kind == "exact paths" else None,
    )


ROUTES = [routes_row(gateway, n, kind) for gateway in ("asgi", "wsgi") for kind in KINDS for n in (10, 1000, 10_000)]
ROWS = [*ROUTES]
ROWS += [build_row(listed, Target(2, "s") if listed in LONG[1:] else None) for listed in NAMES]


def test_scale(case: Any, measure: Any) -> None:
    measure(case)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory(listed: str, benchmark: Any) -> None:
    """Resident memory that a policy adds to a new process: bytes for each origin, above those of its text."""
    run = [sys.executable, "-c", PROBE.format(listed=listed)]
    top = Path(__file__).resolve().parents[2]
    answer = benchmark.pedantic(subprocess.run, (run,), {"cwd": top, "capture_output": True, "text": True})
    assert answer.returncode == 0, answer.stderr
    benchmark.extra_info.update(
        group=SECTION,
        section=SECTION,
        row=f"memory, {NAMES[listed]}, each above text",
        side="native",
        value=float(answer.stdout),
        unit="bytes",
        target=asdict(Target(80, "bytes")),
    )
