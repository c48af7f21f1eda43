"""The configuration of the gateway: a file becomes one snapshot, checked as a whole, which requests use unchanged.

``upstreams`` has a name, an address and a policy for each service; ``routes`` says by host and path which is meant::

    [upstreams.shop]
    address = "127.0.0.1:9001"
    policy = { allow_origins = ["https://app.example.com"], allow_credentials = true }

    [routes]
    "//shop.example.com/" = "shop"

JSON has the same form. An upstream without a policy answers for its own CORS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fastcors import Policy, PolicyError
from fastcors.embedding import Router

ADDRESS = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


class Upstream(NamedTuple):
    """A service behind the gateway."""

    name: str
    host: str
    port: int
    policy: Policy | None


class Snapshot(NamedTuple):
    """Everything that a request needs of the configuration."""

    router: Router
    upstreams: dict[str, Upstream]
    """By the key of the route."""
    access_log: bool


class ConfigError(ValueError):
    """A configuration that is not taken."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def load(path: Path) -> Snapshot:
    """Read a file. ConfigError has everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return snapshot_of(json.loads(text))
        import tomllib  # of CPython 3.11 and later

        return snapshot_of(tomllib.loads(text))
    except ConfigError:
        raise
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path.name}: {error}"]) from None


def snapshot_of(given: Any) -> Snapshot:
    """Check a configuration. ConfigError has everything that is wrong with it."""
    problems = unknown("", given, {"upstreams", "routes", "access_log"})
    if problems:
        raise ConfigError(problems)
    upstreams: dict[str, Upstream] = {}
    for name, values in mapping("upstreams", given.get("upstreams"), problems).items():
        upstreams[name] = upstream_of(name, values, problems)
    routes = mapping("routes", given.get("routes"), problems)
    for route, name in routes.items():
        if not isinstance(name, str) or name not in upstreams:
            problems.append(f"routes[{route!r}]: there is no upstream {name!r}")
    try:
        router = Router({route: upstreams[name].policy for route, name in routes.items() if name in upstreams})
    except PolicyError as error:
        problems += [str(issue) for issue in error.issues]
    if problems:
        raise ConfigError(problems)
    by_route = {route: upstreams[name] for route, name in routes.items()}
    return Snapshot(router, by_route, given.get("access_log", True) is not False)


def upstream_of(name: str, values: Any, problems: list[str]) -> Upstream:
    """Read an upstream, and note what is wrong with it."""
    found = unknown(f"upstreams.{name}", values, {"address", "policy"})
    problems += found
    if found:
        return Upstream(name, "", 0, None)
    address = ADDRESS.fullmatch(str(values.get("address")))
    if address is None:
        problems.append(f"upstreams.{name}.address: expected host:port, not {values.get('address')!r}")
    policy = None
    if values.get("policy") is not None:
        try:
            policy = Policy.from_dict(values["policy"])
        except PolicyError as error:
            problems += [f"upstreams.{name}.policy.{issue.field}: {issue.message}" for issue in error.issues]
    host, port = address.groups() if address else ("", "0")
    return Upstream(name, host.strip("[]"), int(port), policy)


def mapping(name: str, values: Any, problems: list[str]) -> Mapping[str, Any]:
    """Return a table of the file, and note where it is none."""
    if isinstance(values, Mapping) and values:
        return values
    problems.append(f"{name}: expected a table with at least one entry")
    return {}


def unknown(where: str, values: Any, names: set[str]) -> list[str]:
    """Return what is wrong with the names in a table."""
    if not isinstance(values, Mapping):
        return [f"{where or 'the file'}: expected a table"]
    return [f"{where}.{name}: there is no such parameter".lstrip(".") for name in values if name not in names]
