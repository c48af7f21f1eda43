"""An API with a session cookie, for a page on another origin: ``python examples/fastapi/main.py``."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import APIKeyCookie
from page import Page

from fastcors.starlette import CORS

session = APIKeyCookie(name="session", auto_error=False)


def signed_in(key: Annotated[str | None, Depends(session)]) -> None:
    """Let in who has the cookie. A preflight has none, and never comes here: fastcors answers it before."""
    if key != "a-real-one-is-random":
        raise HTTPException(401, "sign in first")


def create_app(page: str) -> FastAPI:
    """Return the API, which pages of this origin may use with their visitor's cookies."""
    app = FastAPI()
    CORS(
        app,
        allow_origins=[page],
        allow_credentials=True,
        allow_methods=["PUT"],
        allow_headers=["Content-Type"],
        expose_headers=["X-Version"],
        max_age=600,
    )

    @app.post("/session")
    def sign_in(response: Response) -> dict[str, str]:
        response.set_cookie("session", "a-real-one-is-random", httponly=True, samesite="lax")
        return {"signed in": "yes"}

    @app.get("/notes/{number}", dependencies=[Depends(signed_in)])
    def read(number: int, response: Response) -> dict[str, int]:
        response.headers["X-Version"] = "7"
        return {"note": number}

    @app.put("/notes/{number}", dependencies=[Depends(signed_in)])
    def write(number: int, note: dict[str, str]) -> dict[str, str]:
        return {"written": note["text"]}

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a fault of the application")

    return app


def main() -> None:
    """Serve the page on PAGE_PORT and the API on API_PORT."""
    page = Page(int(os.environ.get("PAGE_PORT", "8000")))
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("API_PORT", "8001"))))
    page.show(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(create_app(page.origin), log_level="warning"))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
