"""fastcors.h as a compiler takes it: alone, in what the documents show, and in modules for another version of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import fastcors
from fastcors import Policy, Reason
from tests.support import c_api
from tests.support.c_api import PAGE

AROUND = """
#include <fastcors.h>

enum { WAIT_FOR_MORE, BAD_REQUEST, TOO_SMALL, DONE };

const fastcors_api *cors;

int answer(const fastcors_policy *policy, const char *input, size_t size, char *output, size_t room, char *frame,
           size_t limit);
int answer(const fastcors_policy *policy, const char *input, size_t size, char *output, size_t room, char *frame,
           size_t limit)
{
    { IN_ONE_CALL }
    BLOCKS
    return ends_stream ? DONE : WAIT_FOR_MORE;
}
"""
"""What stands around the examples in C of a document."""

TOP = Path(__file__).resolve().parents[2]

pytest.importorskip("fastcors._core", exc_type=ImportError)
native = pytest.mark.skipif(fastcors.backend != "cython", reason="the policies of this process are the twin's")


def test_what_the_documents_show_in_c_compiles(tmp_path: Path) -> None:
    text = (TOP / "docs/embedding/c-api.md").read_text(encoding="utf-8")
    decides, in_one_call, fields, asks = re.findall(r"```c\n(.*?)```", text, re.DOTALL)
    source = AROUND.replace("IN_ONE_CALL", in_one_call).replace("BLOCKS", decides + fields + asks)
    (tmp_path / "c_api.c").write_text(source, encoding="utf-8")
    assert c_api.compiled_module(tmp_path, source=tmp_path / "c_api.c").exists()


@native
def test_a_raw_head_in_the_documents_of_cython_is_answered_by_the_module_that_they_show(tmp_path: Path) -> None:
    pytest.importorskip("Cython")
    text = (TOP / "docs/embedding/cython.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```cython\n(.*?)```", text, re.DOTALL)
    (tmp_path / "core.pyx").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "cython", "-3", "-Werror", f"-I{TOP}", "core.pyx", "-o", "core.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    module = c_api.loaded(c_api.compiled_module(tmp_path, source=tmp_path / "core.c", strict=False), "core")
    policy = Policy(allow_origins=[PAGE.decode()], allow_methods=["PUT"])
    head = b"%s / HTTP/1.1\r\nOrigin: " + PAGE + b"\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
    assert module.answered(policy, head % b"OPTIONS") == policy.decide_head(head % b"OPTIONS").response
    assert module.answered(policy, head % b"PUT") == policy.decide_head(head % b"PUT").block


def test_the_header_has_the_reasons_in_their_order() -> None:
    header = (c_api.INCLUDE / "fastcors.h").read_text(encoding="utf-8")
    names = {name for name, _ in re.findall(r"\bFASTCORS_(\w+) = (\d+)", header)}
    assert {reason.name for reason in Reason} <= names
    for number, reason in enumerate(Reason):
        assert f"FASTCORS_{reason.name} = {number}" in header


IMPORTS_ALONE = """
#include <fastcors.h>
PyMODINIT_FUNC PyInit_c_api(void);
PyMODINIT_FUNC PyInit_c_api(void) { fastcors_import(); return NULL; }
"""

Change = Callable[[str], str]

NEWER_VERSION: Change = lambda text: text.replace("#define FASTCORS_API_VERSION 1", "#define FASTCORS_API_VERSION 2")  # noqa: E731
LONGER_TABLE: Change = lambda text: text.replace("} fastcors_api;", "void (*more)(void);\n} fastcors_api;")  # noqa: E731
LONGER_REQUEST: Change = lambda text: text.replace("} fastcors_request;", "uint64_t more;\n} fastcors_request;")  # noqa: E731
LONGER_VERDICT: Change = lambda text: text.replace("} fastcors_verdict;", "uint64_t more;\n} fastcors_verdict;")  # noqa: E731


OLDER = """
#define PY_SSIZE_T_CLEAN
#include <fastcors.h>
static PyObject *block(PyObject *module, PyObject *object)
{
    const fastcors_api *cors = fastcors_import();
    fastcors_policy *policy = cors->policy_from_object(object);
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written;
    char out[500];
    fastcors_request_init(&request);
    fastcors_verdict_init(&verdict);
    request.method.data = "GET", request.method.size = 3;
    cors->decide(policy, &request, &verdict);
    written = cors->write_block(policy, &request, &verdict, out, sizeof(out));
    cors->policy_release(policy);
    return Py_BuildValue("y#nn", out, (Py_ssize_t)written.size, (Py_ssize_t)sizeof(fastcors_api),
                         (Py_ssize_t)cors->size);
}
static PyMethodDef functions[] = {{"block", block, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "c_api", NULL, -1, functions, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_c_api(void);
PyMODINIT_FUNC PyInit_c_api(void) { return fastcors_import() == NULL ? NULL : PyModule_Create(&definition); }
"""


@native
def test_a_module_for_an_older_and_smaller_table_works(tmp_path: Path) -> None:
    header = (c_api.INCLUDE / "fastcors.h").read_text(encoding="utf-8")
    older, removed = re.subn(
        r"(\*reason_name\)\(int reason\);).*?(\} fastcors_api;)", r"\1\n\2", header, flags=re.DOTALL
    )
    assert removed == 1
    (tmp_path / "fastcors.h").write_text(older, encoding="utf-8")
    (tmp_path / "c_api.c").write_text(OLDER, encoding="utf-8")
    module = c_api.loaded(c_api.compiled_module(tmp_path, tmp_path, tmp_path / "c_api.c", strict=False))
    policy = Policy(allow_origins=[PAGE.decode()])
    block, needed, installed = module.block(policy)
    assert block == policy.decide("GET", None).block
    assert needed < installed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (NEWER_VERSION, "version 2 of the C API of fastcors is needed, and version 1 is installed"),
        (LONGER_TABLE, r"a newer fastcors is needed: .* of \d+, 104 and"),
        (LONGER_REQUEST, r"a newer fastcors is needed: .* of \d+, 112 and"),
        (LONGER_VERDICT, "a newer fastcors is needed"),
    ],
)
def test_a_module_for_another_version_is_an_import_error_that_says_which(
    change: Change, message: str, tmp_path: Path
) -> None:
    header = (c_api.INCLUDE / "fastcors.h").read_text(encoding="utf-8")
    changed = change(header)
    assert changed != header
    (tmp_path / "fastcors.h").write_text(changed, encoding="utf-8")
    (tmp_path / "c_api.c").write_text(IMPORTS_ALONE, encoding="utf-8")
    with pytest.raises(ImportError, match=message):
        c_api.loaded(c_api.compiled_module(tmp_path, tmp_path, tmp_path / "c_api.c"))


@pytest.mark.parametrize(
    ("compiler", "suffix", "standards"),
    [("gcc", "c", ["c99", "c11", "c17"]), ("g++", "cpp", ["c++11", "c++17", "c++20"])],
)
def test_the_header_compiles_with_every_warning_as_an_error(
    compiler: str, suffix: str, standards: list[str], tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    source = tmp_path / f"uses.{suffix}"
    source.write_text(
        "#include <fastcors.h>\n"
        "const fastcors_api *found(void);\n"
        "const fastcors_api *found(void) { return fastcors_import(); }\n",
        encoding="utf-8",
    )
    for standard in standards:
        command = [compiler, f"-std={standard}", *c_api.STRICT[1:], "-Wconversion", "-Wshadow", "-fsyntax-only"]
        # The headers of Python are not ours.
        command += ["-isystem", sysconfig.get_path("include"), f"-I{c_api.INCLUDE}", str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
