# Output: what a writer puts into room that may be too small, or none at all.
# Nothing here touches a Python object.

from bytes cimport Bytes, Span, copy_lower
from libc.stdint cimport uint8_t
from libc.string cimport memcpy


cdef struct Output:
    # Room, and how many bytes were put: what does not fit is counted only.
    uint8_t* p
    Py_ssize_t room
    Py_ssize_t n


cdef inline void count_only(Output* out) noexcept nogil:
    """Make an output without room."""
    out.p = NULL
    out.room = out.n = 0


cdef inline void put(Output* out, Bytes p, Py_ssize_t n) noexcept nogil:
    if 0 < n <= out.room - out.n:
        memcpy(out.p + out.n, p, <size_t>n)
    out.n += n


cdef inline void put_byte(Output* out, uint8_t byte) noexcept nogil:
    if out.n < out.room:
        out.p[out.n] = byte
    out.n += 1


cdef inline void put_lower(Output* out, Span name) noexcept nogil:
    if name.n <= out.room - out.n:
        copy_lower(out.p + out.n, name.p, name.n)
    out.n += name.n
