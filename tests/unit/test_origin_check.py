"""``OriginCheck``: what is asked, what is remembered and for how long, and what errors do."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from fastcors import Policy, PolicyError
from fastcors._twin import engine as _twin
from fastcors.policy import Configured
from tests.unit.asking import A, Asked, B, check, yes

# What is asked


NEVER_ASKED = [
    "null", "", "https://A.example", "https://a.example/", "https://a_b.example", "https://a.example.",
    "https://-a.example", "https://a.example:443", "https://a.example,https://b.example", "a" * 400, None, 5,
    "https://a.example\n", "https://\xe9.example", "file://", b"\xff", b"null",
]  # fmt: skip


@pytest.mark.parametrize("origin", NEVER_ASKED, ids=repr)
def test_only_strict_origins_are_asked_about(origin: Any) -> None:
    func = Asked(answer=True)
    made, _ = check(func, allow_origin_regex=".*")
    assert made.allows(origin) is False
    made, _ = check(func)
    assert made.allows(origin) is False
    assert asyncio.run(made.ask(origin)) is False
    assert func.origins == []


def test_bytes_and_subclasses_become_plain_strings() -> None:
    class Text(str):
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return True

    func = Asked(A)
    made, _ = check(func, origin_cache_ttl=0)
    assert made.allows(A.encode())
    assert made.allows(Text(A))
    assert not made.allows(Text(B))
    assert func.origins == [A, A, B]


def test_the_regex_comes_first_and_either_allows() -> None:
    func = Asked(B)
    made, _ = check(func, allow_origin_regex=r"https://a\..*")
    assert made.allows(A)
    assert func.origins == []
    assert made.allows(B)
    assert not made.allows("https://c.example")
    assert func.origins == [B, "https://c.example"]


@pytest.mark.parametrize(
    ("origin", "asked"),
    [
        ("http://a.example", False),
        ("http://a.example:8080", False),
        ("http://10.0.0.1", False),
        ("http://[::2]:8080", False),
        ("http://localhost.example", False),
        ("http://localhost:3000", True),
        ("http://app.localhost", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("https://a.example", True),
        ("ws://a.example", True),
    ],
)
def test_with_credentials_no_http_origin_is_asked_about_unless_it_is_local(origin: str, asked: bool) -> None:
    careful: dict[str, Any] = {"allow_credentials": True}
    func = Asked(answer=True)
    made, _ = check(func, **careful)
    assert made.allows(origin) is asked
    assert func.origins == ([origin] if asked else [])
    made, _ = check(allow_origin_regex=".*", **careful)
    assert made.allows(origin) is asked
    for settings in ({}, {**careful, "dangerously_allow_insecure_origins": True}):
        assert check(Asked(answer=True), **settings)[0].allows(origin)


# What is remembered


def test_an_answer_is_kept_for_its_time() -> None:
    func = Asked(A)
    made, clock = check(func, origin_cache_ttl=10)
    for _ in range(3):
        assert made.allows(A) is True
        assert made.allows(B) is False
    assert func.origins == [A, B]
    clock.now += 9.9
    assert made.cached(A) is True
    assert made.cached(B) is False
    clock.now += 0.1
    assert made.cached(A) is None
    func.allowed = (B,)
    assert made.allows(A) is False
    assert made.allows(B) is True
    assert made.cached(A) is False
    assert made.cached(B) is True
    assert func.origins == [A, B, A, B]


def test_no_time_to_live_keeps_nothing() -> None:
    func = Asked(A)
    made, _ = check(func, origin_cache_ttl=0)
    for _ in range(3):
        assert made.allows(A)
    assert func.origins == [A] * 3
    assert not made.memory.questions(True)
    assert not made.memory.questions(False)


def test_what_a_regex_says_is_kept_for_ever() -> None:
    made, clock = check(allow_origin_regex=r"https://a\..*", origin_cache_ttl=0)
    assert made.allows(A)
    assert not made.allows(B)
    clock.now += 1e9
    assert made.memory.get(A) is True
    assert made.memory.get(B) is False


def test_a_flood_of_refused_origins_evicts_no_allowed_one() -> None:
    func = Asked(A, B)
    made, _ = check(func, origin_cache_size=4)
    assert made.allows(A)
    assert made.allows(B)
    for number in range(100):
        assert not made.allows(f"https://evil{number}.example")
    assert len(func.origins) == 102
    assert made.cached(A) is True
    assert made.cached(B) is True
    assert made.memory.questions(False) == [f"https://evil{number}.example" for number in range(96, 100)]


def test_the_least_recently_used_answer_goes_first() -> None:
    made, _ = check(Asked(answer=True), origin_cache_size=3)
    for number in range(3):
        made.allows(f"https://{number}a.example")
    assert made.allows("https://0a.example")
    made.allows("https://3a.example")
    assert made.memory.questions(True) == ["https://2a.example", "https://0a.example", "https://3a.example"]


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("regex", [None, "https://.*[02468]"])
def test_the_cache_is_bounded(size: int, regex: str | None) -> None:
    func = None if regex else lambda origin: origin[-1] in "02468"
    made, _ = check(func, allow_origin_regex=regex, origin_cache_size=size)
    for number in range(50):
        assert made.allows(f"https://a.x{number}") is (number % 2 == 0)
        assert len(made.memory.questions(True)) <= size
        assert len(made.memory.questions(False)) <= size
    assert not made.flights


# Errors


class StrangeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "wrong",
    [ValueError("no"), RecursionError(), StrangeError(), StopIteration(), StopAsyncIteration()],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_means_no_and_is_forgotten_soon(wrong: Exception, logged: Callable[[], list[str]]) -> None:
    func = Asked(answer=wrong)
    made, clock = check(func)
    assert made.allows(A) is False
    assert made.allows(A) is False
    assert func.origins == [A]
    (message,) = logged()
    assert type(wrong).__name__ in message
    assert "asking.py, line" in message
    clock.now += 1
    func.answer = True
    assert made.allows(A) is True
    assert len(logged()) == 1


def test_each_class_of_errors_is_logged_once(logged: Callable[[], list[str]]) -> None:
    func = Asked()
    made, _ = check(func, origin_cache_ttl=0)
    for error in [ValueError("1"), ValueError("2"), KeyError("3"), ValueError("4"), KeyError("5"), OSError("6")]:
        func.answer = error
        assert not made.allows(A)
    assert [message.split(" raised ")[1].split(" (")[0] for message in logged()] == [
        "builtins.ValueError: 1",
        "builtins.KeyError: '3'",
        "builtins.OSError: 6",
    ]


def test_what_is_logged_is_escaped_and_bounded(logged: Callable[[], list[str]]) -> None:
    kind = type("Evil\n\x1b[2J\u2028", (Exception,), {})
    made, _ = check(Asked(answer=kind("\r\n\x1b]0;\u202e" + "x" * 5000)))
    assert not made.allows(A)
    (message,) = logged()
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 1200


def test_endless_kinds_of_errors_are_not_logged_for_ever(logged: Callable[[], list[str]]) -> None:
    func = Asked()
    made, _ = check(func, origin_cache_ttl=0)
    for number in range(300):
        func.answer = type(f"Error{number}", (Exception,), {})()
        made.allows(A)
    assert len(logged()) == 100


@pytest.mark.parametrize("result", [None, 1, 0, "", "True", [], object(), Ellipsis])
def test_only_true_and_false_are_answers(result: Any, logged: Callable[[], list[str]]) -> None:
    made, clock = check(lambda origin: result)
    assert made.allows(A) is False
    (message,) = logged()
    assert "neither True nor False" in message
    clock.now += 0.9
    assert made.cached(A) is False
    clock.now += 0.1  # as after an error
    assert made.cached(A) is None


def test_a_coroutine_from_a_function_that_is_not_asynchronous_is_closed(logged: Callable[[], list[str]]) -> None:
    made: list[Any] = []

    async def answer() -> bool:
        return True

    def func(origin: str) -> Any:
        made.append(answer())
        return made[0]

    one, _ = check(func)
    assert not one.is_async
    assert one.allows(A) is False
    assert inspect.getcoroutinestate(made[0]) == "CORO_CLOSED"
    assert "async def" in logged()[0]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_no_error_passes_through_and_nothing_is_kept(kind: type[BaseException]) -> None:
    func = Asked(answer=kind())
    made, _ = check(func)
    with pytest.raises(kind):
        made.allows(A)
    assert made.cached(A) is None
    assert not made.flights
    func.answer = True
    assert made.allows(A)


class _Callable:
    async def __call__(self, origin: str) -> bool:
        return True

    async def method(self, origin: str) -> bool:
        return True

    def plain(self, origin: str) -> bool:
        return True


@pytest.mark.parametrize(
    ("func", "is_async"),
    [
        (yes, True),
        (_Callable(), True),
        (_Callable().method, True),
        (functools.partial(yes), True),
        (_Callable().plain, False),
        (functools.partial(_Callable().plain), False),
        (lambda origin: True, False),
        (Asked(), False),
        (bool, False),
        (_Callable, False),
    ],
)
def test_asynchronous_functions_are_known_as_such(func: Any, is_async: bool) -> None:
    made, _ = check(func)
    assert made.is_async is is_async
    if is_async:
        assert asyncio.run(made.ask(A)) is True
        with pytest.raises(TypeError, match="asynchronous"):
            made.allows(B)


# The policy


def module_function(origin: str) -> bool:
    return origin == A


class TwinPolicy(Configured, _twin.Engine):
    """A policy over the pure-Python engine, with a name that pickle finds."""

    __slots__ = ()


@pytest.mark.parametrize("kind", [Policy, TwinPolicy])
def test_a_policy_with_a_function_goes_through_its_dictionary_and_pickle(kind: type[Any]) -> None:
    policy = kind(allow_origin_func=module_function, origin_cache_ttl=5, allow_origin_regex="https://x")
    assert policy.origins() == []
    for again in (kind.from_dict(policy.to_dict()), pickle.loads(pickle.dumps(policy))):
        assert again == policy
        assert hash(again) == hash(policy)
        assert again.origin_check is not policy.origin_check
        assert again.is_origin_allowed(A)
        assert not again.is_origin_allowed(B)
    assert policy != kind(allow_origin_func=lambda origin: True, origin_cache_ttl=5, allow_origin_regex="https://x")
    assert "module_function" in repr(policy)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(kind(allow_origin_func=lambda origin: True))


def test_a_function_without_a_hash_will_do(policy_class: type[Any]) -> None:
    class Odd:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return self is other

        def __call__(self, origin: str) -> bool:
            return True

    odd = Odd()
    policy = policy_class(allow_origin_func=odd)
    assert hash(policy) == hash(policy_class(allow_origin_func=odd))
    assert policy.is_origin_allowed(A)


def test_reflecting_asks_nobody_and_goes_through_its_dictionary(policy_class: type[Any]) -> None:
    func = Asked()
    policy = policy_class(allow_origin_func=func, dangerously_reflect_any_origin=True)
    assert policy.is_origin_allowed(A)
    assert func.origins == []
    assert policy_class.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize("value", [5, "fastcors", [], object()])
def test_the_function_must_be_one(value: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(allow_origin_func=value)
    assert [issue.code for issue in caught.value.issues] == ["wrong-type"]


def test_a_policy_without_either_has_no_check(policy_class: type[Any]) -> None:
    assert policy_class(allow_origins=[A]).origin_check is None
    with pytest.raises(AttributeError):
        policy_class(allow_origins=[A]).origin_check = None
