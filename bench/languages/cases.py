"""The requests and policies that fastcors and its peers in other languages answer: one list, the same for all.

Written as JSON, which each runtime reads. A case has a policy and a request; the request's ``origins`` are taken in
turn, one for each operation, so that nobody is measured on one string. Long values are written as a text and how often
it is repeated, and equal field lines as one line and its ``copies``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench.micro.inputs import origin, sample, stranger, subdomain, wildcard

__all__ = ["BATCH", "CASES", "POLICIES", "Case", "Line", "write"]

BATCH = 64
"""How many different requests of a case are answered one after another."""

PRESENT = 6
POLICIES: dict[str, list[str]] = {
    "1": [origin(7)],
    "9": [origin(i) for i in range(9)],
    "9, three with *.": [*(origin(i) for i in range(PRESENT)), *(wildcard(i) for i in range(PRESENT, 9))],
    "1,000": [origin(i) for i in range(1000)],
}
"""What each policy allows; everything else is the same in all, and below."""

REST = {
    "credentials": True,
    "methods": ["DELETE", "PATCH", "PUT"],
    "headers": ["authorization", "content-type", "x-request-id"],
    "expose": ["etag", "x-total-count"],
    "max_age": 600,
}

MIB = 2**20


@dataclass(frozen=True)
class Line:
    """One field line of Access-Control-Request-Headers, so many times."""

    text: str
    repeat: int = 1
    copies: int = 1

    def values(self) -> list[str]:
        """Write the lines out."""
        return [self.text * self.repeat] * self.copies


@dataclass(frozen=True)
class Case:
    """A request under a policy. ``expect``: what a browser must make of the answer; ``None``: it never asks this."""

    policy: str
    name: str
    expect: Literal["allowed", "refused", "nothing", None]
    origins: list[str] = field(default_factory=list)
    """Empty: the request has no Origin."""
    method: str = "GET"
    asked_method: str | None = None
    asked_headers: list[Line] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Write out all field lines of Access-Control-Request-Headers."""
        return [value for line in self.asked_headers for value in line.values()]


def listed(policy: str) -> list[str]:
    """Some origins that the policy allows, at random, the same in each run."""
    if policy == "9, three with *.":
        exact = sample(origin, PRESENT, BATCH)
        below = sample(lambda i: subdomain(PRESENT + i), 3, BATCH)
        return [(below if i % 3 == 2 else exact)[i].decode() for i in range(BATCH)]
    if policy == "1":
        return POLICIES["1"]
    return [text.decode() for text in sample(origin, len(POLICIES[policy]), BATCH)]


STRANGERS = [text.decode() for text in sample(stranger, 1000, BATCH)]
ASKED = [Line("authorization,content-type")]


def preflight(policy: str, name: str, expect: Any, origins: list[str], method: str, asked: list[Line]) -> Case:
    """Make the case of a preflight."""
    return Case(policy, name, expect, origins, "OPTIONS", method, asked)


def cases_of(policy: str) -> list[Case]:
    """Make the cases that each policy has."""
    ours = listed(policy)
    return [
        Case(policy, "not CORS", "nothing"),
        Case(policy, "allowed", "allowed", ours),
        Case(policy, "refused", "refused", STRANGERS),
        preflight(policy, "preflight accepted", "allowed", ours, "PUT", ASKED),
        preflight(policy, "preflight, origin refused", "refused", STRANGERS, "PUT", ASKED),
        preflight(policy, "preflight, method refused", "refused", ours, "PURGE", ASKED),
        preflight(policy, "preflight, header refused", "refused", ours, "PUT", [Line("authorization,x-other")]),
        preflight(policy, "preflight, 1 MiB of commas", None, ours, "PUT", [Line(",", MIB)]),
    ]


HOSTILE = [
    preflight("1,000", name, None, listed("1,000"), "PUT", [line])
    for name, line in (
        ("preflight, one name of 1 MiB", Line("x", MIB)),
        ("preflight, an allowed name for 1 MiB", Line("authorization,", MIB // 14)),
        ("preflight, 1 MiB of white space", Line(" ", MIB)),
        ("preflight, 1,024 empty lines", Line("", 1, 1024)),
    )
]
HUGE_ORIGIN = Case("1,000", "an origin of 60 kB", "refused", ["https://" + "a." * 30_000 + "example.com"])

CASES = [*(case for policy in POLICIES for case in cases_of(policy)), *HOSTILE, HUGE_ORIGIN]


def write(path: Path) -> None:
    """Write what every runtime reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    policies = {name: {"origins": origins, **REST} for name, origins in POLICIES.items()}
    content = {"batch": BATCH, "policies": policies, "cases": [asdict(case) for case in CASES]}
    path.write_text(json.dumps(content), encoding="utf-8")
