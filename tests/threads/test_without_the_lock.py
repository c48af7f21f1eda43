"""Free-threaded CPython (PEP 703): what fastcors does to the lock of its process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.threads.together import FREE_THREADED

EVERYTHING = """
import sys
import fastcors, fastcors.asgi, fastcors.rsgi, fastcors.wsgi, fastcors.embedding
fastcors.Policy(allow_origins=["https://*.example.com"], allow_origin_func=lambda origin: True)
print(fastcors.backend, sys._is_gil_enabled())
"""


@pytest.mark.skipif(not FREE_THREADED, reason="this CPython always has the lock")
@pytest.mark.parametrize(("pure", "backend"), [("0", "cython"), ("1", "python")])
def test_the_import_leaves_the_lock_off(pure: str, backend: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    command = [sys.executable, "-W", "error", "-c", EVERYTHING]
    found = subprocess.run(
        command, env={**variables, "FASTCORS_PURE": pure}, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == [backend, "False"]
