"""The hosts of routes: ``api.example.com``, ``*.example.com``, ``192.0.2.1``, ``[2001:db8::1]``.

They are those of origin patterns, without a port: ``Host`` has the port that the client connected to, which a proxy in
front may have changed. A final dot is taken off a request's host, so that none is written here.
"""

from __future__ import annotations

from fastcors._config.diagnosis import repair
from fastcors._config.patterns import parse

__all__ = ["is_host", "meant_host"]


def is_host(host: str) -> bool:
    """Whether the host of a route can be that of a request."""
    pattern = parse(f"https://{host}")
    return pattern is not None and not pattern.port and not pattern.host.endswith(".")


def meant_host(host: str) -> str | None:
    """Return the host that was probably meant, or None where that is not clear."""
    mended = repair(f"https://{host}")
    pattern = None if mended is None else parse(mended)
    if pattern is None:
        return None
    return f"{'*.' if pattern.subdomains else ''}{pattern.host.removesuffix('.')}"
