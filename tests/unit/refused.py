"""What ``Policy`` finds wrong with parameters."""

from __future__ import annotations

from typing import Any

from fastcors import Policy, PolicyError, PolicyIssue

NULL = {"dangerously_allow_null_origin": True}


def issues_of(**parameters: Any) -> tuple[PolicyIssue, ...]:
    """The issues of a bad configuration; none of a good one."""
    try:
        Policy(**parameters)
    except PolicyError as error:
        return error.issues
    return ()


def is_good(origins: Any, **parameters: Any) -> bool:
    return not issues_of(allow_origins=origins, **parameters)
