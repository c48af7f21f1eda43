"""Origins that a function or an expression allows: what the tests share."""

from __future__ import annotations

YES, NO = b"https://pr-7.example.com", b"https://evil.example"


class Asked:
    """A function that allows what the regex would, and notes what it is asked."""

    def __init__(self) -> None:
        self.origins: list[str] = []

    def __call__(self, origin: str) -> bool:
        self.origins.append(origin)
        return origin.startswith("https://pr-")
