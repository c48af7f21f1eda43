"""What is generated in the documents is as the code says it now; what was measured can be written again."""

from __future__ import annotations

import sys

import pytest

from tools import documents
from tools.documents import PARTS, TOP, Part

LEAST_ROWS = {"bench": 0, "newcomer": 0, "gateway": 2, "threads": 5}
"""Of the parts that are prose or small; the others have 11 rows in their tables, or more."""
FROM_CODE = [part for part in PARTS if not part.measured]


@pytest.mark.parametrize("part", FROM_CODE, ids=lambda part: f"{part.document}-{part.mark}")
def test_what_comes_from_the_code_is_as_it_would_be_written_now(part: Part) -> None:
    if part.document == "docs/command-line.md" and sys.version_info >= (3, 13):
        pytest.skip("argparse writes options otherwise from CPython 3.13 on")
    text = (TOP / part.document).read_text(encoding="utf-8")
    assert documents.as_written(part, text) == text, "make docs"


@pytest.mark.parametrize("part", [part for part in PARTS if part.measured], ids=lambda part: part.document)
def test_what_was_measured_can_be_written_again(part: Part) -> None:
    pytest.importorskip("rich", reason="prints the tables of the benchmarks")
    text = (TOP / part.document).read_text(encoding="utf-8")
    again = documents.as_written(part, text)
    written = part.write()
    assert len(written) > 100
    assert written.count("\n| ") >= LEAST_ROWS.get(part.mark or "", 11)
    assert documents.as_written(part, again) == again


def test_a_document_without_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="not found"):
        documents.filled_in("no marks", "options", "")


def test_marks_that_no_part_has_are_in_no_document() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in [TOP / "README.md", *TOP.glob("docs/**/*.md")]}
    marks = {
        (path.relative_to(TOP).as_posix(), line[5:-10])
        for path, text in texts.items()
        for line in text.splitlines()
        if line.startswith("<!-- ") and line.endswith(":begin -->")
    }
    assert marks == {(part.document, part.mark) for part in PARTS if part.mark is not None}
