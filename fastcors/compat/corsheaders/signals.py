"""The signal by which a project allows a request that its settings do not."""

from __future__ import annotations

from django.dispatch import Signal

__all__ = ["check_request_enabled"]

check_request_enabled = Signal()
"""Sent with ``request=…`` about a path that ``CORS_URLS_REGEX`` does not match, and about a well-formed origin that no
setting allows. One true result of a receiver allows it."""
