"""Answers one request at a time with cold caches: what ``bench/counting/lines.py`` runs under callgrind.

``python -m bench.counting.touch SIDE...`` prints one line of JSON, which requests it answered in which order. Callgrind
writes a dump after each.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from functools import partial

__all__ = ["CACHE", "KINDS", "ROUNDS", "SIDES"]

CACHE = 2**20
"""Bytes of the last-level cache that callgrind plays. A request fits in many times over."""

SIDES = ("bare", "N", "native", "profiled")
KINDS = ("no Origin", "allowed", "refused")
ROUNDS = 5
"""How often each request is answered. Callgrind itself begins with the first, and now and then memory is short in one:
the least counts."""


def main() -> None:
    """Answer every kind of request with every side that is asked for, through both gateway interfaces."""
    os.urandom = lambda n: b"\x2a" * n  # before the engines make their seeds of it
    from bench.micro._loops import counted, start_counting  # type: ignore[import-not-found]
    from bench.micro.drive import chilled, driven
    from bench.micro.inputs import ACCEPTED, STRANGER
    from bench.peers import asgi, wsgi

    senders = dict(zip(KINDS, (None, ACCEPTED, STRANGER), strict=True))
    prepared = []
    for setup in (*asgi.SETUPS, *wsgi.SETUPS):
        bare = setup.application("bare")
        for side in sys.argv[1:]:
            app = setup.application(side)
            for kind in KINDS:
                alone = driven(setup.gateway, bare, "GET", senders[kind], cors=False, count=1)
                own = driven(setup.gateway, app, "GET", senders[kind], cors=side not in ("bare", "N"), count=1)
                prepared.append(((setup.gateway, side, kind), own, chilled(own, alone, 2 * CACHE)))
    for _, own, _ in prepared:
        own.check()
        for _ in range(8):
            own.loop(own.inputs())  # the interpreter adapts its code, and fills its lists of spare objects
    gc.collect()
    gc.disable()
    start_counting()
    for _ in range(ROUNDS):
        for _, _, cold in prepared:
            inputs = cold.inputs()
            counted(partial(cold.loop, inputs))
    print(json.dumps([name for name, _, _ in prepared]))


if __name__ == "__main__":
    main()
