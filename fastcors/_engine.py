"""Picks the engine: the native one, or its twin in pure Python.

The twin runs where ``FASTCORS_PURE`` is set in the environment, where fastcors was built without the extension, and
where that cannot be loaded: it can be loaded into one interpreter of a process, so a second application group under
mod_wsgi gets the twin.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Literal

__all__ = ["ASGIShim", "Decision", "Engine", "Router", "WSGIShim", "backend", "sift"]

backend: Literal["cython", "python"]

if TYPE_CHECKING:
    from fastcors._twin import Decision, Engine, sift
    from fastcors._twin_routes import Router
    from fastcors._twin_shims import ASGIShim, WSGIShim
elif os.environ.get("FASTCORS_PURE", "") not in ("", "0"):
    from fastcors._twin import Decision, Engine, sift
    from fastcors._twin_routes import Router
    from fastcors._twin_shims import ASGIShim, WSGIShim

    backend = "python"
else:
    try:
        from fastcors._core import ASGIShim, Decision, Engine, Router, WSGIShim, sift

        backend = "cython"
    except ImportError as error:
        from fastcors._twin import Decision, Engine, sift
        from fastcors._twin_routes import Router
        from fastcors._twin_shims import ASGIShim, WSGIShim

        backend = "python"
        if error.name != "fastcors._core" or not isinstance(error, ModuleNotFoundError):
            # It is there. Where it is not, fastcors was built without it, which takes an explicit choice.
            warnings.warn(
                f"fastcors runs in pure Python, many times slower: its extension cannot be loaded ({error}). "
                "Set FASTCORS_PURE=1 to choose this.",
                RuntimeWarning,
                stacklevel=2,
            )
