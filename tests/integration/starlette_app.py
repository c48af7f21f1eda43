"""A FastAPI application with CORS, for the servers' own commands."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import fastcors.starlette

app = FastAPI()
fastcors.starlette.CORS(app, allow_origins=["https://app.example.com"], allow_methods=["PUT"])


@app.get("/hello")
def hello() -> str:
    """Answer."""
    return "hello"


@app.get("/fail")
def fail() -> None:
    """Raise."""
    raise RuntimeError("the application is broken")


@app.exception_handler(Exception)
async def answer(request: Request, error: Exception) -> JSONResponse:
    """Answer for an exception."""
    return JSONResponse({"error": type(error).__name__}, 500)
