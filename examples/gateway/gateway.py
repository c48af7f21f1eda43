"""An API gateway with CORS in it: ``python examples/gateway/gateway.py gateway.toml --port 8080``.

It reads its file again on SIGHUP. Requests that are at work keep the configuration that they began with.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections.abc import Coroutine
from pathlib import Path

from backend import Pool
from client import Client
from config import ConfigError, Snapshot, load

PATIENCE = 30.0
"""Seconds that a client has for the head of a request, and that a connection stays open without one."""

logger = logging.getLogger("gateway")


class Gateway:
    """What the connections share: the snapshot of the configuration, and the pools."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.loop = asyncio.get_running_loop()
        self.clients: set[Client] = set()
        self.pools: dict[tuple[str, int], Pool] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.reload_again = False
        self.reloading: asyncio.Task[None] | None = None
        self.use(snapshot)

    def use(self, snapshot: Snapshot) -> None:
        """Decide by this snapshot from now on. Pools of the same address stay."""
        addresses = {(upstream.host, upstream.port) for upstream in snapshot.upstreams.values()}
        old = self.pools
        self.pools = {address: old[address] if address in old else Pool(*address) for address in addresses}
        self.snapshot = snapshot
        for address in old.keys() - addresses:
            old[address].close()

    def reload(self, path: Path) -> None:
        """Read the file, in a thread, and use it; where it has faults the old configuration stays."""
        self.reload_again = True
        if self.reloading is None:
            self.reloading = self.loop.create_task(self.read(path))

    async def read(self, path: Path) -> None:
        """Read the file until nobody has asked for it meanwhile."""
        while self.reload_again:
            self.reload_again = False
            try:
                snapshot = await asyncio.to_thread(load, path)
            except ConfigError as error:
                for problem in error.problems:
                    logger.error("the old configuration stays: %s", problem)
            else:
                self.use(snapshot)
                logger.info("a new configuration is in use: %d routes", len(snapshot.upstreams))
        self.reloading = None

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run something beside the connections."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def sweep(self) -> None:
        """Drop the clients that have let their time run out."""
        limit = self.loop.time() - PATIENCE
        for client in list(self.clients):
            if client.since < limit and not client.exchanges:
                client.transport.abort()
        self.loop.call_later(PATIENCE / 4, self.sweep)

    async def serve(self, port: int) -> asyncio.Server:
        """Listen on a loopback port, and answer from now on."""
        self.sweep()
        return await self.loop.create_server(lambda: Client(self), "127.0.0.1", port, backlog=1024)


async def run(path: Path, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    gateway = Gateway(load(path))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gateway.loop.add_signal_handler(number, stop.set)
    gateway.loop.add_signal_handler(signal.SIGHUP, gateway.reload, path)
    server = await gateway.serve(port)
    print(f"gateway http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(description="An API gateway with CORS in it.")
    parser.add_argument("file", type=Path, help="a .toml or .json file with upstreams and routes")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        import uvloop
    except ImportError:
        start = asyncio.run
    else:
        start = uvloop.run
    try:
        start(run(options.file, options.port))
    except ConfigError as error:
        raise SystemExit("\n".join(error.problems)) from None


if __name__ == "__main__":
    main()
