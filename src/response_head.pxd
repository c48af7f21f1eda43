# The head of an HTTP/1 response as it came over the wire: a status line, fields, an empty line.
#
# RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
#
# Parsers disagree about what lies outside the grammar. What one of them takes for a line or a name and another does not
# could be a field of CORS that nobody takes out, so a head with such a thing in it is refused: a bare CR or LF (RFC
# 9112, section 2.2), another control character (RFC 9110, section 5.5), white space before a colon (RFC 9112, section
# 5.1). A folded line belongs to its field (RFC 9112, section 5.2). No byte behind the end is looked at.

from libc.stdint cimport uint8_t

from bytes cimport Bytes, Span, load32
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


cdef inline int code_of_line(Bytes line, Py_ssize_t n) noexcept nogil:
    """The status code in a status line of n bytes (RFC 9112, section 4); 0: it is none."""
    cdef uint8_t version, hundreds, tens, ones
    if n < 12 or load32(line) != load32(<Bytes><const char*>"HTTP") or load32(line + 3) != load32(
            <Bytes><const char*>"P/1."):
        return 0
    version = line[7] - c"0"
    hundreds = line[9] - c"1"
    tens = line[10] - c"0"
    ones = line[11] - c"0"
    if version > 9 or line[8] != c" " or hundreds > 8 or tens > 9 or ones > 9 or (n > 12 and line[12] != c" "):
        return 0
    return hundreds * 100 + tens * 10 + ones + 100


cdef inline void begin_fields(HeadWalk* walk, Bytes first, Bytes end) noexcept nogil:
    """Begin a walk at the first field."""
    walk.at = first
    walk.end = end
    walk.line = 2
    walk.fields = 0


cdef inline int walk_head(HeadWalk* walk, Span head) noexcept nogil:
    """Begin a walk at the first field, and return the status code; or a fault."""
    cdef Py_ssize_t n = line_size(head.p, head.p + head.n)
    cdef int status = _fault_of(n) if n < 0 else code_of_line(head.p, n)
    if status <= 0:
        walk.line = 1
        return status if status else FC_FAULT_STATUS
    begin_fields(walk, head.p + n + 2, head.p + head.n)
    return status


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
