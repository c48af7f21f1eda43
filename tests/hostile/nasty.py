"""Values that no caller should pass, and types that lie about what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastcors._config.settings import Settings

SETTINGS = Settings(allow_credentials=True, allow_methods=("PUT",), allow_headers=("x-a",), debug=True)
HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\nVary: a,\r\n b\r\naccess-control-allow-origin: *\r\n\r\n"
"""The head of a response."""
ORIGINS = ["https://a.example", "https://*.b.example:*", "http://localhost:*"]


class LyingStr(str):
    """Text whose methods say something else than its data."""

    def __len__(self) -> int:
        return 1 << 60

    def __getitem__(self, item: Any) -> Any:
        raise RuntimeError("item")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("iter")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __str__(self) -> str:
        raise RuntimeError("str")

    def encode(self, *_args: Any) -> Any:  # type: ignore[override]
        return None

    def lower(self) -> Any:
        return None

    def split(self, *_args: Any) -> Any:
        return None

    @property
    def __class__(self) -> Any:
        return int


class LyingBytes(bytes):
    """The same in bytes."""

    def __len__(self) -> int:
        return 1 << 60

    def __getitem__(self, item: Any) -> Any:
        raise RuntimeError("item")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("iter")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __bytes__(self) -> bytes:
        raise RuntimeError("bytes")

    def decode(self, *_args: Any) -> Any:  # type: ignore[override]
        return None

    def lower(self) -> Any:
        return None

    def split(self, *_args: Any) -> Any:
        return None


class LyingList(list[Any]):
    """A list that shows other items than it has."""

    def __len__(self) -> int:
        return 1 << 40

    def __iter__(self) -> Iterator[Any]:
        return iter([None, 1])

    def __getitem__(self, item: Any) -> Any:
        raise RuntimeError("item")


class LyingTuple(tuple[Any, ...]):
    """A tuple that shows other items than it has."""

    __slots__ = ()

    def __len__(self) -> int:
        return 1 << 40

    def __iter__(self) -> Iterator[Any]:
        return iter([None, 1])

    def __getitem__(self, item: Any) -> Any:
        raise RuntimeError("item")


class Explosive:
    """Raises at every touch."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("iter")

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __index__(self) -> int:
        raise RuntimeError("index")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __repr__(self) -> str:
        raise RuntimeError("repr")


class Endless:
    """Says that it is a header list or a pair, and never ends within reason."""

    def __iter__(self) -> Iterator[Any]:
        return iter(range(100_000))


def exploding() -> Iterator[Any]:
    """Yield two pairs, then raise."""
    yield (b"origin", b"https://a.example")
    yield ("origin", "https://a.example")
    raise RuntimeError("generator")


def released() -> memoryview:
    """A memoryview without memory."""
    view = memoryview(bytearray(b"origin"))
    view.release()
    return view


def values() -> list[Any]:
    """Fresh nasty values of every kind."""
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = ()
    for _ in range(5000):
        deep = (deep,)
    return [
        None, True, False, 0, -1, 7, 1 << 31, 1 << 63, -(1 << 63), 1 << 200, 1.5, float("nan"), 1j, ...,
        "", "x", "OPTIONS", "GET", "*", "https://a.example", "https://x.b.example:1", "\ud800", "\udcff", "é", "\x00",
        "a" * 100_000, "\U0001f600" * 1000, b"", b"x", b"OPTIONS", b"https://a.example", b"\xff", b"\x00" * 10,
        b"," * 100_000, bytearray(b"https://a.example"), bytearray(1000), memoryview(b"https://a.example"),
        memoryview(bytearray(64))[::2], released(), object(), object, type, int, len, Settings, SETTINGS,
        [], (), {}, set(), frozenset(), range(3), iter([]), iter([(b"a", b"b")]), exploding(), loop, deep,
        [b"x"], [b"x"] * 2000, ("x",) * 2000, [None], [[]], [loop], [()], [(b"origin",)], [(b"origin", b"x", b"y")],
        [(b"origin", b"https://a.example")], [["origin", "https://a.example"]], [(b"origin", None)], [(None, b"x")],
        [(b"vary", b"x")] * 500, [b"ab"], ["ab"], {"headers": None}, {"type": "http", "headers": exploding()},
        {"type": "http", "method": "OPTIONS", "headers": [(b"origin", b"https://a.example"), (b"x", loop)]},
        {"REQUEST_METHOD": "OPTIONS", "HTTP_ORIGIN": "https://a.example"}, {"HTTP_ORIGIN": 5}, {1: 2},
        LyingStr("https://a.example"), LyingStr("OPTIONS"), LyingBytes(b"https://a.example"), LyingBytes(b"OPTIONS"),
        LyingList([b"x-a"]), LyingTuple((b"x-a",)), LyingList([(b"origin", b"https://a.example")]), LyingTuple("ab"),
        [LyingTuple((b"origin", b"https://a.example"))], [(LyingBytes(b"origin"), LyingBytes(b"https://a.example"))],
        [(LyingStr("origin"), LyingStr("x"))], Explosive(), [Explosive()], [(Explosive(), Explosive())], Endless(),
        [Endless()], RuntimeError("x"), RuntimeError, NotImplemented, Ellipsis, property(), staticmethod(len),
    ]  # fmt: skip
