"""``python -m bench.load.profiled SCRIPT ARGUMENTS``: runs a script over the engine that was built with the profile."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from bench.micro.build import PROFILED
from tools.train import Extension

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    sys.meta_path.insert(0, Extension(str(PROFILED)))  # type: ignore[arg-type]
    runpy.run_path(sys.argv[0], run_name="__main__")
