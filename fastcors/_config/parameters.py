"""The parameters of a policy: one entry in ``TABLE`` for each, from which everything else that names them is made.

What is made: the checks of ``Policy(...)``, its signature at run time, the help of its attributes, ``from_dict`` and
``to_dict``, the options of the command line, the JSON Schema, and the table in ``docs/policy.md``. A new parameter is
an entry here with its check, and a field of ``Settings``, which the engines read and where its default stands. Its type
is written out in ``readable`` and in ``keywords``; a test holds them equal to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from fastcors._config.checks import (
    MAX_MAX_AGE,
    MAX_NAME,
    MAX_ORIGIN_CACHE_SIZE,
    MAX_ORIGIN_CACHE_TTL,
    MAX_ORIGIN_TIMEOUT,
    check_bool,
    check_disclose,
    check_max_age,
    check_name,
    check_origin_cache_size,
    check_origin_cache_ttl,
    check_origin_func,
    check_origin_timeout,
    check_status,
    unknown_parameter,
)
from fastcors._config.danger import OriginRules
from fastcors._config.names import check_exposed_headers, check_headers, check_methods
from fastcors._config.origins import Sift, check_origins
from fastcors._config.plan import Plan, compiled
from fastcors._config.settings import Settings
from fastcors._config.timing import check_timing
from fastcors._config.vary import check_vary
from fastcors.errors import PolicyError, PolicyIssue

__all__ = ["SHIM_OPTIONS", "TABLE", "Parameter", "check_parameters", "made_of"]

SHIM_OPTIONS = (
    "routes",
    "handle_errors",
    "preflight_continue",
    "on_conflict",
    "tell_application",
    "count_decisions",
    "check_websocket_origin",
)
"""What a shim takes beside a policy, for the advice to somebody who gives it to one."""


class Given(NamedTuple):
    """What a check may look at beside its own value."""

    values: Mapping[str, object]
    """Every parameter as it was given."""
    checked: Mapping[str, Any]
    """The parameters whose check looks at its own value alone, checked."""
    sift: Sift
    """The engine's, which tells the origins that need no closer look."""

    def rules(self) -> OriginRules:
        """What the rest of the policy demands of its origins."""
        return OriginRules(
            credentials=self.checked["allow_credentials"],
            insecure=self.checked["dangerously_allow_insecure_origins"],
            public_suffixes=self.checked["dangerously_allow_public_suffixes"],
            null=self.checked["dangerously_allow_null_origin"],
            reflect=self.checked["dangerously_reflect_any_origin"],
            dynamic=any(self.values[name] is not None for name in ("allow_origin_regex", "allow_origin_func")),
        )


Schema = Mapping[str, Any]
Result = tuple[Any, list[PolicyIssue]]


class Form(NamedTuple):
    """How the command line takes the values of a parameter."""

    kind: Literal["list", "text", "int", "number", "flag", "none"]
    metavar: str = ""


class Parameter(NamedTuple):
    """One parameter of a policy."""

    name: str
    takes: str
    """What may be given, in words."""
    check: Callable[[Parameter, Any, Given], Result]
    """The checked value, and what is wrong; where something is, the default stands in for the value."""
    form: Form
    schema: Schema
    """What JSON may say."""
    help: str
    """What it is for, in one line."""
    looks_around: bool = False
    """Whether the check looks at other parameters, and comes after the checks that do not."""

    @property
    def default(self) -> Any:
        """The value where none is given."""
        return Settings._field_defaults.get(self.name, ())

    @property
    def option(self) -> str:
        """The option of the command line: of a list, one for each element."""
        name = self.name.removesuffix("s") if self.form.kind == "list" else self.name
        return "--" + name.replace("_", "-")


def _flag(parameter: Parameter, value: object, given: Given) -> Result:
    return check_bool(parameter.name, value)


def _status(*classes: int) -> Callable[[Parameter, object, Given], Result]:
    def check(parameter: Parameter, value: object, given: Given) -> Result:
        return check_status(parameter.name, value, classes, parameter.default)

    return check


def _alone(check: Callable[[Any], Result]) -> Callable[[Parameter, object, Given], Result]:
    """The check of a value by itself, whose parameter it knows."""
    return lambda parameter, value, given: check(value)


_SECONDS, _FLAG = Form("number", "SECONDS"), Form("flag")
_BOOL: Schema = {"type": "boolean"}


def _list_of(pattern: str) -> Schema:
    return {"anyOf": [{"const": "*"}, {"type": "array", "items": {"type": "string", "pattern": pattern}}]}


_TOKENS = _list_of(r"^[!#$%&'+.^_`|~0-9A-Za-z-]+$|^\*$")


def _check_regex(value: object, given: Given) -> Result:
    """Check a regular expression. What that takes is imported where there is one."""
    if value is None:
        return None, []
    from fastcors._config.expressions import check_origin_regex

    return check_origin_regex(value, given.rules())


TABLE: tuple[Parameter, ...] = (
    Parameter(
        "allow_origins",
        '"*" or an iterable of patterns',
        lambda parameter, value, given: check_origins(value, given.rules(), given.sift),
        Form("list", "ORIGIN"),
        _list_of(r"^(?:\*|null|[a-z][a-z0-9+.-]{0,63}://[!-~]{0,259})$"),
        "an origin that may read the responses; or a pattern, such as https://*.example.com or http://localhost:*;"
        " or '*' for any",
        looks_around=True,
    ),
    Parameter(
        "allow_origin_regex",
        "str or compiled pattern of str",
        lambda parameter, value, given: _check_regex(value, given),
        Form("text", "REGEX"),
        {"type": ["string", "null"], "minLength": 1},
        r"a regular expression that whole origins must match, such as 'https://pr-[0-9]+\.example\.com'",
        looks_around=True,
    ),
    Parameter(
        "allow_origin_func",
        "a function of an origin, or of it and the request, synchronous or asynchronous",
        _alone(check_origin_func),
        Form("none"),
        {"type": "null"},
        "a function that says whether an origin is allowed that no pattern and no regex covers",
    ),
    Parameter(
        "vary",
        'an iterable of request header names, ":method", ":path" and ":authority"',
        lambda parameter, value, given: check_vary(value, given.values["allow_origin_func"]),
        Form("none"),
        {"type": "array", "maxItems": 0},
        "what the function looks at in a request, beside the origin",
        looks_around=True,
    ),
    Parameter(
        "origin_cache_ttl",
        "int or float of seconds or a timedelta, 0 to 86400",
        _alone(check_origin_cache_ttl),
        _SECONDS,
        {"type": "number", "minimum": 0, "maximum": MAX_ORIGIN_CACHE_TTL},
        "how long an answer of the function is remembered",
    ),
    Parameter(
        "origin_cache_size",
        "int, 1 to 1000000",
        _alone(check_origin_cache_size),
        Form("int", "COUNT"),
        {"type": "integer", "minimum": 1, "maximum": MAX_ORIGIN_CACHE_SIZE},
        "how many allowed origins are remembered, and how many refused ones",
    ),
    Parameter(
        "origin_timeout",
        "int or float of seconds or a timedelta, more than 0, at most 86400",
        lambda parameter, value, given: check_origin_timeout(value, given.values["allow_origin_func"]),
        _SECONDS,
        {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": MAX_ORIGIN_TIMEOUT},
        "how long an asynchronous function may take",
        looks_around=True,
    ),
    Parameter(
        "allow_methods",
        '"*" or an iterable of methods',
        _alone(check_methods),
        Form("list", "METHOD"),
        _TOKENS,
        "a method that pages may use, beside GET, HEAD and POST; or '*' for all",
    ),
    Parameter(
        "allow_headers",
        '"*" or an iterable of request header names in any letter case',
        lambda parameter, value, given: check_headers(value, credentials=given.checked["allow_credentials"]),
        Form("list", "NAME"),
        _TOKENS,
        "a request header that pages may set; or '*' for all",
        looks_around=True,
    ),
    Parameter(
        "expose_headers",
        '"*" or an iterable of response header names in any letter case',
        _alone(check_exposed_headers),
        Form("list", "NAME"),
        _TOKENS,
        "a response header that pages may read; or '*' for all",
    ),
    Parameter(
        "allow_credentials",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "let pages send cookies and other credentials, and read the responses",
    ),
    Parameter(
        "max_age",
        "int of seconds or a timedelta of whole ones, 0 to 86400",
        _alone(check_max_age),
        Form("int", "SECONDS"),
        {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_MAX_AGE},
        "how long a browser may remember the answer to a preflight, 0 to 86400",
    ),
    Parameter(
        "allow_private_network",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "let pages on a public network call this server on a private one",
    ),
    Parameter(
        "timing_allow_origin",
        'bool, "*" or an iterable of origins',
        lambda parameter, value, given: check_timing(value, given.sift),
        _FLAG,
        {"anyOf": [_BOOL, *_list_of(r"^(?:\*|[a-z][a-z0-9+.-]{0,63}://[!-~]{0,259})$")["anyOf"]]},
        "let allowed origins read detailed timings (Timing-Allow-Origin)",
    ),
    Parameter(
        "disclose",
        '"full" or "minimal"',
        _alone(check_disclose),
        Form("text", "{full,minimal}"),
        {"enum": ["full", "minimal"]},
        "what an accepted preflight tells: the configured lists, or only what was requested",
    ),
    Parameter(
        "preflight_status",
        "int, any 2xx",
        _status(2),
        Form("int", "STATUS"),
        {"type": "integer", "minimum": 200, "maximum": 299},
        "the status of an accepted preflight",
    ),
    Parameter(
        "preflight_failure_status",
        "int, any 4xx or 2xx",
        _status(4, 2),
        Form("int", "STATUS"),
        {"type": "integer", "anyOf": [{"minimum": 400, "maximum": 499}, {"minimum": 200, "maximum": 299}]},
        "the status of a refused preflight",
    ),
    Parameter(
        "name",
        "str of 1 to 100 printable characters",
        _alone(check_name),
        Form("text", "NAME"),
        {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_NAME},
        "the name of the policy in logs, and in what the application is told",
    ),
    Parameter(
        "debug",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "answer refused preflights so that the browser's console names the real cause",
    ),
    Parameter(
        "dangerously_allow_insecure_origins",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "allow http: origins together with credentials",
    ),
    Parameter(
        "dangerously_allow_public_suffixes",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "allow *. before a public suffix, such as https://*.co.uk",
    ),
    Parameter(
        "dangerously_allow_null_origin",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "allow the origin 'null', which any page can give itself",
    ),
    Parameter(
        "dangerously_reflect_any_origin",
        "bool",
        _flag,
        _FLAG,
        _BOOL,
        "allow every origin, with credentials too",
    ),
)

_NAMES = tuple(parameter.name for parameter in TABLE)
_ORDER = {name: position for position, name in enumerate(_NAMES)}


def check_parameters(given: Mapping[Any, object], sift: Sift) -> tuple[dict[str, Any], list[PolicyIssue]]:
    """Every parameter, checked, and everything that is wrong with what was given, in the order of the parameters."""
    given = dict(given)
    values = {parameter.name: given.get(parameter.name, parameter.default) for parameter in TABLE}
    checked: dict[str, Any] = {}
    strange = sorted((name for name in given if name not in values), key=lambda name: not isinstance(name, str))
    issues = [_unknown(name, given[name]) for name in strange]
    for parameter in sorted(TABLE, key=lambda parameter: parameter.looks_around):
        value, found = parameter.check(parameter, values[parameter.name], Given(values, checked, sift))
        checked[parameter.name] = parameter.default if found else value
        issues += found
    return checked, sorted(issues, key=lambda issue: _ORDER.get(issue.field, len(_ORDER)))


def made_of(given: Mapping[Any, object], sift: Sift) -> tuple[Plan, list[str], Settings]:
    """What an engine is made of for a policy with these parameters. Raises PolicyError with all that is wrong."""
    checked, issues = check_parameters(given, sift)
    if issues:
        raise PolicyError(issues)
    origins = checked.pop("allow_origins")
    return compiled(Settings(**checked), origins)


def _unknown(name: object, value: object) -> PolicyIssue:
    """The issue of a name that no parameter has; it may be one of a shim's."""
    elsewhere = f"a policy has no such parameter; give {name} to CORS or CORSMiddleware" if name in SHIM_OPTIONS else ""
    return unknown_parameter(name, value, _NAMES, elsewhere)
