"""Response: a whole HTTP/1.1 response to a preflight."""

from __future__ import annotations

from fastcors._http1 import response_end, response_start


def response(status: int, block: bytes, body: bytes) -> bytes:
    """Return the response: status line, the policy's block, what describes the body, an empty line, the body."""
    return response_start(status) + block + response_end(status, body)
