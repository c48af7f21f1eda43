"""The errors that fastcors raises, and its warning. Nothing that a client sends raises any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["BufferTooSmallError", "InsecurePolicyWarning", "NotDeclaredError", "PolicyError", "PolicyIssue"]


class PolicyIssue(NamedTuple):
    """One thing that is wrong with a policy's configuration."""

    code: str
    """What is wrong, as a stable identifier for programs (``"origin-upper-case"``)."""
    field: str
    """The parameter that holds it (``"allow_origins"``)."""
    value: object
    """The value as it was given."""
    message: str
    """What is wrong, as a sentence for people."""
    hint: str | None = None
    """The corrected value, where one can be computed."""

    def __str__(self) -> str:
        hint = "" if self.hint is None else f" (did you mean {self.hint}?)"
        return f"{self.field}: {self.message}{hint} [{self.code}]"


class PolicyError(ValueError):
    """A configuration that cannot become a policy, with everything that is wrong with it.

    ``issues`` is a tuple of :class:`PolicyIssue`, never empty, in the order of the parameters.
    """

    issues: tuple[PolicyIssue, ...]

    def __init__(self, issues: Sequence[PolicyIssue]) -> None:
        self.issues = tuple(issues)
        super().__init__(self.issues)

    def __str__(self) -> str:
        if len(self.issues) == 1:
            return str(self.issues[0])
        return "\n".join([f"{len(self.issues)} issues", *(f"  - {issue}" for issue in self.issues)])


class BufferTooSmallError(ValueError):
    """The buffer given to ``write_into`` cannot hold the headers; nothing was written.

    ``needed`` and ``available`` are in bytes, counted from the offset.
    """

    def __init__(self, needed: int, available: int) -> None:
        self.needed = needed
        self.available = available
        super().__init__(needed, available)

    def __str__(self) -> str:
        return f"the headers need {self.needed} bytes, but the buffer has {self.available} after the offset"


class NotDeclaredError(LookupError):
    """A function of an origin read something of the request that its policy's ``vary`` does not declare.

    ``code`` is ``"not-declared"``, ``name`` what was read, as ``vary`` names it, and ``hint`` a ``vary`` that has it.
    """

    code = "not-declared"

    def __init__(self, name: str, read: str, declared: Sequence[str]) -> None:
        self.name = name
        self.read = read
        self.declared = tuple(declared)
        self.hint = f"vary={[*self.declared, name]!a}"
        super().__init__(name, read, self.declared)

    def __str__(self) -> str:
        return f"the function reads {self.read}, but vary does not list it (did you mean {self.hint}?) [{self.code}]"


class InsecurePolicyWarning(UserWarning):
    """A configuration that a drop-in accepts, as the library that it stands in for does, though it is not safe.

    The message names the parameter and the safe spelling. ``fastcors.Policy`` refuses such a configuration instead.
    """
