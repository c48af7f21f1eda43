# cython: language_level=3, binding=False
"""The leaves of the engine for the fuzzer: each is given a copy of its bytes that ends where they end.

An object of Python has a zero byte behind its bytes, so that a leaf which reads one too many would go unnoticed there.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from bytes cimport Bytes, Span
from origin cimport Origin, is_bare_host, is_loose_origin, is_shell_origin, parse_origin, split_origin
from table cimport Table, table_add, table_close, table_find, table_free, table_open
from hash cimport hash_bytes
from token cimport FC_NAME, Walk, is_token, walk_next, walk_start


cdef Bytes copy(bytes data) except NULL:
    """Return the bytes on a heap block of their length; the caller frees it."""
    cdef uint8_t* block = <uint8_t*>malloc(<size_t>max(len(data), 1))
    if block == NULL:
        raise MemoryError
    memcpy(block, <char*>data, <size_t>len(data))
    return block


cdef bytes text_of(Span span):
    return (<const char*>span.p)[:span.n]


def origin(bytes data not None):
    """What the grammar says of an origin: its grade, its parts, and whether it is one in three wider senses."""
    cdef Py_ssize_t n = len(data)
    cdef Bytes p = copy(data)
    cdef Origin found
    try:
        grade = parse_origin(p, n, &found)
        parts = (text_of(found.scheme), text_of(found.host), found.port) if grade else None
        wider = bool(is_bare_host(p, n)), bool(is_loose_origin(p, n)), bool(is_shell_origin(p, n))
        split = bool(split_origin(p, n, &found))
        return grade, parts, *wider, split
    finally:
        free(<void*>p)


def names(list lines not None):
    """The names in the lines of a list header, and how the walk over them ended."""
    cdef Span spans[256]
    cdef Walk walk
    cdef int i
    cdef int step = FC_NAME
    cdef int n = <int>min(len(lines), 256)
    found = []
    for i in range(n):
        spans[i].p = copy(lines[i])
        spans[i].n = len(lines[i])
    walk_start(&walk, spans, n)
    while step == FC_NAME:
        step = walk_next(&walk)
        if step == FC_NAME:
            assert is_token(walk.name.p, walk.name.n)
            found.append(text_of(walk.name))
    for i in range(n):
        free(<void*>spans[i].p)
    return found, step


def listed(list keys not None, list asked not None, seed):
    """Which keys of a table are found again, and which others, each in a copy of its own."""
    cdef Table table
    cdef Bytes p
    cdef Py_ssize_t n
    found = []
    memset(&table, 0, sizeof(Table))
    if not table_open(&table, <size_t>len(keys), seed):
        raise MemoryError
    for key in keys:
        p, n = copy(key), len(key)
        if not table_add(&table, hash_bytes(p, n, seed), p, n, 0):
            raise MemoryError
        free(<void*>p)
    table_close(&table)
    for key in asked:
        p, n = copy(key), len(key)
        found.append(table_find(&table, hash_bytes(p, n, seed), p, n) != NULL)
        free(<void*>p)
    table_free(&table)
    return found
