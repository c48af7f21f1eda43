"""The rows of the table in docs/deployment.md: the ways in which an application is deployed."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.deployment import apache

WSGI = "tests.deployment.app:wsgi"
ASGI = "tests.deployment.app:asgi"
BOOTED = "Booting worker"
STARTED = "Application startup complete"


@dataclass(frozen=True)
class Row:
    """A way to deploy, as the table has it."""

    name: str
    """What people call it."""
    shown: str
    """The command or the setting, as people write it."""
    packages: tuple[str, ...] = ()
    """The distributions that it takes."""
    engine: str = "cython"
    """What ``fastcors.backend`` is there."""
    note: str = ""
    """What is to be known about it, in Markdown."""


@dataclass(frozen=True)
class Way(Row):
    """A way to deploy on a server."""

    arguments: tuple[str, ...] = ()
    """The command, as tests/integration/commands.py takes it."""
    ready: str = ""
    """What the command says as often as it has workers."""
    workers: int = 1
    path: str = ""
    """The path at which the application is."""
    first: str | None = None
    """The path of another one in the process, which is asked first."""
    lacks: Callable[[], str | None] = lambda: None
    """Returns what of it is missing on this machine, or None."""
    prepare: Callable[[Path, int], None] | None = None
    """Writes what the command reads into a folder, for a server on this port. The command has the folder's path as
    ``{folder}``."""


def _gunicorn(name: str, *options: str, note: str = "", packages: tuple[str, ...] = (), workers: int = 1) -> Way:
    arguments = ("gunicorn", "--bind", "fd://{fd}", *options, WSGI)
    shown = f"`gunicorn {' '.join([*options, 'main:app'])}`"
    return Way(name, shown, ("gunicorn", *packages), "cython", note, arguments, BOOTED, workers)


UWSGI = str(Path(sysconfig.get_path("scripts")) / "uwsgi")


def _uwsgi(name: str, *options: str, note: str = "") -> Way:
    arguments = (UWSGI, "--virtualenv", sys.prefix, "--http-socket", "127.0.0.1:{port}", "--need-app", *options)
    return Way(
        name,
        f"`uwsgi --module main:app {' '.join(options)}`",
        ("uwsgi",),
        "cython",
        note,
        (*arguments, "--module", WSGI),
        "spawned uWSGI worker",
        2,
    )


def _apache(name: str, shown: str, engine: str, note: str, path: str = "", first: str | None = None) -> Way:
    program = shutil.which("apache2") or "/usr/sbin/apache2"
    arguments = (program, "-d", "{folder}", "-f", "{folder}/apache2.conf", "-DFOREGROUND")
    ready = "resuming normal operations"
    return Way(name, shown, (), engine, note, arguments, ready, 1, path, first, apache.lacks, apache.prepare)


WAYS = [
    _gunicorn("gunicorn, several workers", "--workers", "3", workers=3),
    _gunicorn(
        "gunicorn, fork after import",
        "--preload",
        "--workers",
        "3",
        workers=3,
        note="The policy is compiled once, before the workers are forked. They share its memory; each remembers "
        "the results of a function or an expression for itself.",
    ),
    _gunicorn("gunicorn, threads", "--threads", "4"),
    _gunicorn(
        "gunicorn, gevent",
        "--worker-class",
        "gevent",
        packages=("gevent",),
        note="`allow_origin_func` may wait as gevent does it: other requests run in the meantime.",
    ),
    Way(
        "uvicorn, several workers",
        "`uvicorn --workers 2 main:app`",
        ("uvicorn",),
        arguments=("uvicorn", "--fd", "{fd}", "--workers", "2", ASGI),
        ready=STARTED,
        workers=2,
    ),
    Way(
        "hypercorn, several workers",
        "`hypercorn --workers 2 main:app`",
        ("hypercorn",),
        arguments=("hypercorn", "--bind", "fd://{fd}", "--workers", "2", ASGI),
        ready="Running on",
        workers=2,
    ),
    Way(
        "granian, several workers",
        "`granian --workers 2 --interface asgi main:app`",
        ("granian",),
        arguments=("granian", "--host", "127.0.0.1", "--port", "{port}", "--workers", "2", "--interface", "asgi", ASGI),
        ready="Started worker-",
        workers=2,
    ),
    Way(
        "waitress",
        "`waitress-serve main:app`",
        ("waitress",),
        arguments=("waitress", "--listen", "127.0.0.1:{port}", WSGI),
        ready="Serving on",
    ),
    Way(
        "cheroot",
        "`cheroot main:app`",
        ("cheroot",),
        arguments=("cheroot", "--bind", "127.0.0.1:{port}", WSGI),
        ready="",
        note="It keeps the last of several `Origin` lines. No browser sends more than one.",
    ),
    _uwsgi("uWSGI, fork after import", "--master", "--processes", "2"),
    _uwsgi(
        "uWSGI, threads",
        "--lazy-apps",
        "--master",
        "--processes",
        "2",
        "--threads",
        "2",
        note="`--threads` or `--enable-threads` is needed where an `allow_origin_func` uses threads.",
    ),
    _apache(
        "mod_wsgi",
        "`WSGIDaemonProcess`, `WSGIApplicationGroup %{GLOBAL}`",
        "cython",
        "One `WSGIDaemonProcess` for each application is best: see the next line.",
    ),
    _apache(
        "mod_wsgi, a second application group",
        "`WSGIScriptAlias … application-group=second`",
        "python",
        "It is a second interpreter in the process, into which no extension of Cython can be loaded: the twin answers, "
        "and the error log has a `RuntimeWarning`. Give it a `WSGIDaemonProcess` of its own.",
        path="/second",
        first="",
    ),
]

RELOADED = Row(
    "`--reload`",
    "`uvicorn --reload`, `gunicorn --reload`, Flask's `app.run(debug=True)`",
    ("uvicorn", "gunicorn", "flask"),
    note="A changed policy holds from the next request on. With one that is wrong, uvicorn says so and waits for the "
    "next change.",
)
LAMBDA = Row(
    "AWS Lambda, Mangum",
    "`handler = Mangum(app)`",
    ("mangum",),
    note="Turn the CORS settings of API Gateway and of function URLs off: they answer preflights themselves, and "
    "their headers would stand beside the policy's.",
)
INTERPRETERS = Row(
    "sub-interpreters",
    "`concurrent.interpreters`, `_interpreters`",
    engine="python",
    note="The first interpreter of a process that imports fastcors has the native engine. In the others the twin "
    "answers, after a `RuntimeWarning`.",
)
ROWS = [*WAYS, RELOADED, LAMBDA, INTERPRETERS]
