"""Has the native engine import what it takes from Python.

The engine imports this when the first policy or table of routes is made, or the first class of shims. A module runs
once, so threads that come at once wait for it here.
"""

from fastcors._core import load

load()
