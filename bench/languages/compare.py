"""``make bench-peers``: fastcors against CORS libraries of other languages, each in its own runtime.

--rounds N   rounds, 12 unless told; --ms N   milliseconds of one measurement in a round, 10 unless told
--docs       measure nothing: write the table of bench/results/peers.json into docs/benchmarks-native.md
-k WORDS     only the cases whose policy and name have all of these words; nothing is kept

The peers and what is in their figures: bench/languages/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from bench.languages.cases import CASES, Case, write
from bench.languages.table import print_table
from bench.languages.verdict import verdict_of
from bench.micro.build import build
from bench.report.machine import first_line, machine
from tools import documents

TOP = Path(__file__).resolve().parents[2]
SOURCES = TOP / "bench" / "languages"
BUILT = TOP / "build" / "languages"
CASES_FILE = BUILT / "cases.json"
RESULTS = TOP / "bench" / "results" / "peers.json"


class NotHereError(Exception):
    """A runtime or a package of a peer cannot be had."""


def run(command: Sequence[str], cwd: Path, **environment: str) -> None:
    """Run one step of a build."""
    if shutil.which(command[0]) is None:
        raise NotHereError(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotHereError(f"{' '.join(command[:2])} failed: {(done.stderr or done.stdout).strip()[-500:]}")


def copied(name: str) -> Path:
    """Copy a peer's sources to where it is built, so that nothing is written beside them."""
    shutil.copytree(SOURCES / name, BUILT / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    return BUILT / name


def go(name: str) -> Callable[[], list[str]]:
    """Build a command in Go."""

    def prepare() -> list[str]:
        top = copied("go")
        # With no go.sum yet, Go checks against its public checksum database and writes one, in the copy.
        mode = "readonly" if (SOURCES / "go" / name / "go.sum").exists() else "mod"
        run(["go", "build", f"-mod={mode}", "-o", name, "."], top / name)
        return [str(top / name / name), str(CASES_FILE)]

    return prepare


def rust() -> list[str]:
    """Build the crate."""
    top = copied("rust")
    run(["cargo", "build", "--release", "--locked", "--quiet"], top, CARGO_TARGET_DIR=str(top / "target"))
    return [str(top / "target" / "release" / "peers"), str(CASES_FILE)]


def node() -> list[str]:
    """Get the packages."""
    top = copied("node")
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], top)
    if shutil.which("node") is None:
        raise NotHereError("node is not installed")
    return ["node", str(top / "main.js"), str(CASES_FILE)]


def ours() -> list[str]:
    """Build the loops."""
    build()
    return [sys.executable, "-m", "bench.languages.fastcors"]


@dataclass
class Runtime:
    """One process, for the peers that live in it."""

    name: str
    peers: list[str]
    prepare: Callable[[], list[str]]
    version: list[str]
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> None:
        """Build it and start it."""
        command = self.prepare()
        self.process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words: object) -> dict[str, Any]:
        """Ask one thing; what it says on its standard error goes to ours."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(*words, file=self.process.stdin, flush=True)
        told = self.process.stdout.readline()
        if not told:
            raise RuntimeError(f"{self.name} ended when it was asked: {' '.join(map(str, words))}")
        answer: dict[str, Any] = json.loads(told)
        return answer

    def stop(self) -> None:
        """End it: a peer goes on until its input ends."""
        self.process.communicate(timeout=10)


RUNTIMES = [
    Runtime("fastcors", ["C", "C+find", "decide().headers", "response_headers()"], ours, []),
    Runtime("go, jub0bs", ["jub0bs/cors"], go("jub0bs"), ["go", "version"]),
    Runtime("go, rs", ["rs/cors"], go("rs"), ["go", "version"]),
    Runtime("rust", ["tower-http"], rust, ["rustc", "--version"]),
    Runtime("node", ["cors", "@fastify/cors"], node, ["node", "--version"]),
]


def begin(console: Console) -> list[Runtime]:
    """Build and start every runtime that can be had, and say which cannot."""
    write(CASES_FILE)
    begun = []
    for runtime in RUNTIMES:
        try:
            with console.status(f"building {runtime.name}"):
                runtime.start()
        except NotHereError as problem:
            console.print(f"skipped: {', '.join(runtime.peers)}: {problem}", style="yellow", markup=False)
        else:
            begun.append(runtime)
    return begun


def check(runtime: Runtime, peer: str, number: int, case: Case) -> str | None:
    """Hold what a peer answers against what is expected. Returns the verdict, or None where it has no such case."""
    told = runtime.ask("answer", peer, number)
    if "skip" in told:
        return None
    verdict = verdict_of(case, told)
    if case.expect is not None and verdict != case.expect:
        raise SystemExit(f"{peer} was to say {case.expect!r}, {case.policy}, {case.name}: {told}")
    return verdict


def measure(begun: list[Runtime], chosen: list[int], arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Check every answer, then time every peer on every case, in turn, in each round."""
    verdicts: dict[tuple[str, int], str] = {}
    times: dict[tuple[str, int, str], list[float]] = {}
    with console.status("checking what they answer"):
        for runtime in begun:
            for peer in runtime.peers:
                for number in chosen:
                    verdict = check(runtime, peer, number, CASES[number])
                    if verdict is not None:
                        verdicts[peer, number] = verdict
    with console.status("") as status:
        # The first round is not kept: it warms up, and lets the engine in Node compile everything.
        for round_number in range(-1, arguments.rounds):
            status.update(f"round {round_number + 1} of {arguments.rounds}")
            for number in chosen:
                for runtime in begun:
                    for peer in runtime.peers:
                        if (peer, number) not in verdicts:
                            continue
                        for verb in ("empty", "time"):
                            told = runtime.ask(verb, peer, number, arguments.ms if verb == "time" else 2)
                            if round_number >= 0:
                                times.setdefault((peer, number, verb), []).append(told["ns"])
    rows = []
    for number in chosen:
        case = CASES[number]
        sides = {}
        for runtime in begun:
            for peer in runtime.peers:
                if (peer, number) in verdicts:
                    sides[peer] = figures(times[peer, number, "time"], times[peer, number, "empty"])
                    sides[peer]["says"] = verdicts[peer, number]
        rows.append({"policy": case.policy, "name": case.name, "sides": sides})
    used = {runtime.version[0]: runtime.version[1] for runtime in begun if runtime.version}
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(),
        "runtimes": {name: first_line([name, option]) for name, option in used.items()},
        "rounds": arguments.rounds,
        "rows": rows,
    }


def figures(rounds: list[float], empty: list[float]) -> dict[str, Any]:
    """Best and median of the rounds, less the best of the empty loop; in nanoseconds."""
    nothing = min(empty)
    return {"best": round(min(rounds) - nothing, 2), "median": round(median(rounds) - nothing, 2)}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.languages.compare", description="fastcors and its native peers."
    )
    parser.add_argument("--rounds", type=int, default=12, help="default: 12")
    parser.add_argument("--ms", type=int, default=10, help="milliseconds of one measurement; default: 10")
    parser.add_argument("--docs", action="store_true", help="write the last table into docs/benchmarks-native.md")
    parser.add_argument("-k", metavar="WORDS", help="only these cases; nothing is kept")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 180)
    if arguments.docs:
        documents.write("benchmarks-native.md")
        return 0
    words = (arguments.k or "").split()
    chosen = [i for i, case in enumerate(CASES) if all(word in f"{case.policy} {case.name}" for word in words)]
    begun = begin(console)
    try:
        results = measure(begun, chosen, arguments, console)
    finally:
        for runtime in begun:
            runtime.stop()
    print_table(results, console)
    if not arguments.k:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(f"written to {RESULTS.relative_to(TOP)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
