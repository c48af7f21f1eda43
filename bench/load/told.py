"""What a run under ``wrk`` is told by: wrk's own output, and the processor time of the server."""

from __future__ import annotations

import contextlib
import os
import re
from glob import iglob
from pathlib import Path

__all__ = ["processor_time", "rate_and_count"]


def processor_time(session: int) -> float | None:
    """Seconds that the threads of all processes of a session have run; None where the system does not say."""
    spent = 0
    for status in iglob("/proc/[0-9]*/task/[0-9]*/schedstat"):
        with contextlib.suppress(OSError):  # it has ended
            if os.getsid(int(status.split("/")[2])) == session:
                spent += int(Path(status).read_text(encoding="ascii").split()[0])
    return spent / 1e9 if spent else None


def rate_and_count(output: str) -> tuple[float, int]:
    """Requests per second, and requests, as wrk says them. AssertionError where an answer was not good."""
    rate = re.search(r"^Requests/sec: +([\d.]+)$", output, re.M)
    count = re.search(r"^ +(\d+) requests in ", output, re.M)
    assert rate, output
    assert count, output
    assert "Non-2xx" not in output, output
    assert "Socket errors" not in output, output
    return float(rate[1]), int(count[1])
