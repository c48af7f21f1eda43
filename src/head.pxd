# The head of an HTTP/1.1 request as it came over the wire, and what CORS and a router want of it, in one pass.
#
# RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
#
# Parsers disagree about what lies outside the grammar: a bare CR or LF, a folded line, white space before a colon. So
# a head with such a thing in it has no field at all here, and nobody sees more in it than a parser that accepts it.
# Every byte is looked at once, and none at the end or behind it.

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from bytes cimport FC_TOKEN, Bytes, Span, equal, fc_class, is_name, is_ows, is_text
from token cimport FC_MAX_LINES

cdef extern from *:
    """
    #if (defined(__SSE2__) || defined(_M_X64)) && !defined(FC_PORTABLE)
    #include <emmintrin.h>
    #define FC_FILL(byte) _mm_set1_epi8((char)(byte))
    #define FC_LOAD(p) _mm_loadu_si128((const __m128i *)(p))
    #define FC_AT_MOST(bytes, most) _mm_cmpeq_epi8(_mm_min_epu8(bytes, FC_FILL(most)), bytes)
    #if defined(_MSC_VER)
    #include <intrin.h>
    static __forceinline int fc_first_of(int mask) {
        unsigned long at;
        _BitScanForward(&at, (unsigned long)mask);
        return (int)at;
    }
    #else
    #define fc_first_of(mask) __builtin_ctz((unsigned)(mask))
    #endif
    #endif

    /* The first byte that is in no token (RFC 9110, section 5.6.2), or the end. */
    static inline const uint8_t *fc_token_end(const uint8_t *p, const uint8_t *end) {
    #if defined(FC_FILL)
        while (end - p >= 16) {  /* letters, digits and hyphens, which nearly every name is made of */
            __m128i bytes = FC_LOAD(p);
            __m128i letters = FC_AT_MOST(_mm_sub_epi8(_mm_or_si128(bytes, FC_FILL(32)), FC_FILL('a')), 25);
            __m128i digits = FC_AT_MOST(_mm_sub_epi8(bytes, FC_FILL('0')), 9);
            __m128i known = _mm_or_si128(_mm_or_si128(letters, digits), _mm_cmpeq_epi8(bytes, FC_FILL('-')));
            int others = _mm_movemask_epi8(known) ^ 0xffff;
            if (others) {
                p += fc_first_of(others);
                break;
            }
            p += 16;
        }
    #endif
        while (p < end && fc_class[*p] & FC_TOKEN) p++;
        return p;
    }

    /* The first control character but for tabs, or the end: no other byte may be missing in the value of a field
       (RFC 9110, section 5.5, "field-vchar"). */
    static inline const uint8_t *fc_text_end(const uint8_t *p, const uint8_t *end) {
    #if defined(FC_FILL)
        while (end - p >= 16) {
            __m128i bytes = FC_LOAD(p);
            int controls = _mm_movemask_epi8(_mm_or_si128(FC_AT_MOST(bytes, 31), _mm_cmpeq_epi8(bytes, FC_FILL(127))));
            if (controls) {
                p += fc_first_of(controls);
                if (*p != '\\t') return p;
                p++;
            } else {
                p += 16;
            }
        }
    #endif
        while (end - p >= 8) {  /* a high bit of `controls` is set in the first byte below 32 or of 127 */
            const uint64_t ones = ~(uint64_t)0 / 255;
            uint64_t bytes, deletes, controls;
            memcpy(&bytes, p, 8);
            deletes = bytes ^ ones * 127;
            controls = ((bytes - ones * 32) & ~bytes) | ((deletes - ones) & ~deletes);
            if (controls & ones * 128) break;
            p += 8;
        }
        while (p < end && (*p >= 32 ? *p != 127 : *p == '\\t')) p++;
        return p;
    }
    """
    Bytes fc_token_end(Bytes p, Bytes end) noexcept nogil
    Bytes fc_text_end(Bytes p, Bytes end) noexcept nogil


cdef struct PreflightFields:
    # What a preflight requests in its own fields, beside its Origin.
    Span method           # Access-Control-Request-Method; p is NULL: there is none, so that it is no preflight
    bint several_methods
    bint private_network  # Access-Control-Request-Private-Network: true
    int n_lines           # of Access-Control-Request-Headers
    Span lines[FC_MAX_LINES]


cdef struct Fields:
    # The fields that CORS is about, in a request of which the lines come one after another.
    Span origin           # of the first Origin line; p is NULL: there is none
    bint several_origins
    PreflightFields preflight


cdef enum:
    FC_SHORTEST_FIELD = 29  # bytes of the shortest name of a preflight's own fields, Access-Control-Request-Method


cdef inline void fields_clear(Fields* fields) noexcept nogil:
    fields.origin.p = fields.preflight.method.p = NULL
    fields.origin.n = fields.preflight.method.n = 0
    fields.several_origins = fields.preflight.several_methods = fields.preflight.private_network = False
    fields.preflight.n_lines = 0


cdef inline void fields_add(Fields* fields, Span name, Span value) noexcept nogil:
    """Take one line of a request: keep what CORS is about, and nothing of any other field."""
    cdef PreflightFields* preflight = &fields.preflight
    if is_name(name, "origin", 6):
        if fields.origin.p == NULL:
            fields.origin = value
        else:
            fields.several_origins = True
    elif is_name(name, "access-control-request-method", 29):
        if preflight.method.p == NULL:
            preflight.method = value
        else:
            preflight.several_methods = True
    elif is_name(name, "access-control-request-headers", 30):
        if preflight.n_lines < FC_MAX_LINES:
            preflight.lines[preflight.n_lines] = value
            preflight.n_lines += 1
    elif is_name(name, "access-control-request-private-network", 38):
        if is_text(value, "true", 4):
            preflight.private_network = True


cdef struct Head:
    # What was found in a head. The spans point into it; p is NULL where there is no such thing.
    Py_ssize_t size  # with its empty line; FC_HEAD_CUT or FC_HEAD_MALFORMED: nothing was found
    Span method      # of the request line
    Span target      # of the request line, as it is: a path with its query, mostly (RFC 9112, section 3.2)
    Fields fields    # those of a preflight only where the method is OPTIONS


cdef enum:
    FC_VERSION_SIZE = 11  # of " HTTP/1.1" and the line break
    # Of what is no head: the end comes too early, or the grammar does not have it.
    FC_HEAD_CUT = -1
    FC_HEAD_MALFORMED = -2


cdef inline void head_clear(Head* head) noexcept nogil:
    head.method.p = head.target.p = NULL
    head.method.n = head.target.n = 0
    fields_clear(&head.fields)


cdef inline int line_break(Bytes at, Bytes end) noexcept nogil:
    """2, the length of the line break that is here (RFC 9112, section 2.2); FC_HEAD_CUT or FC_HEAD_MALFORMED."""
    if end - at >= 2:
        return 2 if at[0] == c"\r" and at[1] == c"\n" else FC_HEAD_MALFORMED
    return FC_HEAD_CUT if at == end or at[0] == c"\r" else FC_HEAD_MALFORMED


cdef inline Py_ssize_t read_request_line(Bytes start, Bytes end, Head* head) noexcept nogil:
    """Read the request line of HTTP/1.0 or 1.1 (RFC 9112, section 3): its length, FC_HEAD_CUT or FC_HEAD_MALFORMED."""
    cdef Bytes at = fc_token_end(start, end)
    head.method.p = start
    head.method.n = at - start
    if at == end:
        return FC_HEAD_CUT
    if at == start or at[0] != c" ":
        return FC_HEAD_MALFORMED
    at += 1
    head.target.p = at
    while at < end and c"!" <= at[0] <= c"~":
        at += 1
    head.target.n = at - head.target.p
    if end - at < FC_VERSION_SIZE:
        return FC_HEAD_CUT
    if head.target.n == 0 or not equal(at, <Bytes><const char*>" HTTP/1.", 8) or not c"0" <= at[8] <= c"9":
        return FC_HEAD_MALFORMED
    return at + FC_VERSION_SIZE - start if line_break(at + 9, end) > 0 else FC_HEAD_MALFORMED


cdef inline Py_ssize_t read_field_line(Bytes start, Bytes end, Span* name, Span* value) noexcept nogil:
    """Read a field line (RFC 9112, section 5): its length, FC_HEAD_CUT or FC_HEAD_MALFORMED.

    The empty line after the last field is a line of two bytes with an empty name."""
    cdef Bytes at = fc_token_end(start, end)
    cdef int ended
    name.p = start
    name.n = at - start
    if name.n == 0 or at == end or at[0] != c":":
        ended = line_break(at, end)
        return ended if name.n == 0 or ended < 0 else FC_HEAD_MALFORMED
    value.p = at + 1
    at = fc_text_end(at + 1, end)
    value.n = at - value.p
    ended = line_break(at, end)
    return at + ended - start if ended > 0 else ended


cdef inline Span without_ows(Span value) noexcept nogil:
    """A value without the white space around it, which is none of it (RFC 9110, section 5.5)."""
    while value.n > 0 and is_ows(value.p[0]):
        value.p += 1
        value.n -= 1
    while value.n > 0 and is_ows(value.p[value.n - 1]):
        value.n -= 1
    return value


cdef inline Py_ssize_t read_lines(Bytes start, Bytes end, bint options, Head* head) noexcept nogil:
    """Read the field lines up to and with the empty line: their length, FC_HEAD_CUT or FC_HEAD_MALFORMED."""
    cdef Bytes at = start
    cdef Span name, value
    cdef Py_ssize_t size
    while True:
        size = read_field_line(at, end, &name, &value)
        if size < 0:
            return size
        at += size
        if name.n == 6 or (options and name.n >= FC_SHORTEST_FIELD):
            fields_add(&head.fields, name, without_ows(value))
        elif name.n == 0:
            return at - start


cdef inline Py_ssize_t read_head(Bytes start, Bytes end, const Span* method, Head* head) noexcept nogil:
    """Read a head, from its request line or, where `method` is not NULL, from its first field line on.

    Returns the size of the head with its empty line, behind which nothing is looked at; or FC_HEAD_CUT or
    FC_HEAD_MALFORMED, and then nothing was found."""
    cdef Py_ssize_t line = 0
    cdef Py_ssize_t lines
    head_clear(head)
    if method == NULL:
        line = read_request_line(start, end, head)
        method = &head.method
    lines = line if line < 0 else read_lines(start + line, end, is_text(method[0], "OPTIONS", 7), head)
    if lines < 0:
        head_clear(head)
        head.size = lines
    else:
        head.size = line + lines
    return head.size
