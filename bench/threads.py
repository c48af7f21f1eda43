"""``python -m bench.threads PYTHON``: what a request costs with 1, 2 and 4 threads at work, with the lock and without.

The Python is free-threaded and has fastcors, and needs nothing else. Rows are CPU time for one request, all threads
together: what threads that share a policy do to each other shows there, also on a machine that has other things to do.
Without the lock ``n`` threads on ``n`` processors serve as many requests as one thread, times ``n``, times the first
row over the row of ``n``. With the lock they serve as many as one thread. Writes ``docs/assets/free-threading.svg``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parent.parent
PLOT = TOP / "docs" / "assets" / "free-threading.svg"
THREADS = (1, 2, 4)
REQUESTS = 20_000
"""Of each thread."""
ROUNDS = 5
ORIGIN = "https://app.example.com"


def works() -> dict[str, Callable[[], object]]:
    """Return what one request is, by name; all threads share the policy and the shim."""
    import fastcors
    from fastcors.wsgi import CORSMiddleware

    policy = fastcors.Policy(allow_origins=[ORIGIN, "https://*.example.org"], allow_credentials=True)

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    shim = CORSMiddleware(app, policy)

    def serve() -> None:
        shim({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_ORIGIN": ORIGIN}, lambda status, headers: None)

    return {
        "policy.decide, allowed": lambda: policy.decide("GET", ORIGIN),
        "WSGI middleware and application": serve,
    }


def cost(work: Callable[[], object], threads: int) -> float:
    """Return nanoseconds of CPU time for one request."""
    start = threading.Barrier(threads + 1)

    def run() -> None:
        start.wait()
        for _ in range(REQUESTS):
            work()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    before = time.process_time_ns()
    start.wait()
    for thread in running:
        thread.join()
    return (time.process_time_ns() - before) / threads / REQUESTS


def measure() -> dict[str, Any]:
    """Return the rows of this Python: the least of some rounds, by work and number of threads."""
    rows = {
        name: {str(threads): min(cost(work, threads) for _ in range(ROUNDS)) for threads in THREADS}
        for name, work in works().items()
    }
    lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {"python": f"{sys.version.split()[0]} {'with' if lock else 'without'} the lock", "rows": rows}


def plot(results: list[dict[str, Any]]) -> None:
    """Draw the rows of all Pythons side by side."""
    from matplotlib import pyplot

    names = list(results[0]["rows"])
    figure, axes = pyplot.subplots(1, len(names), figsize=(9, 3.2), layout="constrained")
    for axis, name in zip(axes, names, strict=True):
        for number, result in enumerate(results):
            costs = [result["rows"][name][str(threads)] for threads in THREADS]
            places = [place + (number - (len(results) - 1) / 2) * 0.35 for place in range(len(THREADS))]
            axis.bar(places, costs, 0.33, label=f"CPython {result['python']}")
        axis.set_xticks(range(len(THREADS)), [str(threads) for threads in THREADS])
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("threads")
    axes[0].set_ylabel("ns of CPU time for a request")
    axes[0].legend(fontsize=8)
    figure.savefig(PLOT)


def main() -> None:
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
        return
    (python,) = sys.argv[1:]
    results = []
    for lock in ("1", "0"):
        command = [python, "-X", f"gil={lock}", "-m", "bench.threads", "--measure"]
        found = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout
        results.append(json.loads(found))
        print(f"CPython {results[-1]['python']}")
        for name, row in results[-1]["rows"].items():
            print(f"  {name}: " + ", ".join(f"{ns:.0f} ns with {threads}" for threads, ns in row.items()), flush=True)
    plot(results)


if __name__ == "__main__":
    main()
