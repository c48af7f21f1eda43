# Tokens (RFC 9110, section 5.6.2) and the comma lists that a preflight carries (RFC 9110, section 5.6.1; Fetch,
# section 4.8, "CORS-preflight fetch", step 5).
#
# "Fetch" is https://fetch.spec.whatwg.org/, RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110.
#
# A preflight is unauthenticated and its list is as long as the client likes. A browser sends lower-case names,
# sorted, joined by "," without white space; intermediaries may fold in a little more. So everything is accepted
# that a browser and honest intermediaries can produce, and the walk stops at the first excess of anything.

from bytes cimport FC_TOKEN, Bytes, Span, is_ows, run_of

cdef extern from *:
    """
    enum {
        FC_MAX_METHOD = 64,          /* the longest registered method has 17 bytes */
        FC_MAX_HEADER_BYTES = 8192,  /* all lines together, with a comma between two */
        FC_MAX_HEADER_NAMES = 128,
        FC_MAX_EMPTY_ELEMENTS = 16,
        FC_MAX_ELEMENT_OWS = 2,
        FC_MAX_LINES = 145           /* each line holds a name or an empty element: the last is one too many */
    };
    enum { FC_END = 0, FC_NAME = 1, FC_MALFORMED = 2, FC_TOO_LARGE = 3 };
    """
    enum: FC_MAX_METHOD
    enum: FC_MAX_HEADER_BYTES
    enum: FC_MAX_HEADER_NAMES
    enum: FC_MAX_EMPTY_ELEMENTS
    enum: FC_MAX_ELEMENT_OWS
    enum: FC_MAX_LINES
    enum: FC_END
    enum: FC_NAME
    enum: FC_MALFORMED
    enum: FC_TOO_LARGE


cdef struct Walk:
    # Where a walk over the lines of Access-Control-Request-Headers stands.
    const Span* lines
    int n_lines
    int line        # the line that is next, once `at` is NULL
    Bytes at        # the next element; NULL: none is left in the line
    Bytes end
    Py_ssize_t bytes
    int names
    int empties
    Span name       # the element that the last step came to, without the white space around it


cdef inline bint is_token(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether the whole of a run of bytes is a token (RFC 9110, section 5.6.2)."""
    return n > 0 and run_of(FC_TOKEN, p, n) == n


cdef inline void walk_start(Walk* walk, const Span* lines, int n_lines) noexcept nogil:
    walk.lines = lines
    walk.n_lines = n_lines
    walk.line = 0
    walk.at = NULL
    walk.bytes = -1  # no comma stands before the first line
    walk.names = 0
    walk.empties = 0
    walk.name.p = NULL
    walk.name.n = 0


cdef inline int walk_next(Walk* walk) noexcept nogil:
    """Step to the next name: FC_NAME, or FC_END after the last, or why the list is refused."""
    cdef Bytes start
    cdef Bytes at
    cdef Bytes tail
    cdef bint whole
    while True:
        if walk.at == NULL:
            if walk.line == walk.n_lines:
                return FC_END
            walk.bytes += walk.lines[walk.line].n + 1
            if walk.bytes > FC_MAX_HEADER_BYTES:
                return FC_TOO_LARGE
            walk.at = walk.lines[walk.line].p
            walk.end = walk.at + walk.lines[walk.line].n
            walk.line += 1

        start = walk.at
        at = start + run_of(FC_TOKEN, start, walk.end - start)
        walk.name.p = start
        tail = at
        whole = True
        if at < walk.end and at[0] != c",":
            # No browser sends this: white space around the name (RFC 9110, section 5.6.3), or what is no token.
            at = start
            while at < walk.end and is_ows(at[0]):
                at += 1
            walk.name.p = at
            at += run_of(FC_TOKEN, at, walk.end - at)
            tail = at
            while at < walk.end and is_ows(at[0]):
                at += 1
            whole = at == walk.end or at[0] == c","
            if not whole:
                # Find where the element ends, to judge the whole of it.
                while at < walk.end and at[0] != c",":
                    at += 1
                tail = at
                while is_ows(tail[-1]):
                    tail -= 1
            if (walk.name.p - start) + (at - tail) > FC_MAX_ELEMENT_OWS:
                return FC_TOO_LARGE
        walk.name.n = tail - walk.name.p
        walk.at = at + 1 if at < walk.end else NULL
        if walk.name.n == 0:
            walk.empties += 1
            if walk.empties > FC_MAX_EMPTY_ELEMENTS:
                return FC_TOO_LARGE
            continue
        walk.names += 1
        if walk.names > FC_MAX_HEADER_NAMES:
            return FC_TOO_LARGE
        return FC_NAME if whole else FC_MALFORMED
