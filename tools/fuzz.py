"""Fuzzes every reader and writer of the engine, guided by coverage, under AddressSanitizer and UBSan.

Needs Linux, gcc or clang, and Python 3.11 or newer, for which atheris has wheels. What must hold of an input is in
``tests/fuzz/``. Inputs that reach something new are kept in ``build/fuzz/corpus``, from which the next run goes on; an
input for which something does not hold is left in ``build/fuzz/findings``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parent.parent
sys.path[:1] = [str(TOP)]

from tests.fuzz.instrumented import Compiler, build, compiler  # noqa: E402
from tests.fuzz.targets import PLANTED, Target, targets  # noqa: E402

WORK = TOP / "build" / "fuzz"
CORPUS, FINDINGS = WORK / "corpus", WORK / "findings"
LONGEST = 4096
"""Bytes of an input. Limits beyond that are for the tests, which know where they are."""


class Result(NamedTuple):
    """What came of one target."""

    name: str
    executions: int
    blocks: int
    """How many different blocks of the native code ran."""
    inputs: int
    """How many inputs the corpus has that each reach something new."""
    seconds: float
    fault: str
    """What was printed of an input for which something does not hold; empty where there was none."""


def fuzz(chosen: Compiler, target: Target, seconds: int) -> Result:
    """Fuzz one target for so many seconds."""
    corpus, log = CORPUS / target.name, WORK / f"{target.name}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    FINDINGS.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "tests.fuzz.one", chosen.name, target.name),
        *(str(corpus), str(target.seeds), f"-dict={TOP / 'tests/fuzz/words.dict'}"),
        *(f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=4096"),
        *("-print_final_stats=1", f"-artifact_prefix={FINDINGS}/{target.name}-"),
    ]
    begun = time.monotonic()
    with log.open("wb") as output:
        done = subprocess.run(command, cwd=TOP, env=environment(chosen), stdout=output, stderr=output, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    executions = last(r"stat::number_of_executed_units: (\d+)", text) or last(r"^#(\d+)\t", text)
    fault = "" if done.returncode == 0 else f"exit status {done.returncode}\n{beginning(text)}"
    blocks, inputs = last(r"\bcov: (\d+)", text), last(r"\bcorp: (\d+)", text)
    return Result(target.name, executions, blocks, inputs, time.monotonic() - begun, fault)


def beginning(text: str) -> str:
    """Return what is said of an input for which something does not hold: an exception, or a sanitizer's report."""
    found = re.search(r"^ === Uncaught|^==\d+== ?ERROR|runtime error:|^Traceback", text, re.MULTILINE)
    lines = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines() if found else text.splitlines()[-40:]
    named = [line for line in lines if "Test unit written" in line]
    return "\n".join([*lines[:40], *named])


def finds_the_planted_fault(chosen: Compiler) -> bool:
    """Whether a fault that is there to be found is found: what ran is counted, and memory is watched."""
    shutil.rmtree(CORPUS / PLANTED.name, ignore_errors=True)
    found = "heap-buffer-overflow" in fuzz(chosen, PLANTED, 60).fault
    for path in FINDINGS.glob(f"{PLANTED.name}-*"):
        path.unlink()
    return found


def environment(chosen: Compiler) -> dict[str, str]:
    """Return the variables of a process that fuzzes."""
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(chosen.preloaded()),
        "PYTHONMALLOC": "malloc",
        # As tools/test_sanitize.py says. libFuzzer tells of a signal which input it was.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_free_fill_size=4096:free_fill_byte=221"
        ":handle_segv=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:handle_sigbus=0",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }


def last(expression: str, text: str) -> int:
    """Return the last number in a text that an expression finds; 0 where there is none."""
    found = re.findall(expression, text, re.MULTILINE)
    return int(found[-1]) if found else 0


def main() -> int:
    """Fuzz for so many minutes in all, each target for its share. 1: something does not hold, or ran too little."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="in all (default: 2)")
    parser.add_argument("--only", default="", metavar="NAMES", help="targets, separated by commas (default: all)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="how many at once (default: 2)")
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    known = [target.name for target in targets()]
    if only - set(known):
        parser.error(f"there is no target {', '.join(sorted(only - set(known)))}; there are {', '.join(known)}")
    chosen_targets = [target for target in targets() if not only or target.name in only]
    chosen = compiler()
    build(chosen)
    seconds = max(2, round(arguments.minutes * 60 * arguments.jobs / len(chosen_targets)))
    if not finds_the_planted_fault(chosen):
        print(f"The fault in tests.fuzz.leaves.planted was not found: see {WORK / PLANTED.name}.log", file=sys.stderr)
        return 1
    print(f"{len(chosen_targets)} targets, {seconds} s each, {chosen.name}", flush=True)
    print(f"{'target':<18}{'executions':>12}{'a second':>10}{'blocks':>8}{'inputs':>8}  findings", flush=True)
    results = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for result in pool.map(lambda target: fuzz(chosen, target, seconds), chosen_targets):
            speed = result.executions / result.seconds
            state = "yes" if result.fault else "none"
            print(
                f"{result.name:<18}{result.executions:>12}{speed:>10.0f}{result.blocks:>8}{result.inputs:>8}  {state}"
            )
            results.append(result)
    for result in results:
        if result.fault:
            print(f"\n{result.name}: {result.fault}", file=sys.stderr)
    idle = [result.name for result in results if not result.fault and (result.executions < 50 or result.blocks < 20)]
    if idle:
        print(f"These ran next to nothing, so that they show nothing: {', '.join(idle)}", file=sys.stderr)
    print(f"{sum(result.executions for result in results)} executions in all")
    return 1 if idle or any(result.fault for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
