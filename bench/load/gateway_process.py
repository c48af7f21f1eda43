"""``python -m bench.load.gateway_process [--profiled] FILE --port N``: examples/gateway, with N beside its policies.

Below /floor/ a ``GatewayFloor`` stands where the policy of the route's service would be. ``--profiled``: over the
engine that was built with the profile.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench.micro._floor import GatewayFloor  # type: ignore[import-not-found]
from bench.micro.build import PROFILED
from tools.train import Extension

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gateway"
FLOOR = "/floor/"


def main() -> None:
    """Serve until the process is ended."""
    if "--profiled" in sys.argv:
        sys.argv.remove("--profiled")
        sys.meta_path.insert(0, Extension(str(PROFILED)))  # type: ignore[arg-type]
    sys.path[0] = str(EXAMPLE)
    import gateway  # type: ignore[import-not-found]

    load = gateway.load

    def with_floor(path: Path) -> Any:
        snapshot = load(path)
        snapshot.upstreams[FLOOR] = snapshot.upstreams[FLOOR]._replace(policy=GatewayFloor())
        return snapshot

    gateway.load = with_floor
    gateway.main()


if __name__ == "__main__":
    main()
