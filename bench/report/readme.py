"""The figures as Markdown, for README.md and docs/benchmarks.md, which ``tools/documents.py`` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bench.load.table import COLUMNS, cell
from bench.report.table import LEGEND, OURS, comparisons, grids, quantity, relation, times

__all__ = ["benchmarks", "costs", "headline", "targets"]

MARKS = {True: "✓", False: "✗", None: "?"}
"""Beside a target: met, missed, or lost in the noise."""

Results = Mapping[str, Any]


# README.md


def headline(results: Results) -> Iterator[str]:
    """What a user may expect, in two sentences; the plot has a figure for each framework."""
    text = _in_process(results["rows"])
    if results.get("e2e"):
        text += f" {_under_load(results['e2e'])}"
    text += " [Every figure](docs/benchmarks.md)."
    yield from textwrap.wrap(text, 120, break_on_hyphens=False)


def _in_process(rows: Sequence[Mapping[str, Any]]) -> str:
    found = comparisons(rows)
    ours, theirs = [one.own for one in found], [one.cost for one in found]
    return (
        f"fastcors adds {quantity(min(ours))} to {quantity(max(ours))} to an allowed request; the libraries of the "
        f"chart add {quantity(min(theirs))} to {quantity(max(theirs))}."
    )


def _under_load(rows: Sequence[Mapping[str, Any]]) -> str:
    *servers, last = {row["name"].partition(" ")[0]: None for row in rows}
    ratios = [row["ratio"] for row in rows]
    return (
        f"Under load, {', '.join(servers)} and {last} serve {min(ratios):.0%} to {max(ratios):.0%} of the requests "
        "that they serve without CORS."
    )


# docs/embedding/index.md

COSTS = ("decide(", "find and decide", "read a request", "write", "merge into")
"""How the sections begin that a server or a gateway looks at."""


def costs(results: Results) -> Iterator[str]:
    """What each reader and each writer costs, with both engines."""
    machine = results["machine"]
    yield f"{machine['python']}, {machine['cpu']}, {results['date']}:"
    yield ""
    yield "| | native | pure Python |"
    yield "|:--|--:|--:|"
    section = None
    for row in results["rows"]:
        if row["group"] not in ("Engine", "Embedding") or not row["section"].startswith(COSTS):
            continue
        if row["section"] != section:
            section = row["section"]
            yield f"| **{section}** | | |"
        twin = "" if row["twin"] is None else quantity(row["twin"])
        yield f"| {row['name']} | {quantity(row['best'])} | {twin} |"


# docs/benchmarks.md, the first table


def _comparison(results: Results) -> Iterator[str]:
    """What each library adds to an allowed request."""
    yield "| | fastcors adds | library | it adds | × fastcors | target | a preflight, × fastcors | target |"
    yield "|:--|--:|:--|--:|--:|--:|--:|--:|"
    yield from _peer_rows(results["rows"])


def _peer_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    preflights = {
        (row["section"].partition(":")[0], peer["side"]): peer
        for row in rows
        if row["name"] == "accepted"
        for peer in row["peers"]
    }
    for row in rows:
        if row["name"] != "allowed" or not row["peers"]:
            continue
        setup = row["section"].partition(":")[0]
        own = quantity(row["best"]) if row["sure"] else "in the noise"
        for peer in row["peers"]:
            if peer["side"] in OURS:
                continue
            preflight = preflights.get((setup, peer["side"]))
            cells = [setup, own, peer["side"], quantity(peer["cost"]), *_against(peer), *_against(preflight)]
            yield f"| {' | '.join(cells)} |"


def _against(peer: Mapping[str, Any] | None) -> tuple[str, str]:
    if peer is None:
        return "", ""
    goal = "" if peer["at_least"] is None else f"{peer['at_least']:g} × {MARKS[peer['met']]}"
    return times(peer), goal


# Targets


def targets(results: Results) -> Iterator[tuple[str, str, bool]]:
    """Every target: what it is about, what was reached, whether it is met. What cannot be told is not met."""
    for row in results["rows"]:
        what = f"{row['section']}, {row['name']}"
        if row["target"]:
            target = row["target"]
            yield what, f"{relation(target)}; at most {target['at_most']:g}", bool(target["met"])
        for peer in row["peers"]:
            for key, words in (("at_least", "at least"), ("at_most", "at most")):
                if peer.get(key) is not None:
                    yield what, f"{peer['side']} costs {times(peer)}; {words} {peer[key]:g}", bool(peer["met"])
    for row in results.get("e2e") or []:
        reached = f"{cell(row, 'fastcors', 'throughput')}; at least {row['at_least']:g}"
        yield f"End to end, {row['name']}", reached, bool(row["met"])


def _met(results: Results) -> tuple[str, list[bool]]:
    return results["machine"]["python"], [met for _, _, met in targets(results)]


# docs/benchmarks.md


METHOD = f"""\
Everything here is generated from `bench/results/`: `make bench` measures, `python -m bench --readme` writes.

## How it is measured

The sides of a row run in turn in one process, in many short turns: the application alone, fastcors, its twin in pure
Python, other libraries, and the floors. **F** is an empty call of a Cython function. **N** is the least that a native
wrapper can do: copy the application's headers and append a pair. **app** is an application that answers with the same
bytes, **few** the same with ten origins.

- A figure is the best of many rounds, less the best of the empty loop. *Spread* is the median divided by the best.
- What is *added to a request* is a hundredth of what a framework takes, less than the best rounds of two sides differ
  by chance. So the sides take rounds of eight requests one by one, in ever new order, and the figure is the median of
  the differences between neighbours. Every process has its own, as its memory lies elsewhere: twelve are started, and
  the table has the median of the twelve. *±* is the uncertainty: the true value lies so far from the median at most,
  with a probability of 96 %; it is half the distance between the third lowest and the third highest figure. *Null* is
  what comes out where the application alone takes the place of fastcors. (Of routes there is one process: ± is what its
  turns differ by.)
- Every round has new requests, of 14 headers as a browser sends them, down to new `bytes` with no hash from before.
- *Cold caches*: a loop finds code and data of the last request in the nearest caches, a server does not. There one
  request is timed at a time. Before it, so many bytes of memory are walked over, and the application alone answers
  once: it and the interpreter are warm then, and what stands around the application is not. *profiled* is fastcors
  built with `FASTCORS_PGO=1`.
- Where fastcors wraps an application, it is the very object that is timed alone. All sides give the same answer, which
  is checked before anything is timed; the policy has ten exact origins, three methods and two headers.
- *Import and wheel*: a wheel of this checkout is built and installed into a folder of its own. Forty fresh processes
  of a Python without any other package import fastcors from there and forty do nothing, in turn. The figure is the
  processor time of the best of each, one less the other. Sizes are those of files without byte code, and 1 kB is 1000
  bytes.
- A ratio beside a library says how many times cheaper fastcors is. A figure with ~ is within the noise of its
  subtraction; the ratio is then the least that it can be, with >. Where nothing is said of it, the noise is by how much
  the best round of a third of the turns differs from the best of all.
- End to end, a server process has all sides, each under its own path, and gets requests from `wrk` for one of them at a
  time, 0.2 s each. A side is held against the turns of the bare application before and after it, by requests per
  second, and by requests per second of the server's processor time. Nine processes are started; the figure is the
  median of their medians, in brackets the second and the last but one, with the true one between them as often. *Bare
  again* is the same application once more; *same bytes* is one that returns fastcors' headers by itself, so that what
  it loses is the server's work on them.

{LEGEND}.
"""


def benchmarks(results: Results, others: Sequence[Results] = ()) -> Iterator[str]:
    """The whole document."""
    yield "# Benchmarks"
    yield ""
    yield METHOD
    yield "![What CORS adds to an allowed request, by library](assets/added-cost.svg)"
    yield ""
    yield "![What a decision and a policy cost, by the number of origins](assets/scale.svg)"
    for one in (results, *others):
        yield from _results(one)


def _results(results: Results) -> Iterator[str]:
    machine = results["machine"]
    python = machine["python"]
    yield f"\n## {python}\n"
    yield f"{results['date']}, {machine['cpu']}, {machine['system']}, {machine['compiler']}."
    missed = [(what, reached) for what, reached, met in targets(results) if not met]
    yield f"\n### What CORS adds on {python}\n"
    text = (
        "To an allowed cross-origin GET, with warm caches, over the same application, policy and requests. Nanoseconds "
        "say little about another machine, the ratios more; a ? marks a difference that is too small to be measured."
    )
    yield from textwrap.wrap(text, 120)
    yield ""
    yield from _comparison(results)
    yield f"\n### Targets on {python}\n"
    _, met = _met(results)
    yield f"{sum(met)} of {len(met)} are met." + (" These are not:\n" if missed else "")
    yield from (item(f"{what}: {reached}") for what, reached in missed)
    for grid in grids(results["rows"]):
        yield f"\n### {grid.group} on {python}\n"
        yield f"| | {' | '.join(grid.headings)} |"
        yield f"|:--|{'--:|' * len(grid.headings)}"
        section = None
        for in_section, name, cells, _ in grid.rows:
            if in_section != section:
                section = in_section
                yield f"| **{section}** |{' |' * len(grid.headings)}"
            yield f"| {name} | {' | '.join(cell.replace(chr(10), ', ') for cell in cells)} |"
    if results.get("e2e"):
        yield from _end_to_end(results["e2e"], python)
    if results.get("skipped"):
        yield "\nNot measured:\n"
        yield from map(item, results["skipped"])


def item(text: str) -> str:
    """Write an item of a list, in lines that are not too long."""
    return textwrap.fill(f"- {text}", 120, subsequent_indent="  ", break_on_hyphens=False)


def _end_to_end(rows: Sequence[Mapping[str, Any]], python: str) -> Iterator[str]:
    yield f"\n### End to end on {python}\n"
    yield "Requests per second of the bare application, and the part of them that is left with CORS.\n"
    yield f"| | bare | {' | '.join(COLUMNS.values())} | target |"
    yield f"|:--|--:|{'--:|' * len(COLUMNS)}--:|"
    for row in rows:
        goal = f"{MARKS[row['met']]} {row['at_least']:g}"
        yield f"| {row['name']} | {row['bare']:,} | {_parts(row, 'throughput')} | {goal} |"
        if row["sides"]["fastcors"]["processor"] is not None:
            yield f"| by processor time | | {_parts(row, 'processor')} | |"


def _parts(row: Mapping[str, Any], what: str) -> str:
    return " | ".join(cell(row, side, what) for side in COLUMNS)
