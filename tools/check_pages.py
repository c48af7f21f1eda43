"""Check the file with which each page in docs/frameworks/ begins, with mypy --strict and pyright: ``make lint``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PAGES = TOP / "docs" / "frameworks"
FILES = TOP / "build" / "pages"

_FIRST = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def first_file(page: Path) -> str:
    """The first block of Python in a page. Raises ValueError where there is none."""
    match = _FIRST.search(page.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{page.name} has no block of Python")
    return match[1]


def main() -> int:
    """Write the files, and let both checkers see them. Returns the status of the first that finds something."""
    FILES.mkdir(parents=True, exist_ok=True)
    for old in FILES.glob("*.py"):
        old.unlink()
    for page in PAGES.glob("*.md"):
        # A name of its own: flask.py would stand in the way of the framework.
        (FILES / f"page_{page.stem}.py").write_text(first_file(page), encoding="utf-8")
    files = [str(path) for path in sorted(FILES.glob("*.py"))]
    checkers = (["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable])
    commands = [[sys.executable, "-m", *checker, *files] for checker in checkers]
    return max(subprocess.run(command, cwd=TOP, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
