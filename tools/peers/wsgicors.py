"""Stands in the place of wsgicors while its suite runs."""

from fastcors.compat.wsgicors import CORS, make_middleware

__all__ = ["CORS", "make_middleware"]
