"""Which origins an expression lets in that it does not name.

An expression *names* a host where it spells the registrable domain: the public suffix and the label before it
(https://publicsuffix.org/list/), so that nobody else can have a host that matches. Before that anything may stand, as
it all belongs to the same owner. The search goes over every serialised origin (Fetch, section 3.2) that the automaton
of the expression accepts, from its last character to its first, because that is how domains are owned.

It is sound: an origin is missed only where the automaton does not accept it. What the search takes for an origin
though it is none (a label of more than 63 bytes, an address that no browser writes) is a false alarm, which the
caller notices, as such a text does not parse.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from fastcors._config.automaton import WORD, Automaton, Positions, TooLargeError
from fastcors._config.hosts import is_private, is_public_suffix, labels_before

__all__ = ["insecure_origins", "unnamed_origins"]

MAX_STATES = 20_000

_NONE: Positions = frozenset()
_DIGITS = "1234567890"
_HEXADECIMAL = "123456789abcdef0"
_FIRST_NUMBERS = ("10", "127", "169", "172", "192")
_SECOND_NUMBERS = ("168", "254", *map(str, range(16, 32)))
"""The numbers with which local and private addresses begin."""
_OTHER = "~"
"""In place of a text of which nothing more needs to be known."""


class _State(NamedTuple):
    """Where the search is: what has been read, as far as it matters for what comes."""

    phase: str
    """``port``; in the host: ``last`` label, ``name`` (suffix or registrable label), ``free`` (what stands before the
    registrable domain), ``suffix`` (a label of a deeper public suffix there), ``ipv4``, ``ipv6``; ``scheme``."""
    reached: Positions
    """The positions where the automaton may be."""
    named: Positions
    """Those of `reached` that the automaton reaches while it spells what has to be named."""
    right: str
    """The last character that was read, or another one of its kind: a letter for letters and digits."""
    text: str = ""
    """The part of the current label that has been read; in ``suffix`` the part that is still to be read."""
    host: str = ""
    """The labels after the current one."""


def unnamed_origins(automaton: Automaton, last_label_only: bool, with_http: bool) -> Iterator[str]:
    """Origins that the expression lets in and does not name, the shortest first; not all where there is no end.

    ``last_label_only``: to spell the last label is enough. ``with_http``: ``http:`` origins count too. Local hosts
    and private addresses (RFC 1918, RFC 3927) never count, as nobody elsewhere can have them. Raises TooLargeError.
    """
    for text, scheme, named in _Search(automaton, True, last_label_only).origins():
        if not named and (with_http or scheme != "http"):
            yield text


def insecure_origins(automaton: Automaton) -> Iterator[str]:
    """``http:`` origins that the expression lets in and that are not local. Raises TooLargeError."""
    if automaton.can_begin("http://"):
        for text, scheme, _ in _Search(automaton, False, False).origins():
            if scheme == "http":
                yield text


class _Search:
    """A walk, shortest texts first, over the states that an automaton and the grammar of origins have together."""

    def __init__(self, automaton: Automaton, naming: bool, last_label_only: bool) -> None:
        self._automaton = automaton
        self._naming = naming
        self._last_label_only = last_label_only
        self._classes = [char for char in automaton.classes() if char in WORD]
        self._parents: dict[_State, tuple[_State, str] | None] = {}

    def origins(self) -> Iterator[tuple[str, str, bool]]:
        """What is accepted, its scheme (``http`` or anything else), and whether it is named."""
        end = self._automaton.end
        starts = [_State("port", end, _NONE, ""), self._host(end, "")]
        self._parents.update(dict.fromkeys(starts))
        queue = deque(starts)
        while queue:
            state = queue.popleft()
            if state.phase == "scheme" and state.right == "a" and self._automaton.accepts(state.reached, "a"):
                yield self._read(state), state.text, self._automaton.accepts(state.named, "a")
            for read, found in getattr(self, f"_{state.phase}")(state):
                if found.reached and found not in self._parents and not (self._naming and self._is_fine(found)):
                    if len(self._parents) >= MAX_STATES:
                        raise TooLargeError
                    self._parents[found] = state, read
                    queue.append(found)

    @staticmethod
    def _is_fine(state: _State) -> bool:
        """Whether all that can still be accepted is named."""
        return state.phase in ("free", "scheme") and state.named == state.reached

    def _read(self, state: _State) -> str:
        text = ""
        parent = self._parents[state]
        while parent is not None:
            state, read = parent
            text += read
            parent = self._parents[state]
        return text

    def _host(self, reached: Positions, right: str) -> _State:
        return _State("last", reached, reached if self._naming else _NONE, right)

    def _step(self, state: _State, char: str, spelling: bool) -> _State:
        """Read a character, and change nothing else."""
        step = self._automaton.step
        return state._replace(
            reached=step(state.reached, state.right, char),
            named=step(state.named, state.right, char, spelling) if state.named else _NONE,
            right="a" if char in WORD else char,
        )

    # One method for each phase: what may be read, and where that leads

    def _port(self, state: _State) -> Iterator[tuple[str, _State]]:
        for char in _DIGITS:
            yield char, self._step(state, char, False)
        if state.right:
            yield ":", self._host(self._step(state, ":", False).reached, ":")

    def _last(self, state: _State) -> Iterator[tuple[str, _State]]:
        if state.right == "a" and state.text.strip(_DIGITS) == "":
            if len(state.text) <= 3:
                yield ".", self._step(state, ".", True)._replace(phase="ipv4", text="", host="0")
        elif state.right == "a" and state.text != "localhost":
            yield from self._behind_label(state, state.text)
        for char in self._classes if state.text == _OTHER else WORD:
            found = self._step(state, char, True)
            text = char + state.text
            yield char, found._replace(text=text if found.named else _last_text(text))
        if not state.text:
            yield "]", self._step(state, "]", True)._replace(phase="ipv6")
        elif state.right in "a-":
            yield "-", self._with_hyphen(state)

    def _with_hyphen(self, state: _State) -> _State:
        found = self._step(state, "-", True)
        return found._replace(text="-" + state.text if found.named else _OTHER)

    def _name(self, state: _State) -> Iterator[tuple[str, _State]]:
        if state.right == "a":
            yield from self._behind_label(state, f"{state.text}.{state.host}")
        for char in [*self._classes, *("-" if state.right in "a-" else "")]:
            found = self._step(state, char, True)
            if found.named:
                yield char, found._replace(text=char + state.text)
            else:
                yield char, self._unnamed(found)

    def _suffix(self, state: _State) -> Iterator[tuple[str, _State]]:
        if state.text:
            char = state.text[-1]
            yield char, self._step(state, char, True)._replace(text=state.text[:-1])
        else:
            yield from self._behind_label(state, state.host)

    def _behind_label(self, state: _State, host: str) -> Iterator[tuple[str, _State]]:
        """What may be read before a label, where ``host`` is all that has been read of the host."""
        whole = self._naming and not self._last_label_only
        if whole and is_public_suffix(host):
            found = self._step(state, ".", True)._replace(phase="name", text="", host=host)
            yield ".", found if found.named else self._unnamed(found)
            yield from self._behind_host(state)
            return
        if state.phase != "suffix":
            yield ".", self._step(state, ".", False)._replace(phase="free", text="", host="")
            yield from self._behind_host(state)
        if whole and (state.named or state.phase == "suffix"):
            for label in labels_before(host):
                found = self._step(state, ".", True)
                yield ".", found._replace(phase="suffix", text=label, host=f"{label}.{host}")

    @staticmethod
    def _unnamed(state: _State) -> _State:
        return state._replace(phase="free", named=_NONE, text="", host="")

    def _free(self, state: _State) -> Iterator[tuple[str, _State]]:
        for char in self._classes:
            yield char, self._step(state, char, False)
        if state.right in "a-":
            yield "-", self._step(state, "-", False)
        if state.right == "a":
            yield ".", self._step(state, ".", False)
            yield from self._behind_host(state)

    def _ipv4(self, state: _State) -> Iterator[tuple[str, _State]]:
        numbers = state.host.count(".") + 1
        for char in _DIGITS if len(state.text) < 3 else "":
            text = char + state.text
            yield char, self._step(state, char, True)._replace(text=_number_text(text, numbers))
        if not state.text:
            return
        if numbers < 3:
            number = "16" if re.fullmatch("1[6-9]|2[0-9]|3[01]", state.text) else state.text
            yield ".", self._step(state, ".", True)._replace(text="", host=f"{number}.{state.host}")
        elif state.text != "127" and not (self._naming and is_private(f"{state.text}.{state.host}")):
            yield from self._behind_host(state)

    def _ipv6(self, state: _State) -> Iterator[tuple[str, _State]]:
        """The groups that were read stand in ``host``, each as a letter, ``::`` as a colon; RFC 5952."""
        read, group = state.host, state.text
        groups = len(read) - read.count(":") + bool(group)
        if len(group) < 4 and (groups < 8 or group):
            for char in _HEXADECIMAL if state.right != ":" or read else "":
                text = "1" if char == "1" and not group else "f" * (len(group) + 1)
                yield char, self._step(state, char, True)._replace(text=text)
        if group:
            mark = "1" if group == "1" and read in ("", ":") else "g"
            yield ":", self._step(state, ":", True)._replace(text="", host=mark + read)
        elif state.right == "]" or (state.right == ":" and ":" not in read):
            found = self._step(state, ":", True)
            yield ":", found if state.right == "]" else found._replace(host=":" + read)
        whole = groups == 8 if ":" not in read else groups <= 6 and (group or read[0] == ":")
        if whole and read != ":1":
            for text, found in self._behind_host(self._step(state, "[", True)):
                yield f"{text}[", found

    def _behind_host(self, state: _State) -> Iterator[tuple[str, _State]]:
        for char in "//:":
            state = self._step(state, char, False)
        yield "://", state._replace(phase="scheme", text="", host="")

    def _scheme(self, state: _State) -> Iterator[tuple[str, _State]]:
        for char in dict.fromkeys(["h", "t", "p", "s", *self._classes]):
            text = char + state.text
            yield char, self._step(state, char, False)._replace(text=text if "http".endswith(text) else _OTHER)
        for char in "+-.":
            yield char, self._step(state, char, False)._replace(text=_OTHER)


def _number_text(text: str, behind: int) -> str:
    """What needs to be known of a number of an address: of the first two, whether they can be private or local."""
    known = {2: _SECOND_NUMBERS, 3: _FIRST_NUMBERS}.get(behind, ())
    return text if any(number.endswith(text) for number in known) else "0" * len(text)


def _last_text(text: str) -> str:
    """What needs to be known of the last label that is not spelled: whether it is a number, or ``localhost``."""
    if text.strip(_DIGITS) == "":
        return "0" * min(len(text), 4)
    return text if "localhost".endswith(text) else _OTHER
