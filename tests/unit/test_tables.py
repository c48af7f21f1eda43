"""Long lists and long keys: everything that is listed is found, whatever its length and its neighbours, and nothing
else. The native engine keeps short keys in the slots of its tables and long ones beside them.
"""

from __future__ import annotations

from itertools import product

import pytest

ORIGIN = "https://example.com"
LABEL = "abcdefghij"


def host(n: int) -> str:
    """A host of n bytes."""
    text = ".".join([LABEL] * 25)[-n:]
    return "a" + text[1:-1] + "z"


def origins_of_all_lengths() -> list[str]:
    return [f"https://{host(n)}" for n in range(4, 250)]


def test_origins_of_every_length_are_found(make_engine):
    listed = origins_of_all_lengths()
    engine = make_engine(listed)
    assert engine.origin_count() == len(listed)
    assert engine.origins() == sorted(listed)
    for origin in listed:
        assert engine.is_origin_allowed(origin), origin
        assert not engine.is_origin_allowed(origin[:-1] + "y"), origin
        assert not engine.is_origin_allowed(origin.replace("://a", "://b")), origin


def test_suffixes_of_every_length_are_found(make_engine):
    listed = [f"https://*.{host(n)}{n}" for n in range(4, 246)]  # none is one of another
    engine = make_engine(listed)
    assert engine.origin_count() == len(listed)
    assert engine.origins() == sorted(listed)
    for pattern in listed:
        assert engine.is_origin_allowed(pattern.replace("*", "x")), pattern
        assert not engine.is_origin_allowed(pattern.replace("*.", "")), pattern
        assert not engine.is_origin_allowed(pattern.replace("*", "x")[:-1] + "y"), pattern


@pytest.mark.parametrize("count", [1, 2, 3, 127, 128, 129, 4095, 4096, 4097, 20_000])
def test_all_of_many_are_found(make_engine, count):
    engine = make_engine([f"https://t{number}.example.com" for number in range(count)])
    assert engine.origin_count() == count
    assert all(engine.is_origin_allowed(f"https://t{number}.example.com") for number in range(count))
    assert not any(engine.is_origin_allowed(f"https://t{number}.example.com") for number in range(count, 2 * count))


def test_all_of_many_suffixes_are_found(make_engine):
    count = 5000
    engine = make_engine([f"https://*.t{number}.example" for number in range(count)])
    assert engine.origin_count() == count
    assert all(engine.is_origin_allowed(f"https://a.b.t{number}.example") for number in range(count))
    assert not any(engine.is_origin_allowed(f"https://a.t{number}.example") for number in range(count, 2 * count))


def test_one_suffix_under_several_schemes_and_ports(make_engine):
    listed = [
        "http://*.example.com:8080",
        "https://*.example.com",
        "https://*.example.com:1",
        "https://*.example.com:65535",
        "https://*.example.com:8443",
        "wss://*.example.com:*",
        "wss://*.example.org",
        "https://*.example.org:1",
    ]
    engine = make_engine(listed + listed)
    assert engine.origins() == sorted(listed)
    assert engine.origin_count() == len(listed)
    ports = ["", ":1", ":8080", ":8443", ":65535"]
    allowed = {
        f"{scheme}.{name}{port}"
        for scheme, name, port in product(["http", "https", "ws", "wss"], ["example.com", "example.org"], ports)
        if engine.is_origin_allowed(f"{scheme}://a.{name}{port}")
    }
    assert allowed == {
        "http.example.com:8080",
        *(f"https.example.com{port}" for port in ["", ":1", ":8443", ":65535"]),
        *(f"wss.example.com{port}" for port in ports),
        "wss.example.org",
        "https.example.org:1",
    }


def test_many_ports_of_one_suffix(make_engine):
    ports = range(2, 4000, 2)
    engine = make_engine([f"https://*.example.com:{port}" for port in ports])
    assert engine.origin_count() == len(ports)
    assert all(engine.is_origin_allowed(f"https://a.example.com:{port}") == (port in ports) for port in range(1, 4001))


def test_header_names_of_every_length_are_found_in_any_letter_case(make_engine):
    names = ["x-" + "a" * n for n in range(1, 80)] + ["x-" + "b" * 4000, "x-" + "b" * 4001]
    engine = make_engine([ORIGIN], allow_headers=tuple(names))
    for name in names:
        for given in (name, name.upper(), name[:-1] + name[-1].upper()):
            assert engine.decide("OPTIONS", ORIGIN, "GET", given).allowed, given
        for given in (name[:-1] + "c", "y" + name[1:], name.upper()[:-1] + "C"):
            assert not engine.decide("OPTIONS", ORIGIN, "GET", given).allowed, given


def test_signs_that_differ_as_letters_do_are_not_the_same(make_engine):
    names = tuple("x" + "".join(signs) for signs in product("^~", repeat=9))
    engine = make_engine([ORIGIN], allow_headers=names[::2])
    for name in names:
        for given in (name, name.upper()):
            assert engine.decide("OPTIONS", ORIGIN, "GET", given).allowed == (name in names[::2])


def test_methods_up_to_the_longest(make_engine):
    methods = ["M" * n for n in range(1, 65)]
    engine = make_engine([ORIGIN], allow_methods=tuple(methods[::2]))
    for number, method in enumerate(methods):
        assert engine.decide("OPTIONS", ORIGIN, method).allowed == (number % 2 == 0)
        assert not engine.decide("OPTIONS", ORIGIN, method.lower()).allowed
    assert engine.decide("OPTIONS", ORIGIN, "M" * 65).reason.value == "method-malformed"
