# cython: language_level=3, binding=False, cdivision=True, auto_pickle=False
"""The engine's C functions in C loops, with no Python object in the timed part.

This is a second copy of the whole engine, compiled with the same options, so that what is timed is what is shipped.
Between two operations stands a barrier, as one request cannot overlap with the next: these are latencies.
"""

include "_core.pyx"

from libc.string cimport memset

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__)
    #define barrier() __asm__ volatile("lfence" ::: "memory")
    #elif defined(__aarch64__) && defined(__GNUC__)
    #define barrier() __asm__ volatile("isb" ::: "memory")
    #elif defined(__GNUC__)
    #define barrier() __asm__ volatile("" ::: "memory")
    #else
    #define barrier() ((void)0)
    #endif
    """
    void barrier() noexcept nogil


cdef class Texts:
    """Many byte strings, copied one after another, as the bytes of requests lie in a server's buffers."""

    cdef bytes block
    cdef bytearray storage
    cdef Span* spans
    cdef Py_ssize_t n

    def __cinit__(self, texts):
        cdef Bytes at
        cdef Py_ssize_t i
        self.block = b"".join(texts)
        self.n = len(texts)
        self.storage = bytearray(self.n * sizeof(Span))
        self.spans = <Span*><char*>self.storage
        at = <Bytes>PyBytes_AS_STRING(self.block)
        for i in range(self.n):
            self.spans[i].p = at
            self.spans[i].n = len(texts[i])
            at += self.spans[i].n

    def __len__(self):
        return self.n


def nothing(Texts texts not None):
    """What the loop and the barrier cost."""
    cdef Py_ssize_t i
    for i in range(texts.n):
        barrier()
    return texts.n


def parse(Texts origins not None):
    """Parse every origin; returns how many follow the strict grammar."""
    cdef Origin origin
    cdef Py_ssize_t i
    cdef Py_ssize_t passed = 0
    for i in range(origins.n):
        passed += parse_origin(origins.spans[i].p, origins.spans[i].n, &origin) == FC_STRICT
        barrier()
    return passed


def walk(Texts lists not None):
    """Walk through each comma list; returns how many names there were before the end, or before an excess."""
    cdef Walk state
    cdef Py_ssize_t i
    cdef Py_ssize_t names = 0
    for i in range(lists.n):
        walk_start(&state, &lists.spans[i], 1)
        while walk_next(&state) == FC_NAME:
            names += 1
        barrier()
    return names


def decide_all(Engine engine not None, Texts origins not None, method, asked_method=None, asked_headers=None,
               *, bint cors=True):
    """Decide on one request for each origin (not cors: with no origin). Returns how many were accepted and the
    last reason."""
    cdef Request request
    cdef Verdict verdict
    cdef Span lines[FC_MAX_LINES]
    cdef Py_ssize_t i
    cdef Py_ssize_t accepted = 0
    memset(&verdict, 0, sizeof(verdict))
    borrow_request(&request, lines, method, None, asked_method, asked_headers, None)
    for i in range(origins.n):
        if cors:
            request.origin = origins.spans[i]
        decide(&engine.policy, &request, &verdict)
        accepted += verdict.reason <= FC_NOT_CORS
        barrier()
    return accepted, REASONS[verdict.reason].value
