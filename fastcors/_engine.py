"""Picks the engine: the native one, or its twin in pure Python.

The twin runs where ``FASTCORS_PURE`` is set in the environment, where fastcors was built without the extension (which
the module ``fastcors._pure`` marks), and where the extension cannot be loaded: it can be loaded into one interpreter
of a process, so a second application group under mod_wsgi gets the twin, with a RuntimeWarning.

A missing extension that nobody chose is an ImportError: the folder ``fastcors`` of a clone hides an installed package.
"""

from __future__ import annotations

import os

__all__ = [
    "ASGIShim",
    "Before",
    "Behind",
    "Decision",
    "Engine",
    "RSGIShim",
    "RequestFeed",
    "Router",
    "WSGIShim",
    "Watched",
    "backend",
    "merge_store",
    "sift",
]

TYPE_CHECKING = False  # typing is not loaded for it, as fastcors._config.readable says

backend: Literal["cython", "python"]

if TYPE_CHECKING:
    from typing import Literal

    from fastcors._core import (
        ASGIShim,
        Before,
        Behind,
        Decision,
        Engine,
        RequestFeed,
        Router,
        RSGIShim,
        Watched,
        WSGIShim,
        merge_store,
        sift,
    )
elif os.environ.get("FASTCORS_PURE", "") not in ("", "0"):
    from fastcors._twin.before import Before, Behind
    from fastcors._twin.engine import Decision, Engine, sift
    from fastcors._twin.feed import RequestFeed
    from fastcors._twin.routes import Router
    from fastcors._twin.shims import ASGIShim, RSGIShim, WSGIShim
    from fastcors._twin.store import merge_store
    from fastcors._twin.watched import Watched

    backend = "python"
else:
    try:
        from fastcors._core import (
            ASGIShim,
            Before,
            Behind,
            Decision,
            Engine,
            RequestFeed,
            Router,
            RSGIShim,
            Watched,
            WSGIShim,
            merge_store,
            sift,
        )

        backend = "cython"
    except ImportError as error:
        from importlib.util import find_spec

        missing = isinstance(error, ModuleNotFoundError) and error.name == "fastcors._core"
        if missing and find_spec("fastcors._pure") is None:
            raise ImportError(
                f"the extension of fastcors is not in {os.path.dirname(__file__)}. If that is the folder of a clone, "
                'build the extension there with "pip install --editable .", or start Python in another folder: the '
                "clone hides the fastcors that is installed. If it is not, the extension was built for another Python: "
                "install fastcors again. FASTCORS_PURE=1 in the environment runs it in pure Python, many times slower.",
                name="fastcors._core",
            ) from None
        from fastcors._twin.before import Before, Behind
        from fastcors._twin.engine import Decision, Engine, sift
        from fastcors._twin.feed import RequestFeed
        from fastcors._twin.routes import Router
        from fastcors._twin.shims import ASGIShim, RSGIShim, WSGIShim
        from fastcors._twin.store import merge_store
        from fastcors._twin.watched import Watched

        backend = "python"
        if not missing:
            import warnings

            warnings.warn(
                f"fastcors runs in pure Python, many times slower: its extension cannot be loaded ({error}). "
                "Set FASTCORS_PURE=1 to choose this.",
                RuntimeWarning,
                stacklevel=2,
            )
