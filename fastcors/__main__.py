"""``python -m fastcors``: the command line; see :mod:`fastcors.cli`."""

from __future__ import annotations

import sys

from fastcors.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
