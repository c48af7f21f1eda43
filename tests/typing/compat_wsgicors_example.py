"""What a type checker must accept of the drop-in for wsgicors: ``mypy --strict`` passes, and nothing is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from fastcors.compat.wsgicors import CORS, make_middleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

app = Flask(__name__)
one = CORS(app, origin="https://app.example.com", methods="PUT", maxage="60")
outer: WSGIApplication = one
several: WSGIApplication = make_middleware(app.wsgi_app, {"policy": "a, deny"}, a_origin="*")
name, origin = one.selectPolicy("https://app.example.com", "GET")
text: str = name
allowed: str | None = origin
globs: list[str] = one.policies["direct"].match
