"""What tests/frameworks/observe.py found for a door, read."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cached_property
from typing import Any

from tests.frameworks.cells import Place
from tests.frameworks.exchange import same_but_for_cors
from tests.frameworks.observe import REQUESTS
from tests.integration.wire import ROOT, Response

PATIENCE = 120


class Watched:
    """What test clients, monitors and a debugger see of an application."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def found(self) -> dict[str, Any]:
        """By who sees it, then ``with`` and ``without``: the ``answers`` and what was ``seen``."""
        command = [sys.executable, "-m", "tests.frameworks.observe", self.place.name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _of(self, who: str, side: str) -> dict[str, Any]:
        found = self.found[who][side]
        assert found is not None, f"{who} knows nothing of the framework"
        if "failed" in found:
            raise RuntimeError(found["failed"])
        of_side: dict[str, Any] = found
        return of_side

    def seen(self, who: str) -> tuple[Any, Any]:
        """What was seen without CORS, and with it."""
        return self._of(who, "without")["seen"], self._of(who, "with")["seen"]

    def both(self, who: str) -> dict[str, Response]:
        """The answers with CORS, after they have been compared with those without, but for preflights."""
        without, answers = (_responses(self._of(who, side)["answers"]) for side in ("without", "with"))
        for name, answer in answers.items():
            if REQUESTS[name][0] != "OPTIONS":
                same_but_for_cors(without[name], answer, self.place.door.varying)
        return answers


def _responses(answers: dict[str, Any]) -> dict[str, Response]:
    """Answers as they were before they went through JSON."""
    return {
        name: Response(status, [(key, value) for key, value in headers], body.encode("latin-1"))
        for name, (status, headers, body) in answers.items()
    }
