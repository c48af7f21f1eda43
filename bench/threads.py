"""``python -m bench.threads PYTHON``: what a request costs with 1, 2 and 4 threads at work, with the lock and without.

The Python is free-threaded and has this clone installed (``pip install --editable .``), and needs nothing else. All
threads share one policy. There are two rows for each kind of request: the processor time of one request, which tells
what threads do to each other also on a machine that has other things to do; and the requests that all threads together
finish in a second, which are right on a quiet machine alone. Writes ``bench/results/threads.json``,
``docs/assets/free-threading.svg`` and the table of ``docs/free-threading.md``.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).resolve().parent.parent
PLOT = TOP / "docs" / "assets" / "free-threading.svg"
RESULTS = TOP / "bench" / "results" / "threads.json"
THREADS = (1, 2, 4)
REQUESTS = 500_000
"""Of each thread."""
ROUNDS = 7
ORIGIN = "https://app.example.com"


class Cost(NamedTuple):
    """What one request takes, in nanoseconds: of processors, and of time."""

    processor: float
    time: float


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

    class Thing:
        def method(self) -> None:
            """Do nothing."""

    thing = Thing()
    return {
        "an empty method in Python": lambda: thing.method(),
        "policy.decide, allowed": lambda: policy.decide("GET", ORIGIN),
        "WSGI middleware and application": serve,
    }


def cost(work: Callable[[], object], threads: int) -> Cost:
    """Return what one request takes where so many threads are at work."""
    start = threading.Barrier(threads + 1)

    def run() -> None:
        start.wait()
        for _ in range(REQUESTS):
            work()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    processor, clock = time.process_time_ns(), time.perf_counter_ns()
    start.wait()
    for thread in running:
        thread.join()
    processor, clock = time.process_time_ns() - processor, time.perf_counter_ns() - clock
    return Cost(processor / threads / REQUESTS, clock / threads / REQUESTS)


def best(work: Callable[[], object]) -> dict[str, dict[str, float]]:
    """Return the least costs of some rounds, by number of threads: each round has them all."""
    cost(work, 1)
    rounds = [{threads: cost(work, threads) for threads in THREADS} for _ in range(ROUNDS)]
    return {
        field: {str(threads): min(getattr(each[threads], field) for each in rounds) for threads in THREADS}
        for field in Cost._fields
    }


def measure() -> dict[str, Any]:
    """Return the rows of this Python, by work."""
    lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "python": sys.version.split()[0],
        "lock": "with the lock" if lock else "without the lock",
        "rows": {name: best(work) for name, work in works().items()},
    }


def plot(results: list[dict[str, Any]]) -> None:
    """Draw the processor time of all Pythons side by side."""
    from matplotlib import pyplot

    names = list(results[0]["rows"])
    figure, axes = pyplot.subplots(1, len(names), figsize=(9, 3.2), layout="constrained")
    for axis, name in zip(axes, names, strict=True):
        for number, result in enumerate(results):
            costs = [result["rows"][name]["processor"][str(threads)] for threads in THREADS]
            places = [place + (number - (len(results) - 1) / 2) * 0.35 for place in range(len(THREADS))]
            axis.bar(places, costs, 0.33, label=f"CPython {result['python']} {result['lock']}")
        axis.set_xticks(range(len(THREADS)), [str(threads) for threads in THREADS])
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("threads")
    axes[0].set_ylabel("ns of CPU time for a request")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    figure.savefig(PLOT)


def table(found: dict[str, Any]) -> str:
    """Return the rows as Markdown, with what they were measured on."""
    results = found["results"]
    quiet = _was_quiet(results)
    text = (
        f"CPython {results[0]['python']}, {found['processors']} processors, {found['date']}. Each figure is the best "
        f"of {found['rounds']} rounds.{'' if quiet else ' The machine had other things to do: there are no rates.'}"
    )
    lines = [
        *textwrap.wrap(text, 120),
        "",
        f"| | {' | '.join(f'{n} thread' + 's' * (n > 1) for n in THREADS)} |",
        f"|---|{'---|' * len(THREADS)}",
    ]
    for name in results[0]["rows"]:
        for field, shown in (("processor", _nanoseconds), ("time", _rate))[: 1 + quiet]:
            for result in results:
                row = result["rows"][name][field]
                cells = " | ".join(shown(row[str(threads)]) for threads in THREADS)
                lines.append(f"| {name}, {result['lock']} | {cells} |")
    return "\n".join(lines)


def _was_quiet(results: list[dict[str, Any]]) -> bool:
    """Whether a thread that was alone at work had a processor to itself."""
    rows = [row for result in results for row in result["rows"].values()]
    return all(row["time"]["1"] < 1.1 * row["processor"]["1"] for row in rows)


def _nanoseconds(cost: float) -> str:
    return f"{cost:,.0f} ns"


def _rate(cost: float) -> str:
    return f"{1e9 / cost / 1000:,.0f},000 a second"


def main() -> None:
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
        return
    (python,) = sys.argv[1:]
    results = []
    for lock in ("1", "0"):
        command = [python, "-X", f"gil={lock}", "-m", "bench.threads", "--measure"]
        answer = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout
        results.append(json.loads(answer))
    found = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processors": os.cpu_count(),
        "rounds": ROUNDS,
        "results": results,
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))
    plot(results)
    subprocess.run([sys.executable, "tools/documents.py", "free-threading.md"], cwd=TOP, check=True)


if __name__ == "__main__":
    main()
