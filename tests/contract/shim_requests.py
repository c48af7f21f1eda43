"""Requests to the shims."""

from __future__ import annotations

from tests.contract import policies
from tests.support.exchange import Req

LOCAL = policies.LOCAL.encode()


ALLOWED = Req(b"GET", (LOCAL,))
