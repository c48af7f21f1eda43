"""The machine on which something was measured, as every table names it."""

from __future__ import annotations

import platform
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["first_line", "machine"]


def first_line(command: Sequence[str]) -> str:
    """What a program says about its version."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.splitlines()[0]


def machine(cpu: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Say where it was measured; ``cpu`` as cpuinfo has it, for those who asked it already."""
    if cpu is None:
        import cpuinfo

        cpu = cpuinfo.get_cpu_info()
    return {
        "cpu": f"{cpu.get('brand_raw', 'unknown')}, {cpu.get('count', '?')} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": first_line([*(sysconfig.get_config_var("CC") or "cc").split()[:1], "--version"]),
    }
