"""What decide() and is_origin_allowed() take: types, subclasses and their raw data."""

from __future__ import annotations

import pytest

from fastcors.decision import Reason

ORIGIN = b"https://example.com"


@pytest.fixture
def preflight(make_engine):
    """Decide on a preflight from an allowed origin."""

    def decide(method="GET", headers=None, *, private_network=None, **settings):
        engine = make_engine([ORIGIN.decode()], **settings)
        return engine.decide("OPTIONS", ORIGIN, method, headers, request_private_network=private_network)

    return decide


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((None, None), "method"),
        ((1, 1, 1, 1), "method"),
        ((bytearray(b"GET"), None), "method"),
        (("GET", 1, 1, 1), "origin"),
        (("GET", memoryview(b"null")), "origin"),
        (("GET", None, 1, 1), "request_method"),
        (("GET", None, None, 1), "request_headers"),
        (("GET", None, None, {"a"}), "request_headers"),
        (("GET", None, None, iter(["a"])), "request_headers"),
        (("GET", None, None, ["a", None]), "request_headers"),
        (("GET", None, None, (b"a", 1)), "request_headers"),
    ],
)
def test_an_argument_of_a_wrong_type_raises_type_error_naming_the_first(make_engine, arguments, name):
    with pytest.raises(TypeError, match=rf"\b{name}\b"):
        make_engine(["*"]).decide(*arguments)


def test_a_private_network_value_of_a_wrong_type_raises_type_error(make_engine):
    with pytest.raises(TypeError, match="request_private_network"):
        make_engine(["*"]).decide("GET", None, request_private_network=True)
    with pytest.raises(TypeError, match="origin"):
        make_engine(["*"]).is_origin_allowed(1)


def test_lines_beyond_the_limit_are_not_looked_at(preflight, engine):
    assert engine.MAX_LINES == 145
    assert preflight("GET", ["a"] * 145 + [None], allow_headers=("*",)).reason is Reason.HEADERS_TOO_LARGE
    with pytest.raises(TypeError):
        preflight("GET", ["a"] * 144 + [None], allow_headers=("*",))


class LyingBytes(bytes):
    """Bytes whose every override says something else than the data."""

    __slots__ = ()

    def __bytes__(self):
        return b"https://evil.example"

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return b"x"

    def __iter__(self):
        return iter(b"x")

    def lower(self):
        return b"x"

    def decode(self, *_):
        return "x"


class LyingText(str):
    """The same for str."""

    __slots__ = ()

    def __str__(self):
        return "https://evil.example"

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return "x"

    def __iter__(self):
        return iter("x")

    def encode(self, *_):
        return b"x"

    def isascii(self):
        return True


@pytest.mark.parametrize("lying", [lambda text: LyingBytes(text.encode()), LyingText], ids=["bytes", "str"])
def test_the_raw_data_of_subclasses_counts(make_engine, lying):
    engine = make_engine([ORIGIN.decode()], allow_methods=("PUT",), allow_headers=("x-a",), disclose="minimal")
    decision = engine.decide(
        lying("OPTIONS"), lying(ORIGIN.decode()), lying("PUT"), [lying("x-a")], request_private_network=lying("no")
    )
    assert decision.headers_str[:-1] == [
        ("Access-Control-Allow-Origin", ORIGIN.decode()),
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-a"),
    ]
    assert all(type(name) is bytes and type(value) is bytes for name, value in decision.headers)
    assert engine.decide("GET", lying("https://other.example")).detail == "https://other.example"
    assert not engine.is_origin_allowed(lying("https://other.example"))
