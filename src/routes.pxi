# Routes: which policy a path gets. A path is cut after each slash, and the hash grows by one segment to the right,
# so that each byte is read once and the number of routes makes no difference.

cdef struct Routes:
    Table table       # value: number of the policy
    int segments      # of the route with the most
    uint64_t lengths  # how many segments routes have, as a set of bits; the last one is for all that have more
    Py_ssize_t longest


cdef inline uint64_t _length_bit(int segments) noexcept nogil:
    return <uint64_t>1 << min(segments, 63)


cdef inline bint _has_dot_segment(Span path) noexcept nogil:
    """Whether an application could take the path for another one. Browsers resolve these (URL, "path state")."""
    cdef Bytes p = path.p
    cdef Py_ssize_t last = path.n - 1
    cdef Py_ssize_t i
    cdef uint8_t found = 0
    for i in range(last):  # with no branch, so that the compiler takes many bytes at a time
        found |= (p[i] == c"/") & (p[i + 1] == c".")
    if not found:
        return False
    for i in range(last):
        if p[i] != c"/" or p[i + 1] != c".":
            continue
        if i + 2 == path.n or p[i + 2] == c"/":
            return True
        if p[i + 2] == c"." and (i + 3 == path.n or p[i + 3] == c"/"):
            return True
    return False


cdef inline Py_ssize_t _segment_end(Span path, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef Bytes slash = <Bytes>memchr(path.p + start, c"/", <size_t>(stop - start))
    return stop if slash == NULL else slash - path.p + 1


cdef inline int find_route(const Routes* routes, Span path, uint32_t* number) noexcept nogil:
    """The longest route that the path is in. 0: it is in none."""
    cdef const Table* table = &routes.table
    cdef const Slot* slot
    cdef uint64_t h = table.seed
    cdef Py_ssize_t end = 0
    cdef Py_ssize_t start
    # One byte more than the longest route shows whether the segment ends there.
    cdef Py_ssize_t stop = min(path.n, routes.longest + 1)
    cdef int i
    cdef int found = 0
    if path.n == 0 or path.p[0] != c"/" or _has_dot_segment(path):
        return 0
    for i in range(routes.segments):
        start = end
        end = _segment_end(path, start, stop)
        if end > routes.longest:
            break
        h = _hash_label(h, path.p + start, end - start, table.seed)
        if routes.lengths & _length_bit(i + 1):
            slot = table_find(table, h, path.p, end)
            if slot != NULL:
                number[0] = slot.value
                found = 1
        if end == path.n:
            break
    return found


cdef int _add_route(Routes* routes, Span path, uint32_t number) except -1:
    cdef uint64_t h = routes.table.seed
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t end
    cdef int segments = 0
    while start < path.n:
        end = _segment_end(path, start, path.n)
        h = _hash_label(h, path.p + start, end - start, routes.table.seed)
        start = end
        segments += 1
    if not table_put(&routes.table, h, path.p, path.n, number):
        raise MemoryError
    routes.lengths |= _length_bit(segments)
    routes.segments = max(routes.segments, segments)
    routes.longest = max(routes.longest, path.n)
    return 0


@cython.final
cdef class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    cdef Routes table
    cdef tuple policies
    cdef readonly dict routes

    def __cinit__(self, routes):
        cdef Span span
        cdef uint32_t number = 0
        self.routes = dict(routes)
        self.policies = tuple(self.routes.values())
        if not table_open(&self.table.table, <size_t>len(self.policies), int.from_bytes(os.urandom(8), "little")):
            raise MemoryError
        for path in self.routes:
            encoded = path.encode("utf-8")
            borrow(encoded, &span)
            if not 0 < span.n <= 65535:
                raise ValueError("a route has 1 to 65535 bytes")
            _add_route(&self.table, span, number)
            number += 1
        table_close(&self.table.table)

    def __dealloc__(self):
        table_free(&self.table.table)

    def find(self, path, /):
        """The policy for the path of an ASGI scope, or None for no CORS."""
        return routed(self, path, False)

    def find_wsgi(self, path_info, /):
        """The policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""
        return routed(self, path_info, True)


cdef object routed(Router router, object path, bint wsgi):
    """The policy for a path as the server gives it; None where it has none."""
    cdef Span span
    cdef uint32_t number = 0
    cdef object encoded
    if path is None and wsgi:
        path = ""
    if not PyUnicode_Check(path):
        return None
    fc_ready(path)
    if PyUnicode_IS_ASCII(path):
        borrow(path, &span)
    else:
        try:
            encoded = PyUnicode_AsLatin1String(path) if wsgi else PyUnicode_AsUTF8String(path)
        except UnicodeEncodeError:
            return None
        borrow(encoded, &span)
    if span.n == 0:
        span.p = <Bytes>"/"  # RFC 3986, section 6.2.3
        span.n = 1
    if not find_route(&router.table, span, &number):
        return None
    return router.policies[number]
