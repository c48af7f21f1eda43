"""The same work in several threads at once."""

from __future__ import annotations

import sysconfig
import threading
from collections.abc import Callable

THREADS = 8
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
"""Whether threads run side by side (PEP 703)."""
WATCHED = "--with-thread-sanitizer" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
"""Whether ThreadSanitizer watches: it is slow, and sees a race also where the threads did not meet."""


def rounds(number: int) -> int:
    """Return how often to do something: ten times as often where threads run side by side and nobody watches."""
    return number * 10 if FREE_THREADED and not WATCHED else number


def together(work: Callable[[int], None], seconds: float = 120) -> None:
    """Run the work in all threads at once, each for so long; the first exception of any of them is raised here."""
    if WATCHED:
        seconds *= 20
    start = threading.Barrier(THREADS)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            start.wait(seconds)
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def while_changing(change: Callable[[int], None], use: Callable[[], None], steps: int, changers: int = 1) -> None:
    """Change something in a thread or some, so many times in each, while the other threads use it.

    Those that are done with their changes use it too. A change that raises ends them all.
    """
    changing = set(range(changers))

    def work(number: int) -> None:
        try:
            for step in range(steps if number < changers else 0):
                change(step)
        except BaseException:
            changing.clear()
            raise
        changing.discard(number)
        while changing:
            use()

    together(work)
