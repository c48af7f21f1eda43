"""What a type checker must accept of the drop-in for falcon: ``mypy --strict`` passes, and nothing is ignored."""

from __future__ import annotations

import falcon
import falcon.asgi

from fastcors import Decision
from fastcors.compat.falcon import CORSMiddleware

middleware = CORSMiddleware(["https://app.example.com"], expose_headers="X-Total", allow_credentials="*")
app = falcon.App(middleware=[middleware])
asynchronous = falcon.asgi.App(middleware=[CORSMiddleware(allow_origins="https://app.example.com")])


def why(req: falcon.Request, resp: falcon.Response) -> str:
    """Say what was decided."""
    decision: Decision = middleware.decide(req, resp.get_header("Allow"))
    return decision.explain()
