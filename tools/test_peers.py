"""Runs the public test-suites of other CORS libraries over the drop-ins of ``fastcors.compat``.

Each suite is that of one published source archive, which pip gets from the configured package index and which must
have the recorded hash. Only the archive's tests are unpacked, so that the library itself cannot be imported from it.
They run unchanged in an environment of their own, ``.venv-peers``, with ``tools/peers`` first on the path; what lies
there exchanges the import. Ends with status 1 where a suite's counts are not the recorded ones.

    python tools/test_peers.py [name of a suite]... [-- arguments for pytest]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

TOP = Path(__file__).resolve().parent.parent
EXCHANGE = TOP / "tools" / "peers"
WORK = TOP / "build" / "peers"
VENV = TOP / ".venv-peers"
PYTHON = VENV / ("Scripts" if os.name == "nt" else "bin") / "python"


class Counts(NamedTuple):
    passed: int
    skipped: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.skipped} skipped, {self.failed} failed"


class Suite(NamedTuple):
    """One suite: where it comes from, how it runs, and what it must give."""

    name: str
    version: str
    sha256: str
    """The checksum of the source archive."""
    needs: tuple[str, ...]
    """What the tests import, as requirements; all suites share one environment."""
    unpack: str
    """The folder of the archive that holds the tests, or the file."""
    arguments: tuple[str, ...]
    """For pytest, seen from the folder that ``unpack`` is put into."""
    expected: Counts
    options: str = ""
    """Lines for the suite's ``pytest.ini``, below ``[pytest]``."""
    differs: tuple[str, ...] = ()
    """The tests that are left out, as docs/compat.md says that the drop-in differs, or the version does."""


SUITES = (
    Suite(
        name="flask-cors",
        version="6.0.5",
        sha256="30c5031552cd59f620ac0c8211dac45b345d3b2df310e7721879e4f46ef9c601",
        needs=("flask>=2.3", "packaging"),
        unpack="tests",
        arguments=("tests",),
        # The one that is skipped is for Flask before 1.1, and the suite skips it over flask-cors too.
        expected=Counts(passed=98, skipped=1),
    ),
    Suite(
        name="starlette",
        version="1.10.0",
        sha256="b8399098d4c1e3522734f7235dc79b1fc967f96cf139c81e0fa30479e0685f9b",
        needs=("starlette==1.10.0", "httpx2", "trio"),
        unpack="tests",
        arguments=("-p", "exchange_starlette", "tests/middleware/test_cors.py"),
        expected=Counts(passed=36),
        # Some of its configurations are not safe, and say so.
        options="filterwarnings =\n    error\n    ignore::fastcors.InsecurePolicyWarning",
    ),
    Suite(
        name="django-cors-headers",
        # The last one whose archive has the tests; the drop-in is for 4.9.
        version="3.7.0",
        sha256="96069c4aaacace786a34ee7894ff680780ec2644e4268b31181044410fecd12e",
        needs=("django>=5.2,<6", "pytest-django"),
        unpack="tests",
        arguments=("tests",),
        expected=Counts(passed=68),
        options="DJANGO_SETTINGS_MODULE = tests.settings\n"
        "filterwarnings =\n    error\n    ignore::fastcors.InsecurePolicyWarning",
        differs=(
            # 4.9 writes "origin" into Vary, where 3.7 had "Origin".
            "tests/test_middleware.py::CorsMiddlewareTests::test_allow_all_origins_get",
            "tests/test_middleware.py::CorsMiddlewareTests::test_allow_all_origins_options",
            "tests/test_middleware.py::CorsMiddlewareTests::test_get_origin_vary_by_default",
            # 4.0 took CORS_REPLACE_HTTPS_REFERER and its middleware out.
            "tests/test_checks.py::ChecksTests::test_cors_replace_https_referer_failure",
            "tests/test_middleware.py::RefererReplacementCorsMiddlewareTests::test_get_replaces_referer_when_secure",
            "tests/test_middleware.py::RefererReplacementCorsMiddlewareTests::"
            "test_get_post_middleware_rereplaces_referer_when_secure",
            # An OPTIONS request that is no preflight is a request like any other.
            "tests/test_middleware.py::CorsMiddlewareTests::test_options",
            "tests/test_middleware.py::CorsMiddlewareTests::test_options_allowed_origin",
            "tests/test_middleware.py::CorsMiddlewareTests::test_options_empty_request_method",
            "tests/test_middleware.py::CorsMiddlewareTests::test_options_no_max_age",
        ),
    ),
    Suite(
        name="falcon",
        version="4.4.0",
        sha256="9f3ffbddc8baed4573295642eddb18a37eea37baba9f20c5be379c8b3d3d79e6",
        needs=("falcon==4.4.0",),
        unpack="tests",
        arguments=("-p", "exchange_falcon", "tests/test_cors_middleware.py"),
        expected=Counts(passed=49),
        options="filterwarnings =\n    error\n    ignore::fastcors.InsecurePolicyWarning",
    ),
    Suite(
        name="wsgicors",
        version="0.7.0",
        sha256="ccab43d60f02971d548f24209939818bb85fddf9367d4668e0db787b071f3d99",
        needs=("webob",),
        unpack="test-wsgicors.py",
        # Its tests yield calls, each of which is one here.
        arguments=("-p", "yielded_tests", "test-wsgicors.py"),
        expected=Counts(passed=42),
        options="filterwarnings =\n    ignore::fastcors.InsecurePolicyWarning",
    ),
)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})


def pip(*arguments: str | Path) -> None:
    run(PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def make_environment() -> None:
    """Set up the environment that all suites share, with fastcors from this tree."""
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    requirements = sorted({requirement for suite in SUITES for requirement in suite.needs})
    pip("install", "--editable", TOP, "pytest>=8", *requirements)


def download(suite: Suite) -> Path:
    """Return the suite's source archive, from the index where it is not here yet. pip checks its hash, and so do we."""
    archives = WORK / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    names = (f"{suite.name.replace('-', '_')}-{suite.version}.tar.gz", f"{suite.name}-{suite.version}.tar.gz")
    if not any((archives / name).exists() for name in names):
        wanted = WORK / f"{suite.name}.txt"
        wanted.write_text(f"{suite.name}=={suite.version} --hash=sha256:{suite.sha256}\n", encoding="utf-8")
        source_only = ("--no-deps", "--no-binary", suite.name)
        pip("download", *source_only, "--require-hashes", "--requirement", wanted, "--dest", archives)
    archive = next(archives / name for name in names if (archives / name).exists())  # the second is of older ones
    if hashlib.sha256(archive.read_bytes()).hexdigest() != suite.sha256:
        raise SystemExit(f"{archive} has not the recorded hash; remove it to get it again")
    return archive


def unpack(suite: Suite, archive: Path) -> Path:
    """Unpack the tests into a folder of their own, and return that."""
    folder = WORK / suite.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])  # without the folder name-version
            if not member.isfile() or ".." in path.parts or not path.is_relative_to(suite.unpack):
                continue
            content = tar.extractfile(member)
            assert content is not None
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    # One of its own, so that pytest does not take ours.
    (folder / "pytest.ini").write_text(f"[pytest]\n{suite.options}\n", encoding="utf-8")
    return folder


def counts(report: Path) -> Counts:
    """Read the counts out of pytest's JUnit report."""
    suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
    total, skipped = int(suite.attrib["tests"]), int(suite.attrib["skipped"])
    failed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    return Counts(total - skipped - failed, skipped, failed)


def run_suite(suite: Suite, arguments: list[str]) -> Counts:
    """Run a suite, and return what it gave."""
    folder = unpack(suite, download(suite))
    report = folder / "report.xml"
    path = os.pathsep.join(filter(None, [str(EXCHANGE), os.environ.get("PYTHONPATH")]))
    without = [f"--leave-out={test}" for test in suite.differs]
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "leave_out", f"--junitxml={report}"]
    subprocess.run(
        [*command, *suite.arguments, *without, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    return counts(report) if report.exists() else Counts(0, 0, 1)


def main() -> int:
    names, arguments = sys.argv[1:], []
    if "--" in names:
        names, arguments = names[: names.index("--")], names[names.index("--") + 1 :]
    if unknown := set(names) - {suite.name for suite in SUITES}:
        raise SystemExit(f"no such suite: {', '.join(sorted(unknown))}")
    chosen = [suite for suite in SUITES if not names or suite.name in names]
    make_environment()
    results = []
    for suite in chosen:
        print(f"== {suite.name} {suite.version}", flush=True)
        results.append((suite, run_suite(suite, arguments)))
    wrong = 0
    for suite, result in results:
        verdict = "as recorded" if result == suite.expected else f"RECORDED ARE {suite.expected}"
        wrong += result != suite.expected
        print(f"{suite.name} {suite.version}: {result} ({verdict})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
