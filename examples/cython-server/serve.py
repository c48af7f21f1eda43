"""A server whose core is in Cython: says how many decisions it makes in a second, and serves with four threads."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import core

from fastcors import Policy

HEAD = (
    b"GET /items HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)\r\n"
    b"Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"Origin: https://app.example.com\r\nConnection: keep-alive\r\nSec-Fetch-Mode: cors\r\n\r\n"
)


@contextmanager
def serving(policy: Policy, threads: int = 4, port: int = 0) -> Iterator[int]:
    """Serve on a loopback port, with so many threads; yields the port."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
        listener.setblocking(False)
        stop, stopper = os.pipe()
        arguments = (policy, listener.fileno(), stop)
        running = [threading.Thread(target=core.serve, args=arguments) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            os.close(stopper)  # which each thread sees
            for thread in running:
                thread.join()
            os.close(stop)


def decisions_per_second(policy: Policy, threads: int, times: int = 500_000) -> float:
    """Measure how many heads are parsed, decided on and answered in a second, by so many threads together."""
    running = [threading.Thread(target=core.decide_often, args=(policy, HEAD, times)) for _ in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return threads * times / (time.perf_counter() - start)


def main() -> None:
    """Measure, then serve until Ctrl+C."""
    policy = Policy(allow_origins=["https://*.example.com"], allow_methods=["PUT"], allow_headers=["X-Token"])
    for threads in (1, 2, 4):
        print(f"{threads} threads: {decisions_per_second(policy, threads):,.0f} decisions per second")
    print(f"on {os.cpu_count()} processors")
    with serving(policy, port=int(sys.argv[1]) if sys.argv[1:] else 0) as port:
        print(f"serving on http://127.0.0.1:{port}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
