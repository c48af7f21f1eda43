"""The objects themselves: a decision's forms, what it keeps, and that neither it nor an engine changes."""

from __future__ import annotations

import copy
import pickle

import pytest
from multidict import CIMultiDict

from fastcors._config.plan import Plan

ORIGIN = b"https://example.com"
VARY = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")


@pytest.fixture
def preflight(make_engine):
    """Decide on a preflight from an allowed origin."""

    def decide(method="GET", headers=None, *, private_network=None, **settings):
        engine = make_engine([ORIGIN.decode()], **settings)
        return engine.decide("OPTIONS", ORIGIN, method, headers, request_private_network=private_network)

    return decide


def test_a_decision_keeps_what_it_was_made_from(make_engine):
    engine = make_engine([ORIGIN.decode()])
    origin, method = "https://other.example", b"PUT"
    decision = engine.decide("OPTIONS", origin, method)
    assert decision.origin is origin
    assert decision.request_method is method
    assert decision.policy is engine


def test_an_allowed_origin_is_written_as_the_callers_own_bytes(make_engine):
    for engine in (make_engine([ORIGIN.decode()]), make_engine(["https://*.com"])):
        origin = bytes(bytearray(b"https://example.com"))
        assert engine.decide("GET", origin).headers[0][1] is origin
        assert engine.decide("GET", origin).merge_asgi([])[0][1] is origin


def test_every_form_has_the_same_content(preflight):
    decision = preflight("PUT", "x-a", allow_methods=("PUT",), allow_headers=("x-a",), max_age=5)
    assert decision.headers_str == [
        ("Access-Control-Allow-Origin", "https://example.com"),
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-a"),
        ("Access-Control-Max-Age", "5"),
        ("Vary", VARY[1].decode()),
    ]
    assert decision.headers == [(name.lower().encode(), value.encode()) for name, value in decision.headers_str]
    assert decision.block == b"".join(f"{name}: {value}\r\n".encode() for name, value in decision.headers_str)
    for form in (decision.headers, decision.headers_str):
        assert {type(pair) for pair in form} == {tuple}


def test_a_list_that_a_decision_gave_out_can_be_changed_without_effect(make_engine):
    engine = make_engine([ORIGIN.decode()])
    decision = engine.decide("GET", ORIGIN)
    before = decision.headers
    decision.headers.clear()
    decision.headers_str.append(("x", "y"))
    assert decision.headers == before == engine.decide("GET", ORIGIN).headers


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        (("GET", "https://other.example"), "https://other.example"),
        (("GET", "null"), "null"),
        (("GET", b"\xe9\r\n'\"\\"), "\\xe9\\r\\n'\"\\\\"),
        (("GET", "a\u1234"), "a\\u1234"),
        (("GET", "a,b"), "a,b"),
        (("GET", "x" * 2**20), "x" * 253 + "..."),
        (("GET", "\0" * 300), "\\x00" * 63 + "..."),
        (("GET", "x" * 256), "x" * 256),
        (("GET", "x" * 257), "x" * 253 + "..."),
        (("GET", ORIGIN), ""),
        (("GET", None), ""),
        (("OPTIONS", ORIGIN, "p ut"), "p ut"),
        (("OPTIONS", ORIGIN, "PUT"), "PUT"),
        (("OPTIONS", ORIGIN, "GET", "x-a, X-Z\t,x-b"), "X-Z"),
        (("OPTIONS", ORIGIN, "GET", b"x-a,\xff"), "\\xff"),
        (("OPTIONS", ORIGIN, "GET", "x-a,\u1234"), "\\xff"),  # no byte of a header stands for it
        (("OPTIONS", ORIGIN, "GET", ["x-a", "\u1234" * 9000]), "\\xff"),
        (("OPTIONS", ORIGIN, "GET", ("x-a", "\ud800")), "\\xff"),
        (("OPTIONS", ORIGIN, "GET", "a" * 300), "a" * 253 + "..."),
        (("OPTIONS", ORIGIN, "GET", "x-a,    "), ""),
    ],
    ids=lambda value: "" if isinstance(value, str) else ascii(value)[:50],
)
def test_the_detail_is_what_was_refused_escaped_and_short(make_engine, request_, detail):
    decision = make_engine([ORIGIN.decode()], allow_headers=("x-a",)).decide(*request_)
    assert decision.detail == detail
    assert len(decision.detail) <= 256


def test_the_detail_of_a_private_network_refusal_is_empty(preflight):
    assert preflight(private_network="true").detail == ""


def test_equal_decisions_are_equal_and_have_equal_hashes(make_engine):
    engine, other = make_engine([ORIGIN.decode()]), make_engine([ORIGIN.decode()], max_age=1)
    assert engine.decide("GET", ORIGIN) == other.decide("POST", ORIGIN.decode())
    assert hash(engine.decide("GET", ORIGIN)) == hash(other.decide("POST", ORIGIN.decode()))
    assert engine.decide("GET", "null") != engine.decide("GET", "")
    assert engine.decide("GET", ORIGIN) != engine.decide("OPTIONS", ORIGIN, "GET")
    assert engine.decide("GET", ORIGIN) != "ok"


def test_a_decision_shows_itself(preflight):
    assert repr(preflight("PUT")) == (
        "Decision(kind='preflight', allowed=False, reason='method-not-allowed', status=403)"
    )


def test_a_decision_cannot_be_changed_pickled_or_subclassed(engine, preflight):
    decision = preflight()
    for name in ("kind", "headers", "reason", "other"):
        with pytest.raises(AttributeError):
            setattr(decision, name, None)
        with pytest.raises(AttributeError):
            delattr(decision, name)
    with pytest.raises(TypeError, match="a Decision cannot be pickled"):
        pickle.dumps(decision)
    with pytest.raises(TypeError):
        type("Mine", (engine.Decision,), {})


NAMES = ["kind", "allowed", "reason", "status", "headers", "headers_str", "block", "response", "body"]
NAMES += ["origin", "request_method", "requested", "detail", "policy"]


def test_a_copy_of_a_decision_is_the_decision(preflight):
    decision = preflight()
    assert copy.copy(decision) is copy.deepcopy(decision) is decision


def test_a_decision_that_no_policy_made_raises_type_error_for_everything(engine):
    empty = engine.Decision.__new__(engine.Decision)
    uses = [lambda name=name: getattr(empty, name) for name in NAMES]
    uses += [empty.explain, lambda: empty.merge_asgi([]), lambda: empty.merge_wsgi([])]
    uses += [lambda: empty.merge_multidict(CIMultiDict()), lambda: empty.merge_head(b"")]
    uses += [lambda: repr(empty), lambda: hash(empty), lambda: empty == empty]
    for use in uses:
        with pytest.raises(TypeError, match="not made by a policy"):
            use()


# The engine


def test_an_engine_cannot_be_changed(make_engine):
    engine = make_engine(["*"])
    for name in ("settings", "origins", "other"):
        with pytest.raises(AttributeError):
            setattr(engine, name, None)


def test_a_subclass_of_the_engine_is_the_policy_of_its_decisions(engine):
    class Policy(engine.Engine):
        __slots__ = ()

        def __new__(cls, *origins):
            return super().__new__(cls, Plan(), origins)

    policy = Policy("https://example.com")
    assert isinstance(policy, Policy)
    assert policy.decide("GET", ORIGIN).policy is policy
    assert policy.plan == Plan()


@pytest.mark.parametrize("origins", [[1], [b"https://example.com"], [None], None, 1])
def test_origins_of_a_wrong_type_raise_type_error(engine, origins):
    with pytest.raises(TypeError):
        engine.Engine(Plan(), origins)


def test_a_plan_of_a_wrong_type_raises_type_error(engine):
    with pytest.raises(TypeError, match="Plan"):
        engine.Engine({}, ["*"])
