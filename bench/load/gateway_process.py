"""``python -m bench.load.gateway_process [OPTION...] FILE --port N``: examples/gateway, with N beside its policies.

Below /floor/ a ``GatewayFloor`` stands where the policy of the route's service would be.

--profiled   over the engine that was built with the profile
--timed      at its end print a line of JSON: for each target of requests, the median of the nanoseconds that one spent
             in the functions that find, decide and merge
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from functools import wraps
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

from bench.micro._floor import GatewayFloor  # type: ignore[import-not-found]
from bench.micro.build import PROFILED
from tools.train import Extension

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gateway"
FLOOR = "/floor/"
TIMED = ("begin", "respond", "finish")
"""The methods of an exchange that a request goes through, in their order."""
WARM_UP = 1000
"""Requests of each target that are not counted."""


def given(option: str) -> bool:
    """Whether an option is in the command line, from which it is taken out."""
    found = option in sys.argv
    if found:
        sys.argv.remove(option)
    return found


def add_floor(gateway: Any) -> None:
    """Put N in the place of a policy, now and after each reload."""
    load = gateway.load

    def with_floor(path: Path) -> Any:
        snapshot = load(path)
        snapshot.upstreams[FLOOR] = snapshot.upstreams[FLOOR]._replace(policy=GatewayFloor())
        return snapshot

    gateway.load = with_floor


def time_exchanges(exchange: Any) -> dict[bytes, list[int]]:
    """Time each exchange from now on; returns where the times will be, by the request's target."""
    times: dict[bytes, list[int]] = defaultdict(list)

    def timed(method: Any, last: bool) -> Any:
        @wraps(method)
        def run(self: Any, *arguments: Any) -> Any:
            start = perf_counter_ns()
            result = method(self, *arguments)
            self.spent += perf_counter_ns() - start
            if last:
                times[self.target].append(self.spent)
            return result

        return run

    exchange.spent = 0
    for name in TIMED:
        setattr(exchange, name, timed(getattr(exchange, name), name == TIMED[-1]))
    return times


def main() -> None:
    """Serve until the process is ended."""
    if given("--profiled"):
        sys.meta_path.insert(0, Extension(str(PROFILED)))  # type: ignore[arg-type]
    is_timed = given("--timed")
    sys.path[0] = str(EXAMPLE)
    import exchange  # type: ignore[import-not-found]
    import gateway  # type: ignore[import-not-found]

    add_floor(gateway)
    times = time_exchanges(exchange.Exchange) if is_timed else {}
    gateway.main()
    if is_timed:
        print(json.dumps({target.decode(): median(spent[WARM_UP:]) for target, spent in times.items()}))


if __name__ == "__main__":
    main()
