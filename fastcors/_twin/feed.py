"""Feed: what a request is decided by, from a parser that calls back for each header field or for pieces of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastcors._dynamic.declare import MOST_LINES, room_of_fields
from fastcors._twin.engine import Engine
from fastcors._twin.find import Text, is_text, raw

if TYPE_CHECKING:
    from fastcors._twin.decision import Decision

__all__ = ["RequestFeed"]

_NETWORK = b"access-control-request-private-network"


class RequestFeed:
    """Takes the header fields of a request as a parser finds them, and keeps what a decision is made by.

    ``on_header`` takes whole fields (httptools, h11); ``on_header_field`` and ``on_header_value`` take pieces of names
    and values in the order in which they come (llhttp). ``decide`` may be called more than once; ``clear`` makes the
    feed ready for the next request of a connection. One feed serves one connection at a time.

    Its memory is bounded: of what is too long to be allowed, no more is kept than shows that.
    """

    __slots__ = ("_fields", "_kept", "_lines", "_most", "_name", "_network", "_policy", "_room", "_value")
    _policy: Engine
    _fields: dict[bytes, int]
    """What matters: names in lower case, each with the bytes that its lines may have."""
    _room: dict[bytes, int]
    """The bytes that are left of these."""
    _lines: dict[bytes, int]
    """How many lines of each name are kept."""
    _kept: list[tuple[bytes, Text]]
    _network: bool
    """Whether a private network was requested."""
    _name: bytes
    """The pieces of a name so far."""
    _value: bytes | None
    """The pieces of its value; None while there is none."""
    _most: int
    """Bytes of that value which are worth keeping."""

    def __init__(self, policy: Engine, /) -> None:
        if not isinstance(policy, Engine):
            raise TypeError(f"policy must be a fastcors.Policy, not {type(policy).__name__}")
        self._fields = room_of_fields(policy.plan.vary)
        self._policy = policy
        self.clear()

    def on_header(self, name: Text, value: Text, /) -> None:
        """Take a header field, name and value as str or bytes."""
        self._check()
        if self._name or self._value is not None:
            self._end()
        name, value = _piece(name, "name"), _piece(value, "value")
        known = raw(name, self._longest()).lower()
        if known in self._fields:
            self._keep(known, value)

    def on_header_field(self, part: Text, /) -> None:
        """Take the name of a header field or a piece of it, as str or bytes."""
        self._check()
        part = _piece(part, "part")
        if self._value is not None:
            self._end()
        self._name = (self._name + raw(part, self._longest()))[: self._longest() + 1]

    def on_header_value(self, part: Text, /) -> None:
        """Take the value of the field whose name came last or a piece of it, as str or bytes; it may be empty."""
        self._check()
        part = _piece(part, "part")
        if self._value is None:
            room = self._room.get(self._name.lower())
            self._most = 0 if room is None else max(room + 1, 5)
            self._value = b""
        taken = raw(part, self._most)[: self._most]
        self._value += taken
        self._most -= len(taken)

    def decide(self, method: Text, /, *, path: Text | None = None, origin_granted: bool | None = None) -> Decision:
        """Decide on the request, by its method and the fields so far; what comes in pieces has ended.

        ``path`` is the decoded path, where the policy's ``vary`` declares that.
        """
        self._check()
        if self._name or self._value is not None:
            self._end()
        return self._policy.decide_pairs(method, self._kept, origin_granted=origin_granted, path=path)

    def clear(self) -> None:
        """Forget the request."""
        self._room = dict(getattr(self, "_fields", {}))
        self._lines = {}
        self._kept = []
        self._network = False
        self._name = b""
        self._value = None

    def _check(self) -> None:
        if not hasattr(self, "_policy"):
            raise TypeError("this RequestFeed was never made")

    def _longest(self) -> int:
        return max(map(len, self._fields))

    def _keep(self, name: bytes, value: Text) -> None:
        """Keep a field that matters, unless enough of that name is there."""
        lines, room = self._lines.get(name, 0), self._room[name]
        most = max(room + 1, 0)
        taken = raw(value, most)
        if not self._network and name == _NETWORK and raw(value, 4) == b"true":
            self._network = True
        elif lines >= MOST_LINES or (lines > 1 and room < -1):
            return
        elif len(taken) > most:
            value = taken[:most]
        self._room[name] = room - min(len(taken), most) - 1
        self._lines[name] = lines + 1
        self._kept.append((name, value))

    def _end(self) -> None:
        """Keep the field that came in pieces, which is whole now."""
        name = self._name.lower()
        if name in self._fields:
            self._keep(name, self._value or b"")
        self._name = b""
        self._value = None


def _piece(part: Any, what: str) -> Text:
    """Return a name, a value or a piece of one as str or bytes. TypeError for what is no text."""
    if is_text(part):
        return part
    try:
        return bytes(memoryview(part))
    except TypeError:
        raise TypeError(f"{what} must be str or bytes, not {type(part).__name__}") from None
