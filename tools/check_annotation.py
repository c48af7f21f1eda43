"""What ``make lint`` runs last: no line of a hot function calls into Python beyond its budget.

Reads the C that Cython made, ``src/_core.c``, and counts for each function the source lines whose C calls the Python
API or Cython's helpers; macros that only look into an object do not count, nor does what an exception leads to. What is
declared ``noexcept nogil`` may have no such line, whatever it is; the functions below may have as many as are listed.
More is a regression, or a price that somebody means to pay and lists here. ``--list`` prints the counts as they are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for pattern in ("*.pyx", "*.pxi", "*.pxd") for path in (TOP / "src").glob(pattern))
GENERATED = TOP / "src" / "_core.c"

BUDGETS = {
    "scan_origin": 0,
    "scan_preflight": 1,
    "borrow": 0,
    "borrow_value": 0,
    "borrow_optional": 1,
    "borrow_lines": 2,
    "preflight_fields": 0,
    "request_of_values": 0,
    "_value": 2,
    "_is_options": 0,
    "response_headers": 3,
    "decide_asgi": 3,
    "decide_rsgi": 3,
    "decide_wsgi": 1,
    "_repeated_value": 2,
    "append_part": 3,
    "write_pairs": 1,
    "answer_pairs": 0,
    "_stays": 0,
    "_merge_plain": 1,
    "merge": 0,
    "_is_kind": 1,
    "is_policy": 0,
    "_send_message": 3,
    "_resume": 1,
    "_recover": 1,
    "guarded": 0,
    "_call_asgi": 0,
    "run_asgi": 2,
    "_run_under": 0,
    "_run_preflight": 1,
    "reply_to_preflight": 2,
    "_send_next": 1,
    "_resume_reply": 2,
    "preflight_pairs": 3,
    "Guard.send": 1,
    "has_started": 0,
    "failed_response": 1,
    "_values_of": 8,
    "mapped_line": 1,
    "_respond_by": 0,
    "_call_rsgi": 0,
    "run_rsgi": 3,
    "_run_rsgi_under": 1,
    "_run_rsgi_preflight": 0,
    "_resume_given": 1,
    "rsgi_answers": 0,
    "_start_response": 1,
    "_call_wsgi": 0,
    "run_wsgi": 2,
    "_start_under": 0,
    "_run_wsgi_app": 0,
    "answer_preflight": 1,
    "Chunks.__next__": 8,
    "Engine.decide": 0,
    "Engine.response_headers": 0,
    "Engine.is_origin_allowed": 2,
    "hold_room": 7,
    "_written": 0,
    "write_into_room": 2,
    "write_into": 1,
    "hold_head": 12,
    "write_head_into": 2,
    "_write_head": 1,  # for a whole response
    "Engine.write_into": 0,
    "Engine.write_head_into": 0,
}
"""Lines with calls, by function; of a method "Class.method"."""

LEAF = re.compile(r"^cdef (?:inline )?[\w *]*?(\w+)\((?:[^()]|\([^()]*\))*\) noexcept nogil:", re.MULTILINE)
HEAD = re.compile(r"^static [^;{}]*?\b(__pyx_p?f_\w+)\([^;{}]*\) \{$", re.MULTILINE)
MARK = re.compile(r'/\* "(?:src/)?(\w+\.\w+)":(\d+)\n.*?\*/', re.DOTALL)
# After Cython's own annotations: functions are in CamelCase, macros in capitals.
CALL = re.compile(
    r"\b(?:_?Py(?!Err_Occurred)[A-Z]\w*_(?!Check(?:Exact)?\s*\()[A-Z][a-z]\w*"
    r"|__Pyx_(?!RefNanny|AddTraceback)[A-Z][a-z_]\w*)\s*\("
)
ANY = re.compile(r"\b(?:_?Py[A-Z]\w*|__Pyx_\w+)\s*\(")


def leaves() -> set[str]:
    """The functions that are declared to need no Python."""
    found = set()
    for path in SOURCES:
        found |= set(LEAF.findall(path.read_text(encoding="utf-8")))
    return found


def functions(text: str) -> dict[str, str]:
    """The bodies of the generated functions, by their names in C."""
    return {match[1]: text[match.end() : text.index("\n}\n", match.end())] for match in HEAD.finditer(text)}


def name_in_c(name: str) -> re.Pattern[str]:
    """What a function or method is called there."""
    owner, _, method = name.rpartition(".")
    if owner:
        return re.compile(rf"__pyx_pf_8fastcors_5_core_{len(owner)}{owner}_\d*{method}")
    return re.compile(rf"__pyx_f_(?:8fastcors_5_core|\d+[a-z]+)_{name}")


def lines_that_call(body: str, calls: re.Pattern[str]) -> Iterator[str]:
    """The places in the source whose C has such a call, each once."""
    pieces = MARK.split(body)[1:]
    found = {
        f"{file}:{line}"
        for file, line, code in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
        if calls.search(code)
    }
    yield from sorted(found, key=lambda place: (place.partition(":")[0], int(place.partition(":")[2])))


def problems() -> Iterator[str]:
    """What is wrong, in words."""
    made = functions(GENERATED.read_text(encoding="utf-8"))
    wanted = {**dict.fromkeys(sorted(leaves()), None), **BUDGETS}
    for name, budget in wanted.items():
        bodies = [body for function, body in made.items() if name_in_c(name).fullmatch(function)]
        if not bodies:
            if budget is not None:
                yield f"{name}: there is no such function any more"
            continue  # a leaf that nothing calls is not generated
        places = list(lines_that_call("".join(bodies), ANY if budget is None else CALL))
        if len(places) > (budget or 0):
            yield f"{name}: {len(places)} lines call into Python, not {budget or 0}: {', '.join(places)}"


def counts() -> Iterator[tuple[str, int]]:
    """The table as it would be now."""
    made = functions(GENERATED.read_text(encoding="utf-8"))
    for name in BUDGETS:
        bodies = [body for function, body in made.items() if name_in_c(name).fullmatch(function)]
        yield name, len(list(lines_that_call("".join(bodies), CALL)))


def main() -> int:
    """Print what is wrong; 1 if something is."""
    if not GENERATED.exists() or GENERATED.stat().st_mtime < max(path.stat().st_mtime for path in SOURCES):
        print("check_annotation: src/_core.c is not up to date; build the extension first", file=sys.stderr)
        return 1
    if "--list" in sys.argv[1:]:
        for name, count in counts():
            print(f'    "{name}": {count},')
        return 0
    wrong = list(problems())
    for text in wrong:
        print(text, file=sys.stderr)
    if not wrong:
        print(f"{len(leaves())} functions with no call into Python, {len(BUDGETS)} within their budgets")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
