# cython: language_level=3, binding=False, embedsignature=True, embedsignature.format=clinic
# cython: cdivision=True, auto_pickle=False, freethreading_compatible=True
"""The native engine of fastcors.

A request goes through in one direction: **find** takes the values that matter out of the server's form, **decide**
turns them into a verdict, **write** turns the verdict into headers. The leaves (`_*.pxd`) are plain C on bytes and
know no Python object; the parts included below hold the policy's tables and the Python faces of all this.
"""

cimport cython
from cpython.buffer cimport PyBUF_ND, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_Check,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.object cimport Py_EQ, PyObject, PyObject_RichCompareBool
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.unicode cimport (
    PyUnicode_AsLatin1String,
    PyUnicode_Check,
    PyUnicode_CheckExact,
    PyUnicode_DecodeASCII,
    PyUnicode_DecodeLatin1,
    PyUnicode_FromObject,
)
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memchr, memcpy

from bytes cimport (
    FC_DIGIT,
    FC_UPPER,
    Bytes,
    Span,
    begins_as,
    copy_lower,
    equal,
    equal_folded,
    equal_short,
    fc_class,
    is_class,
    is_letter,
    is_name,
    is_named,
    is_text,
    lower,
)
from fastcors cimport (
    FASTCORS_API_VERSION,
    FASTCORS_GRANTED,
    FASTCORS_HEAD_MALFORMED,
    FASTCORS_MAX_LINES,
    FASTCORS_UNKNOWN,
    FASTCORS_NOT_GRANTED,
    FASTCORS_PREFLIGHT,
    FASTCORS_PRIVATE_NETWORK_NOT_ALLOWED,
    fastcors_api,
    fastcors_policy,
    fastcors_request,
    fastcors_router,
    fastcors_text,
    fastcors_verdict,
    fastcors_written,
)
from field cimport (
    FC_EXPOSES_PRESENT,
    FC_LEAVES,
    FC_LOWERS_NAMES,
    FC_OWNS_TIMING,
    is_exposable,
    is_policys,
    lists,
)
from fields cimport (
    FC_HPACK, FC_NOT_STATIC, FC_QPACK, put_field, put_index, put_literal, static_field, static_name)
from hash cimport FC_K0, FC_K1, fc_fold, hash_bytes
from head cimport (
    FC_HEAD_MALFORMED, FC_SHORTEST_FIELD, FC_VERSION_SIZE, Fields, Head, Lines, PreflightFields, begin_lines,
    next_break, preflight_add, preflight_clear, read_field, read_head, step_over, without_ows)
from origin cimport (
    FC_INVALID, FC_MAX_HOST, FC_MAX_ORIGIN, FC_STRICT, Origin, is_bare_host, is_loose_origin, is_shell_origin,
    parse_origin, split_origin)
from output cimport Output, count_only, put, put_apart, put_lower, put_two
from response_head cimport (
    FC_A_FIELD, FC_MAX_FIELDS, Field, HeadWalk, begin_fields, code_of_line, next_field, walk_head, without_blanks)
from table cimport (
    Slot,
    Table,
    table_add,
    table_close,
    table_find,
    table_free,
    table_key,
    table_mark,
    table_next,
    table_open,
    table_put,
    table_seek,
)
from token cimport (
    FC_END,
    FC_MAX_ELEMENT_OWS,
    FC_MAX_EMPTY_ELEMENTS,
    FC_MAX_HEADER_BYTES,
    FC_MAX_HEADER_NAMES,
    FC_MAX_LINES,
    FC_MAX_METHOD,
    FC_NAME,
    FC_TOO_LARGE,
    Walk,
    is_token,
    walk_next,
    walk_start,
)

cdef extern from *:
    """
    /* The length of the name in a pair of a header list; -1: it is no tuple of two that begins with exact bytes. What a
       subclass of tuple overrides does not count. */
    static inline Py_ssize_t fc_pair_size(PyObject *pair) {
        PyObject *first;
        if (!(PyTuple_CheckExact(pair) || PyTuple_Check(pair)) || PyTuple_GET_SIZE(pair) != 2) return -1;
        first = PyTuple_GET_ITEM(pair, 0);
        return PyBytes_CheckExact(first) ? PyBytes_GET_SIZE(first) : -1;
    }
    #define fc_pair_name(pair) ((const uint8_t *)PyBytes_AS_STRING(PyTuple_GET_ITEM(pair, 0)))
    #define fc_pair_first(pair) PyTuple_GET_ITEM(pair, 0)
    #define fc_pair_value(pair) PyTuple_GET_ITEM(pair, 1)
    /* Objects that are known, or checked right here, to be of the type: no reference is counted. */
    #define fc_is_exact_str(text) PyUnicode_CheckExact(text)
    #define fc_bytes_length(text) PyBytes_GET_SIZE(text)
    #define fc_bytes_data(text) ((const uint8_t *)PyBytes_AS_STRING(text))
    #define fc_str_length(text) PyUnicode_GET_LENGTH(text)
    #define fc_str_is_ascii(text) PyUnicode_IS_ASCII(text)
    #define fc_str_data(text) ((const uint8_t *)PyUnicode_DATA(text))
    #define fc_is_row(items) (PyList_CheckExact(items) || PyTuple_CheckExact(items))
    #define fc_row_size(items) Py_SIZE(items)
    #define fc_row_items(items) PySequence_Fast_ITEMS(items)
    #define fc_list_fill(list, i, item) (Py_INCREF(item), PyList_SET_ITEM(list, i, item))
    #define fc_pair_has_text(pair) (PyBytes_Check(fc_pair_value(pair)) || PyUnicode_Check(fc_pair_value(pair)))
    """
    Py_ssize_t fc_pair_size(PyObject* pair) noexcept
    Bytes fc_pair_name(PyObject* pair) noexcept
    PyObject* fc_pair_first(PyObject* pair) noexcept
    PyObject* fc_pair_value(PyObject* pair) noexcept
    bint fc_pair_has_text(PyObject* pair) noexcept
    bint fc_is_exact_str(PyObject* text) noexcept
    Py_ssize_t fc_bytes_length(PyObject* text) noexcept
    Bytes fc_bytes_data(PyObject* text) noexcept
    Py_ssize_t fc_str_length(PyObject* text) noexcept
    bint fc_str_is_ascii(PyObject* text) noexcept
    Bytes fc_str_data(PyObject* text) noexcept
    bint fc_is_row(PyObject* items) noexcept  # whether it is a list or a tuple, which keep their items in a row
    Py_ssize_t fc_row_size(PyObject* items) noexcept
    PyObject** fc_row_items(PyObject* items) noexcept
    bint unlikely(bint condition) noexcept nogil  # Cython's own macro: what follows is kept out of the hot path's way
    void fc_list_fill(object items, Py_ssize_t i, PyObject* item) noexcept

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* n) except NULL
    Py_ssize_t PyNumber_AsSsize_t(object number, PyObject* overflow) except? -1
    # Borrowed references, as plain pointers: Cython counts nothing for them.
    PyObject* PyIter_Next(object iterator) noexcept
    PyObject* PyErr_Occurred() noexcept
    bint PyDict_CheckExact(object items) noexcept
    bint PyList_Check(object items) noexcept
    bint PyList_CheckExact(object items) noexcept
    Py_ssize_t PY_SSIZE_T_MAX
    object PyList_AsTuple(object items)
    object PyList_New(Py_ssize_t n)
    object PyList_GetSlice(object items, Py_ssize_t start, Py_ssize_t stop)
    int PyList_Append(object items, object item) except -1
    Py_ssize_t PyList_GET_SIZE(object items) noexcept
    object PyDict_Copy(object items)
    int PyDict_Update(object items, object more) except -1
    PyObject* PyDict_GetItemWithError(object items, object key) except? NULL
    int PyDict_SetItem(object items, object key, object value) except -1
    bint PyDict_Next(object items, Py_ssize_t* at, PyObject** key, PyObject** value) noexcept
    PyObject* PyList_GET_ITEM(object items, Py_ssize_t i) noexcept
    bint PyTuple_Check(object items) noexcept
    bint PyTuple_CheckExact(object items) noexcept
    object PyTuple_GetSlice(object items, Py_ssize_t start, Py_ssize_t stop)
    Py_ssize_t PyTuple_GET_SIZE(object items) noexcept
    PyObject* PyTuple_GET_ITEM(object items, Py_ssize_t i) noexcept

include "late.pxi"
include "near.pxi"
include "threads.pxi"
include "match.pxi"
include "decide.pxi"
include "text.pxi"
include "request.pxi"
include "write.pxi"
include "fields.pxi"
include "ask.pxi"
include "answers.pxi"
include "response.pxi"
include "engine.pxi"
include "decision.pxi"
include "note.pxi"
include "find.pxi"
include "into.pxi"
include "head.pxi"
include "feed.pxi"
include "merge.pxi"
include "merge_head.pxi"
include "call.pxi"
include "routes.pxi"
include "watched.pxi"
include "api.pxi"
include "shim.pxi"
include "reply.pxi"
include "asgi.pxi"
include "rsgi.pxi"
include "wsgi.pxi"
include "before.pxi"

MAX_ORIGIN = FC_MAX_ORIGIN
MAX_METHOD = FC_MAX_METHOD
MAX_HEADER_BYTES = FC_MAX_HEADER_BYTES
MAX_HEADER_NAMES = FC_MAX_HEADER_NAMES
MAX_EMPTY_ELEMENTS = FC_MAX_EMPTY_ELEMENTS
MAX_ELEMENT_OWS = FC_MAX_ELEMENT_OWS
MAX_LINES = FC_MAX_LINES
MAX_PATH = FC_MAX_PATH
MAX_SEGMENTS = FC_MAX_SEGMENTS


def sift(list patterns not None, bint insecure_ok):
    """The indices of the patterns that are not plain, and so need the slow look that explains.

    Plain is an exact origin of the strict grammar as a ``str``, ``https:`` or, where `insecure_ok`, ``http:``, with
    no internationalised label.
    """
    cdef Py_ssize_t i
    cdef Origin origin
    cdef Span span
    cdef object pattern
    cdef list rest = []
    for i in range(len(patterns)):
        pattern = patterns[i]
        if (
            not PyUnicode_CheckExact(pattern)
            or not borrow(pattern, &span)
            or parse_origin(span.p, span.n, &origin) != FC_STRICT
            or not (is_text(origin.scheme, "https", 5) or (insecure_ok and is_text(origin.scheme, "http", 4)))
            or "/xn--" in pattern
            or ".xn--" in pattern
        ):
            rest.append(i)
    return rest
