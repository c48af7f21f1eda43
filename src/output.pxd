# Output: what a writer puts into room that may be too small, or none at all.
# Nothing here touches a Python object.

from bytes cimport Bytes, Span, copy_lower
from libc.stdint cimport uint8_t
from libc.string cimport memcpy


cdef extern from *:
    """
    #if defined(_MSC_VER)
    #define FC_APART __declspec(noinline)
    #elif defined(__GNUC__)
    #define FC_APART __attribute__((noinline, unused))
    #else
    #define FC_APART
    #endif
    /* Put n bytes behind the `done` ones, if there is room: one function, which all who call it share. */
    static FC_APART Py_ssize_t fc_put_there(
        uint8_t *out, Py_ssize_t room, Py_ssize_t done, const uint8_t *p, Py_ssize_t n
    ) {
        if (0 < n && n <= room - done) memcpy(out + done, p, (size_t)n);
        return done + n;
    }
    """
    Py_ssize_t fc_put_there(uint8_t* out, Py_ssize_t room, Py_ssize_t done, Bytes p, Py_ssize_t n) noexcept nogil


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


cdef inline void put_apart(Output* out, Bytes p, Py_ssize_t n) noexcept nogil:
    """Put, by code that is in memory once: less to wait for where the caches are cold."""
    out.n = fc_put_there(out.p, out.room, out.n, p, n)


cdef inline void put_byte(Output* out, uint8_t byte) noexcept nogil:
    if out.n < out.room:
        out.p[out.n] = byte
    out.n += 1


cdef inline void put_two(Output* out, uint8_t first, uint8_t second) noexcept nogil:
    if out.n + 2 <= out.room:
        out.p[out.n] = first
        out.p[out.n + 1] = second
    out.n += 2


cdef inline void put_lower(Output* out, Span name) noexcept nogil:
    if name.n <= out.room - out.n:
        copy_lower(out.p + out.n, name.p, name.n)
    out.n += name.n
