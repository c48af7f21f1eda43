"""The JSON Schema of a policy, made from the table of parameters.

It says what JSON can say of each parameter by itself: types, ranges, the form of a name. What depends on the rest of
the policy, or on what a browser sends, is for ``Policy.from_dict`` to refuse. JSON Schema is
https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from typing import Any

from fastcors._config.parameters import TABLE
from fastcors._config.readable import to_json

__all__ = ["policy_schema"]

_OPT_INS = ("dangerously_allow_null_origin", "dangerously_reflect_any_origin")
"""What lets an origin in though none is listed."""


def policy_schema() -> dict[str, Any]:
    """The schema of the mappings that ``Policy.from_dict`` takes, as far as they are JSON."""
    properties = {
        parameter.name: {"description": parameter.help, **parameter.schema, "default": to_json(parameter.default)}
        for parameter in TABLE
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of fastcors",
        "description": "Who may read the responses of a service from a script on another site.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [
            *({"required": [name]} for name in ("allow_origins", "allow_origin_regex")),
            *({"required": [name], "properties": {name: {"const": True}}} for name in _OPT_INS),
        ],
    }
