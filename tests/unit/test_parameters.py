"""The table of parameters, and that all that is made from it, or written out beside it, says the same."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastcors.asgi
import fastcors.flask.config
import fastcors.wsgi
from fastcors import Policy, PolicyError
from fastcors._config.keywords import PolicyParameters
from fastcors._config.parameters import SHIM_OPTIONS, TABLE, Parameter
from fastcors._config.readable import PARAMETERS, to_json
from fastcors._config.schema import policy_schema
from fastcors._config.settings import Settings
from fastcors._shims.attach import ASGIArguments
from fastcors.cli import main
from fastcors.cli.options import add_policy_options, policy_from

TOP = Path(__file__).resolve().parents[2]
ORIGIN = "https://a.example"
each_parameter = pytest.mark.parametrize("parameter", TABLE, ids=lambda parameter: parameter.name)


# What is written out


def test_the_settings_are_the_parameters_but_for_the_origins() -> None:
    assert ("allow_origins", *Settings._fields) == PARAMETERS


def test_the_options_of_the_shims_are_those_of_their_signatures() -> None:
    for shim, options in [
        (fastcors.asgi.CORSMiddleware, SHIM_OPTIONS),
        (fastcors.wsgi.CORSMiddleware, fastcors.wsgi.CORSMiddleware._options),
        (fastcors.flask.CORS, ("routes", "methods", *fastcors.flask.config.OPTIONS)),
    ]:
        keywords = [
            name for name, found in inspect.signature(shim).parameters.items() if found.kind is found.KEYWORD_ONLY
        ]
        assert tuple(keywords) == options
    assert {"routes", *ASGIArguments.__annotations__} == {*SHIM_OPTIONS, *PARAMETERS}


def test_the_types_for_checkers_name_the_parameters_in_order() -> None:
    assert tuple(parameter.name for parameter in TABLE) == PARAMETERS
    assert tuple(PolicyParameters.__annotations__) == PARAMETERS
    assert PolicyParameters.__required_keys__ == frozenset()


@each_parameter
def test_the_default_is_of_the_type_that_checkers_see(parameter: Parameter) -> None:
    hint = typing.get_type_hints(PolicyParameters)[parameter.name]
    allowed = typing.get_args(hint) or (hint,)
    if parameter.default is None:
        assert type(None) in allowed
    elif parameter.default == ():
        assert typing.get_origin(hint) is Iterable
    elif typing.get_origin(hint) is typing.Literal:
        assert parameter.default in allowed
    else:
        assert type(parameter.default) in {*allowed, *([int] if float in allowed else [])}


def test_the_signature_has_every_parameter_with_its_default_and_type() -> None:
    found = inspect.signature(Policy).parameters
    assert tuple(found) == PARAMETERS
    for parameter in TABLE:
        shown = found[parameter.name]
        assert (shown.kind, shown.default) == (inspect.Parameter.KEYWORD_ONLY, parameter.default)
        assert shown.annotation == PolicyParameters.__annotations__[parameter.name].__forward_arg__


def test_a_subclass_with_a_way_of_its_own_to_be_made_has_its_own_signature() -> None:
    class Tenant(Policy):
        def __new__(cls, name: str) -> Tenant:
            return super().__new__(cls, allow_origins=[f"https://{name}.example"])

    assert list(inspect.signature(Tenant).parameters) == ["name"]
    assert Tenant("a").allow_origins == ("https://a.example",)


@each_parameter
def test_the_docstring_describes_every_parameter_as_the_table_does(parameter: Parameter) -> None:
    heads = re.findall(r"^``(\w+)`` \((.*)\)$", inspect.getdoc(Policy) or "", re.MULTILINE)
    assert [name for name, _ in heads] == list(PARAMETERS)
    default = "none" if parameter.default == () else repr(parameter.default).replace("'", '"')
    end = "must be given" if parameter.name == "allow_origins" else f"default {default}"
    assert dict(heads)[parameter.name].replace("``", "") == f"{parameter.takes}; {end}"


@each_parameter
def test_an_attribute_says_what_it_is_for(parameter: Parameter) -> None:
    assert getattr(Policy, parameter.name).__doc__ == parameter.help


# The checks


@each_parameter
def test_what_is_wrong_with_a_parameter_is_said_of_that_parameter(parameter: Parameter) -> None:
    class Nonsense:
        """Of no type that a parameter takes."""

    with pytest.raises(PolicyError) as caught:
        Policy(**{"allow_origins": [ORIGIN], parameter.name: Nonsense()})
    assert {issue.field for issue in caught.value.issues} == {parameter.name}


@each_parameter
def test_the_default_is_what_holds_where_nothing_is_given(policy_class: type[Any], parameter: Parameter) -> None:
    policy = policy_class(allow_origins=[ORIGIN])
    if parameter.name != "allow_origins":
        assert getattr(policy.settings, parameter.name) == parameter.default
        given_again = policy_class(**{"allow_origins": [ORIGIN], parameter.name: parameter.default})
        assert given_again == policy
        assert parameter.name not in repr(given_again)


# JSON Schema

SCHEMA = policy_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def wrong_by_schema(value: Any) -> list[str]:
    """The places in a value that the schema does not let pass."""
    return [".".join(map(str, error.absolute_path)) or error.validator for error in VALIDATOR.iter_errors(value)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == list(PARAMETERS)
    assert {name: entry["default"] for name, entry in SCHEMA["properties"].items()} == {
        parameter.name: to_json(parameter.default) for parameter in TABLE
    }


@each_parameter
def test_the_default_and_the_form_of_a_policy_pass_the_schema(parameter: Parameter) -> None:
    entry = jsonschema.Draft202012Validator(SCHEMA["properties"][parameter.name])
    assert entry.is_valid(to_json(parameter.default))
    assert entry.is_valid(Policy(allow_origins=[ORIGIN]).to_dict()[parameter.name])


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({}, "anyOf"),
        ({"allow_origins": ORIGIN}, "allow_origins"),
        ({"allow_origins": ["example.com"]}, "allow_origins"),
        ({"allow_origins": [5]}, "allow_origins"),
        ({"allow_origins": "*", "allow_methods": "PUT"}, "allow_methods"),
        ({"allow_origins": "*", "allow_methods": ["GET, PUT"]}, "allow_methods"),
        ({"allow_origins": "*", "allow_headers": ["X-*"]}, "allow_headers"),
        ({"allow_origins": "*", "expose_headers": [""]}, "expose_headers"),
        ({"allow_origins": "*", "allow_credentials": "true"}, "allow_credentials"),
        ({"allow_origins": "*", "max_age": "600"}, "max_age"),
        ({"allow_origins": "*", "max_age": 86_401}, "max_age"),
        ({"allow_origins": "*", "max_age": True}, "max_age"),
        ({"allow_origins": "*", "disclose": "some"}, "disclose"),
        ({"allow_origins": "*", "preflight_status": 302}, "preflight_status"),
        ({"allow_origins": "*", "preflight_failure_status": 302}, "preflight_failure_status"),
        ({"allow_origins": "*", "origin_cache_ttl": -1}, "origin_cache_ttl"),
        ({"allow_origins": "*", "origin_cache_size": 0}, "origin_cache_size"),
        ({"allow_origins": "*", "origin_timeout": 0}, "origin_timeout"),
        ({"allow_origin_regex": ""}, "allow_origin_regex"),
        ({"allow_origins": "*", "allow_origin_func": "module:function"}, "allow_origin_func"),
        ({"allow_origins": "*", "vary": [":authority"]}, "vary"),
        ({"allow_origins": "*", "name": ""}, "name"),
        ({"allow_origins": "*", "maxAge": 5}, "additionalProperties"),
        ({"dangerously_reflect_any_origin": False}, "anyOf"),
        ([], "type"),
    ],
)
def test_what_the_schema_refuses_policy_refuses_too(wrong: Any, place: str) -> None:
    assert wrong_by_schema(wrong) == [place]
    with pytest.raises(PolicyError):
        Policy.from_dict(wrong)


_names = st.lists(st.sampled_from(["PUT", "X-A", "*", "GET", "Authorization", "a b", "!#$%&'+-.^_`|~0"]), max_size=3)
_origins = st.lists(
    st.sampled_from(["*", "null", ORIGIN, "https://*.a.example:*", "app://.", "file://", "http://[::1]:*", "nonsense"]),
    max_size=3,
)
_values: dict[str, st.SearchStrategy[Any]] = {
    "allow_origins": st.one_of(st.just("*"), _origins),
    "allow_origin_regex": st.sampled_from([None, "https://a", "", "("]),
    "allow_origin_func": st.none(),
    "vary": st.sampled_from([[], [":authority"], "*"]),
    "name": st.one_of(st.none(), st.sampled_from(["", "partners", "a\n", "n" * 101, "\u00fc"])),
    "origin_cache_ttl": st.one_of(st.integers(-1, 86_401), st.floats()),
    "origin_cache_size": st.integers(-1, 1_000_001),
    "origin_timeout": st.one_of(st.none(), st.integers(-1, 86_401), st.floats()),
    **dict.fromkeys(["allow_methods", "allow_headers", "expose_headers"], st.one_of(st.just("*"), _names)),
    "max_age": st.one_of(st.none(), st.integers(-1, 86_401)),
    "disclose": st.sampled_from(["full", "minimal", "some"]),
    **dict.fromkeys(["preflight_status", "preflight_failure_status"], st.integers(190, 510)),
}
_junk = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))
_mappings = st.fixed_dictionaries(
    {}, optional={name: st.one_of(_values.get(name, st.booleans()), _junk) for name in PARAMETERS}
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first mapping takes long on a busy machine
@given(st.one_of(_mappings, _mappings.map(lambda mapping: {"allow_origins": [ORIGIN], **mapping})))
def test_what_policy_takes_passes_the_schema(mapping: dict[str, Any]) -> None:
    try:
        policy = Policy.from_dict(mapping)
    except PolicyError:
        return
    assert wrong_by_schema(mapping) == []
    assert wrong_by_schema(json.loads(json.dumps(policy.to_dict()))) == []


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


# The command line


def options() -> Iterator[argparse.Action]:
    parser = argparse.ArgumentParser()
    add_policy_options(parser)
    for action in parser._actions:
        if action.dest in PARAMETERS:
            yield action


def test_every_parameter_that_is_not_about_a_function_is_an_option_in_order() -> None:
    without = ("allow_origin_func", "vary")
    assert [action.dest for action in options()] == [name for name in PARAMETERS if name not in without]


def test_an_option_is_spelled_as_the_parameter_and_a_list_also_in_the_singular() -> None:
    for action in options():
        spelled = "--" + action.dest.replace("_", "-")
        assert action.option_strings in ([spelled], [spelled.removesuffix("s"), spelled])


@pytest.mark.parametrize(
    ("argv", "parameters"),
    [
        ([], {}),
        (["--allow-methods", "PUT", "--allow-method", "PATCH"], {"allow_methods": ["PUT", "PATCH"]}),
        (["--allow-headers", "*"], {"allow_headers": "*"}),
        (["--origin-cache-ttl", "0.5", "--origin-cache-size", "7"], {"origin_cache_ttl": 0.5, "origin_cache_size": 7}),
        (["--origin-cache-ttl", "30", "--origin-timeout", "2"], {"origin_cache_ttl": 30, "origin_timeout": 2}),
        (["--max-age", "5", "--preflight-status", "200"], {"max_age": 5, "preflight_status": 200}),
        (["--allow-credentials", "--debug"], {"allow_credentials": True, "debug": True}),
        (["--disclose", "minimal", "--name", "partners"], {"disclose": "minimal", "name": "partners"}),
    ],
)
def test_the_options_make_the_policy_of_the_parameters(argv: list[str], parameters: dict[str, Any]) -> None:
    parser = argparse.ArgumentParser()
    add_policy_options(parser)
    policy = policy_from(parser.parse_args(["--allow-origin", ORIGIN, *argv]))
    assert policy == Policy(allow_origins=[ORIGIN], **parameters)


# The documents


@pytest.mark.parametrize("parameter", TABLE[1:], ids=lambda parameter: parameter.name)  # allow_origins must be given
def test_the_section_of_a_parameter_says_its_default(parameter: Parameter) -> None:
    text = re.split(r"^## ", (TOP / "docs" / "policy.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    sections = dict(re.findall(r"^((?:### `\w+`\n+)+)((?:(?!^### ).*\n)*)", text, re.MULTILINE))
    (section,) = [body for heads, body in sections.items() if f"`{parameter.name}`" in heads]
    found = re.search(r"`([^`]+)` \(default\)|\b[Dd]efault:? (\w+)", section)
    assert found is not None
    assert (found[1] or found[2]) == ("none" if parameter.default == () else repr(parameter.default).replace("'", '"'))
