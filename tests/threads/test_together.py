"""What the tests of threads stand on: it ends, and an exception of any thread is seen."""

from __future__ import annotations

import pytest

from tests.threads.together import THREADS, together, while_changing


def test_an_exception_of_one_thread_is_raised() -> None:
    def work(number: int) -> None:
        if number == THREADS - 1:
            raise LookupError

    with pytest.raises(LookupError):
        together(work)


@pytest.mark.parametrize("changers", [1, 2])
def test_a_change_that_raises_ends_all_threads(changers: int) -> None:
    def change(step: int) -> None:
        if step == 5:
            raise LookupError

    with pytest.raises(LookupError):
        while_changing(change, lambda: None, 10, changers)


@pytest.mark.parametrize("changers", [1, 2])
def test_every_thread_that_changes_makes_all_its_changes(changers: int) -> None:
    made: list[int] = []
    while_changing(made.append, lambda: None, 10, changers)
    assert sorted(made) == sorted([*range(10)] * changers)
