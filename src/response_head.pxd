# The head of an HTTP/1 response as it came over the wire: a status line, fields, an empty line.
#
# RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
#
# Parsers disagree about what lies outside the grammar. What one of them takes for a line or a name and another does not
# could be a field of CORS that nobody takes out, so a head with such a thing in it is refused: a bare CR or LF (RFC
# 9112, section 2.2), another control character (RFC 9110, section 5.5), white space before a colon (RFC 9112, section
# 5.1). A folded line belongs to its field (RFC 9112, section 5.2). No byte behind the end is looked at.

from bytes cimport Bytes, Span, is_class, is_text, FC_DIGIT
from field cimport is_blank
from head cimport fc_text_end, fc_token_end

cdef enum:
    FC_MAX_FIELDS = 1024
    FC_A_FIELD = 1
    FC_NO_MORE_FIELDS = 0
    # What is wrong with a head, in the order of fastcors._http1.FAULTS, from -1 down.
    FC_FAULT_CUT = -1
    FC_FAULT_STATUS = -2
    FC_FAULT_CONTROL = -3
    FC_FAULT_NAME = -4
    FC_FAULT_MORE = -5
    FC_FAULT_FIELDS = -6


cdef struct Field:
    Span line    # with its line break, and with the lines that continue it
    Span name
    Span value   # with the white space around it
    bint folded  # lines continue it


cdef struct HeadWalk:
    # Where a walk over the lines of a head stands.
    Bytes at
    Bytes end
    int line    # the number of the line at which it stands; that of the status line is 1
    int fields


cdef inline Py_ssize_t line_size(Bytes at, Bytes end) noexcept nogil:
    """Bytes of a line before its line break; or a fault."""
    cdef Bytes stop = fc_text_end(at, end)
    if stop == end or (stop[0] == c"\r" and end - stop == 1):
        return FC_FAULT_CUT
    if stop[0] != c"\r" or stop[1] != c"\n":
        return FC_FAULT_CONTROL
    return stop - at


cdef inline int _fault_of(Py_ssize_t size) noexcept nogil:
    """The fault that line_size returned."""
    return FC_FAULT_CUT if size == FC_FAULT_CUT else FC_FAULT_CONTROL


cdef inline int walk_head(HeadWalk* walk, Span head) noexcept nogil:
    """Begin a walk at the first field, and return the status code; or a fault (RFC 9112, section 4)."""
    cdef Bytes p = head.p
    cdef Span version
    cdef Py_ssize_t n
    walk.at = p
    walk.end = p + head.n
    walk.line = 1
    walk.fields = 0
    n = line_size(p, walk.end)
    if n < 0:
        return _fault_of(n)
    version.p = p
    version.n = 7
    if (
        n < 12 or not is_text(version, "HTTP/1.", 7) or not is_class(p[7], FC_DIGIT) or p[8] != c" "
        or not (c"1" <= p[9] <= c"9" and is_class(p[10], FC_DIGIT) and is_class(p[11], FC_DIGIT))
        or (n > 12 and p[12] != c" ")
    ):
        return FC_FAULT_STATUS
    walk.at += n + 2
    walk.line = 2
    return (p[9] - c"0") * 100 + (p[10] - c"0") * 10 + (p[11] - c"0")


cdef inline Span without_blanks(Span value) noexcept nogil:
    """A value without the white space around it, which is none of it (RFC 9110, section 5.5)."""
    while value.n and is_blank(value.p[0]):
        value.p += 1
        value.n -= 1
    while value.n and is_blank(value.p[value.n - 1]):
        value.n -= 1
    return value


cdef inline int next_field(HeadWalk* walk, Field* field) noexcept nogil:
    """Step over the next field: FC_A_FIELD; or FC_NO_MORE_FIELDS, where nothing but the empty line is left; or a
    fault, and the walk stands at the faulty line."""
    cdef Bytes start = walk.at
    cdef Bytes at
    cdef Py_ssize_t n
    if start == walk.end:
        return FC_FAULT_CUT
    if start[0] == c"\r":
        n = line_size(start, walk.end)
        return _fault_of(n) if n < 0 else FC_FAULT_MORE if walk.end - start > 2 else FC_NO_MORE_FIELDS
    at = fc_token_end(start, walk.end)
    if at == walk.end:
        return FC_FAULT_CUT
    if at == start or at[0] != c":":
        return FC_FAULT_NAME
    if walk.fields == FC_MAX_FIELDS:
        return FC_FAULT_FIELDS
    walk.fields += 1
    field.name.p = start
    field.name.n = at - start
    field.value.p = at = at + 1
    field.folded = False
    while True:
        n = line_size(at, walk.end)
        if n < 0:
            return _fault_of(n)
        field.value.n = at + n - field.value.p
        at += n + 2
        walk.at = at
        walk.line += 1
        if at == walk.end or (at[0] != c" " and at[0] != c"\t"):
            break
        field.folded = True
    field.line.p = start
    field.line.n = at - start
    return FC_A_FIELD
