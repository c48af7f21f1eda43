# Feed: what a request is decided by, taken from a parser that calls back for each header field or for pieces of one.

cdef bytes NETWORK = b"access-control-request-private-network"
cdef Py_ssize_t MOST_LINES


cdef object _piece(object part, object what):
    """A name, a value or a piece of one as str or bytes. TypeError for what is no text."""
    if PyBytes_Check(part) or PyUnicode_Check(part):
        return part
    try:
        return bytes(memoryview(part))
    except TypeError:
        raise _wrong_type(what, "str or bytes", part) from None


cdef class RequestFeed:
    """Takes the header fields of a request as a parser finds them, and keeps what a decision is made by.

    ``on_header`` takes whole fields (httptools, h11); ``on_header_field`` and ``on_header_value`` take pieces of names
    and values in the order in which they come (llhttp). ``decide`` may be called more than once; ``clear`` makes the
    feed ready for the next request of a connection. One feed serves one connection at a time.

    Its memory is bounded: of what is too long to be allowed, no more is kept than shows that.
    """

    cdef Engine engine
    cdef dict fields        # what matters: names in lower case, each with the bytes that its lines may have
    cdef dict room          # the bytes that are left of these
    cdef dict lines         # how many lines of each name are kept
    cdef list kept          # the fields that matter, as pairs in order
    cdef Py_ssize_t longest  # of these names
    cdef bint declares      # not only fields of CORS matter
    cdef bint network       # a private network was requested
    cdef bytes name         # the pieces of a name so far
    cdef bytes value        # the pieces of its value; None while there is none
    cdef Py_ssize_t most    # bytes of that value which are worth keeping

    def __cinit__(self):
        self.fields = self.room = self.lines = {}
        self.kept = []
        self.name = b""

    def __init__(self, policy, /):
        if not isinstance(policy, Engine):
            raise _wrong_type("policy", "a fastcors.Policy", policy)
        self.fields = room_of_fields((<Engine>policy).plan.vary)
        self.longest = max(map(len, self.fields))
        self.declares = len((<Engine>policy).plan.vary) > 0
        self.engine = policy
        self.clear()

    cdef int _check(self) except -1:
        if self.engine is None:
            raise TypeError("this RequestFeed was never made")
        return 0

    cdef bytes _name_of(self, Span name):
        """The name in lower case, or None where the field does not matter."""
        cdef bytes lowered
        if not self.declares and name.n != 6 and name.n < FC_SHORTEST_FIELD:
            return None
        if name.n > self.longest:
            return None
        lowered = PyBytes_FromStringAndSize(NULL, name.n)
        copy_lower(<uint8_t*>PyBytes_AS_STRING(lowered), name.p, name.n)
        return lowered if lowered in self.fields else None

    cdef int _keep(self, bytes name, object value) except -1:
        """Keep a field that matters, unless enough of that name is there."""
        cdef Span span
        cdef Py_ssize_t room = self.room[name]
        cdef Py_ssize_t lines = self.lines.get(name, 0)
        cdef bint network = False
        borrow(value, &span)
        if not self.network and name == NETWORK and is_text(span, "true", 4):
            self.network = network = True
        elif lines >= MOST_LINES or (lines > 1 and room < -1):
            return 0
        if span.n > room + 1 and not network:
            value = PyBytes_FromStringAndSize(<const char*>span.p, max(room + 1, 0))
        self.room[name] = room - min(span.n, max(room + 1, 0)) - 1
        self.lines[name] = lines + 1
        self.kept.append((name, value))
        return 0

    cdef int _take(self, object name, object value) except -1:
        """Keep a whole field, if it matters."""
        cdef Span span
        cdef bytes known
        borrow(name, &span)
        known = self._name_of(span)
        if known is not None:
            self._keep(known, value)
        return 0

    cdef int _end(self) except -1:
        """Keep the field that came in pieces, which is whole now."""
        self._take(self.name, b"" if self.value is None else self.value)
        self.name = b""
        self.value = None
        return 0

    @cython.critical_section
    def on_header(self, name, value, /):
        """Take a header field, name and value as ``str`` or bytes."""
        self._check()
        if self.name or self.value is not None:
            self._end()
        name = _piece(name, "name")
        value = _piece(value, "value")
        self._take(name, value)

    @cython.critical_section
    def on_header_field(self, part, /):
        """Take the name of a header field or a piece of it, as ``str`` or bytes."""
        cdef Span span
        self._check()
        part = _piece(part, "part")
        if self.value is not None:
            self._end()
        borrow(part, &span)
        self.name += PyBytes_FromStringAndSize(<const char*>span.p, min(span.n, self.longest + 1 - len(self.name)))

    @cython.critical_section
    def on_header_value(self, part, /):
        """Take the value of the field whose name came last or a piece of it, as ``str`` or bytes; it may be empty."""
        cdef Span span
        cdef bytes name
        self._check()
        part = _piece(part, "part")
        if self.value is None:
            borrow(self.name, &span)
            name = self._name_of(span)
            self.most = 0 if name is None else max(<Py_ssize_t>self.room[name] + 1, 5)
            self.value = b""
        borrow(part, &span)
        if self.most > 0:
            if span.n <= self.most and not self.value and PyBytes_CheckExact(part):
                self.value = part
            else:
                self.value += PyBytes_FromStringAndSize(<const char*>span.p, min(span.n, self.most))
            self.most -= min(span.n, self.most)

    @cython.critical_section
    def decide(self, method, /, *, path=None, origin_granted=None):
        """Decide what the request gets, by its method and the fields so far; what comes in pieces has ended.

        ``origin_granted`` as for :meth:`Policy.decide`; ``path`` is the decoded path, where the policy's ``vary``
        declares that.
        """
        self._check()
        if self.name or self.value is not None:
            self._end()
        return decide_pairs(self.engine, method, self.kept, origin_granted, path)

    @cython.critical_section
    def clear(self):
        """Forget the request."""
        self.room = dict(self.fields)
        self.lines = {}
        self.kept = []
        self.network = False
        self.name = b""
        self.value = None
