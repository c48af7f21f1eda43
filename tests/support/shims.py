"""The shims as they are with each engine: native hot paths over the native one, none over the twin."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest

from fastcors import asgi, rsgi, wsgi
from fastcors._shims import options
from fastcors._twin import engine as twin
from fastcors._twin import shims as twin_shims


def _over(middleware: Any, base: type[Any]) -> Any:
    """Return the middleware class with another base class: what ``FASTCORS_PURE`` chooses, in one process."""
    if issubclass(middleware, base):
        return middleware
    body = {name: value for name, value in vars(middleware).items() if name not in ("__dict__", "__weakref__")}
    return type("CORSMiddleware", (options.ShimConfig, base), body)


PURE: dict[str, Any] = {
    "asgi": _over(asgi.CORSMiddleware, twin_shims.ASGIShim),
    "rsgi": _over(rsgi.CORSMiddleware, twin_shims.RSGIShim),
    "wsgi": _over(wsgi.CORSMiddleware, twin_shims.WSGIShim),
}
NATIVE: dict[str, Any] = {}
try:
    _core = importlib.import_module("fastcors._core")
except ImportError:
    pass
else:
    NATIVE["asgi"] = _over(asgi.CORSMiddleware, _core.ASGIShim)
    NATIVE["rsgi"] = _over(rsgi.CORSMiddleware, _core.RSGIShim)
    NATIVE["wsgi"] = _over(wsgi.CORSMiddleware, _core.WSGIShim)


def middleware(interface: str, policy_or_class: Any) -> Any:
    """Return the ``CORSMiddleware`` class that goes with the engine of a policy, or of a policy class."""
    kind = policy_or_class if isinstance(policy_or_class, type) else type(policy_or_class)
    return (PURE if issubclass(kind, twin.Engine) else NATIVE)[interface]


def shims_over(name: str) -> dict[str, Any]:
    """Return the shims over the engine of this name, ``"cython"`` or ``"python"``. Skips where it is not there."""
    shims = NATIVE if name == "cython" else PURE
    if not shims:
        pytest.skip("there is no native engine")
    return shims


def cors_of(module: ModuleType) -> Any:
    """Make the fixture that gives ``CORS`` of a framework's module with the shim of either engine."""

    @pytest.fixture(params=["cython", "python"])
    def cors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(module, "CORSMiddleware", shims_over(request.param)["asgi"])
        return module.CORS

    return cors
