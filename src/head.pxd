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
    #if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    #include <intrin.h>
    static __forceinline int fc_lowest64(uint64_t bits) {
        unsigned long number;
        _BitScanForward64(&number, bits);
        return (int)number;
    }
    #elif defined(__GNUC__)
    #define fc_lowest64(bits) __builtin_ctzll(bits)
    #else
    static inline int fc_lowest64(uint64_t bits) {
        int number = 0;
        while (!(bits >> number & 1)) number++;
        return number;
    }
    #endif

    #if (defined(__SSE2__) || defined(_M_X64)) && !defined(FC_PORTABLE)
    #include <emmintrin.h>
    #define FC_FILL(byte) _mm_set1_epi8((char)(byte))
    #define FC_LOAD(p) _mm_loadu_si128((const __m128i *)(p))
    /* Which bytes are from `first` to `last`: one signed comparison, once `last` is moved to 127. */
    #define FC_WITHIN(bytes, first, last) \\
        _mm_cmpgt_epi8(_mm_add_epi8(bytes, FC_FILL(127 - (last))), FC_FILL(126 - (last) + (first)))
    #define FC_INSIDE(p, first, last) ((uint64_t)(unsigned)_mm_movemask_epi8(FC_WITHIN(FC_LOAD(p), first, last)))
    #endif

    /* A bit for each of 64 bytes that is not from 32 to 126. */
    static inline uint64_t fc_odd_of_64(const uint8_t *p) {
    #if defined(FC_FILL)
        return ~(FC_INSIDE(p, 32, 126) | FC_INSIDE(p + 16, 32, 126) << 16
            | FC_INSIDE(p + 32, 32, 126) << 32 | FC_INSIDE(p + 48, 32, 126) << 48);
    #else
        const uint64_t ones = ~(uint64_t)0 / 255;
        uint64_t odd = 0;
        int i, j;
        for (i = 0; i < 8; i++) {
            uint64_t bytes = 0, low;
            for (j = 0; j < 8; j++) bytes |= (uint64_t)p[8 * i + j] << 8 * j;  /* one load, to compilers */
            low = bytes & ones * 127;
            bytes = (bytes | ~(low + ones * 96) | (low + ones)) >> 7 & ones;  /* of each byte the lowest bit */
            odd |= (bytes * 0x0102040810204080u >> 56) << 8 * i;
        }
        return odd;
    #endif
    }

    /* A bit for each of the next 64 bytes before the end that is not from 32 to 126. */
    static inline uint64_t fc_odd(const uint8_t *p, const uint8_t *end) {
        if (end - p >= 64) {
            return fc_odd_of_64(p);
        } else {
            uint8_t last[64] = {0};
            memcpy(last, p, (size_t)(end - p));
            return fc_odd_of_64(last) & (((uint64_t)1 << (end - p)) - 1);
        }
    }

    /* The first byte that is in no token (RFC 9110, section 5.6.2), or the end. */
    static inline const uint8_t *fc_token_end(const uint8_t *p, const uint8_t *end) {
    #if defined(FC_FILL)
        while (end - p >= 16) {  /* letters, digits and hyphens, which nearly every name is made of */
            __m128i bytes = FC_LOAD(p);
            __m128i letters = FC_WITHIN(_mm_or_si128(bytes, FC_FILL(32)), 'a', 'z');
            __m128i others = _mm_or_si128(FC_WITHIN(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, FC_FILL('-')));
            unsigned rest = (unsigned)_mm_movemask_epi8(_mm_or_si128(letters, others)) ^ 0xffff;
            if (rest) {
                p += fc_lowest64(rest);
                if (*p == ':') return p;
                break;
            }
            p += 16;
        }
    #endif
        while (p < end && fc_class[*p] & FC_TOKEN) p++;
        return p;
    }

    /* The first control character but for tabs, or the end: every other byte may stand in the value of a field
       (RFC 9110, section 5.5, "field-vchar"). */
    static inline const uint8_t *fc_text_end(const uint8_t *p, const uint8_t *end) {
        for (;;) {
    #if defined(FC_FILL)
            while (end - p >= 16) {
                uint64_t odd = FC_INSIDE(p, 32, 126) ^ 0xffff;
                p += odd ? fc_lowest64(odd) : 16;
                if (odd) break;
            }
    #endif
            while (p < end && (uint8_t)(*p - 32) < 95) p++;
            if (p == end || (*p != '\\t' && *p < 128)) return p;
            p++;
        }
    }

    /* The first byte that is not visible ASCII, or the end. */
    static inline const uint8_t *fc_visible_end(const uint8_t *p, const uint8_t *end) {
    #if defined(FC_FILL)
        while (end - p >= 16) {
            uint64_t odd = FC_INSIDE(p, 33, 126) ^ 0xffff;
            if (odd) return p + fc_lowest64(odd);
            p += 16;
        }
    #endif
        while (p < end && (uint8_t)(*p - 33) < 94) p++;
        return p;
    }
    """
    int fc_lowest64(uint64_t bits) noexcept nogil
    uint64_t fc_odd(Bytes p, Bytes end) noexcept nogil
    Bytes fc_token_end(Bytes p, Bytes end) noexcept nogil
    Bytes fc_text_end(Bytes p, Bytes end) noexcept nogil
    Bytes fc_visible_end(Bytes p, Bytes end) noexcept nogil


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


cdef inline void preflight_clear(PreflightFields* fields) noexcept nogil:
    fields.method.p = NULL
    fields.method.n = 0
    fields.several_methods = fields.private_network = False
    fields.n_lines = 0


cdef inline void preflight_add(PreflightFields* fields, Span name, Span value) noexcept nogil:
    """Take one line of a preflight: keep what it requests, and nothing of any other field."""
    if is_name(name, "access-control-request-method", 29):
        if fields.method.p == NULL:
            fields.method = value
        else:
            fields.several_methods = True
    elif is_name(name, "access-control-request-headers", 30):
        if fields.n_lines < FC_MAX_LINES:
            fields.lines[fields.n_lines] = value
            fields.n_lines += 1
    elif is_name(name, "access-control-request-private-network", 38):
        if is_text(value, "true", 4):
            fields.private_network = True


cdef inline void fields_clear(Fields* fields) noexcept nogil:
    fields.origin.p = NULL
    fields.origin.n = 0
    fields.several_origins = False
    preflight_clear(&fields.preflight)


cdef inline void fields_add(Fields* fields, Span name, Span value) noexcept nogil:
    """Take one line of a request: keep what CORS is about, and nothing of any other field."""
    if is_name(name, "origin", 6):
        if fields.origin.p == NULL:
            fields.origin = value
        else:
            fields.several_origins = True
    else:
        preflight_add(&fields.preflight, name, value)


cdef struct Head:
    # What was found in a head. The spans point into it; p is NULL where there is no such thing.
    Py_ssize_t size  # with its empty line; FC_HEAD_CUT or FC_HEAD_MALFORMED: nothing was found
    Span method      # of the request line
    Span target      # of the request line, as it is: a path with its query, mostly (RFC 9112, section 3.2)
    Fields fields    # those of a preflight only where the method is OPTIONS


cdef enum:
    FC_VERSION_SIZE = 9  # of " HTTP/1.1"
    # Of what is no head: the end comes too early, or the grammar does not have it.
    FC_HEAD_CUT = -1
    FC_HEAD_MALFORMED = -2


cdef inline void head_clear(Head* head) noexcept nogil:
    head.method.p = head.target.p = NULL
    head.method.n = head.target.n = 0
    fields_clear(&head.fields)


# A line goes up to `stop`, where its line break is. That lies before the end of the head, up to which bytes may be
# looked at.

cdef inline bint read_request_line(Bytes line, Bytes stop, Bytes end, Head* head) noexcept nogil:
    """Read a request line of HTTP/1.0 or 1.1 (RFC 9112, section 3). False: it is none."""
    cdef Bytes at = fc_token_end(line, end)
    cdef Bytes version = stop - FC_VERSION_SIZE
    if version - at < 2 or at == line or at[0] != c" " or fc_visible_end(at + 1, end) != version:
        return False
    head.method.p = line
    head.method.n = at - line
    head.target.p = at + 1
    head.target.n = version - at - 1
    return equal(version, <Bytes><const char*>" HTTP/1.", 8) and c"0" <= version[8] <= c"9"


cdef inline bint read_field(Bytes line, Bytes stop, Bytes end, Span* name, Span* value) noexcept nogil:
    """Read a field line (RFC 9112, section 5); its value is with the white space around it. False: it is none."""
    cdef Bytes at = fc_token_end(line, end)
    if at == line or at[0] != c":":
        return False
    name.p = line
    name.n = at - line
    value.p = at + 1
    value.n = stop - value.p
    return True


cdef inline Span without_ows(Span value) noexcept nogil:
    """A value without the white space around it, which is none of it (RFC 9110, section 5.5)."""
    while value.n > 0 and is_ows(value.p[0]):
        value.p += 1
        value.n -= 1
    while value.n > 0 and is_ows(value.p[value.n - 1]):
        value.n -= 1
    return value


cdef inline bint is_line_break(Bytes at, Bytes end) noexcept nogil:
    return end - at >= 2 and at[0] == c"\r" and at[1] == c"\n"


cdef struct Lines:
    # Where a walk over lines stands. Line breaks are found 64 bytes at a time, whatever the lines are, so that a
    # processor need not know where one ends to begin with the next.
    Bytes at       # where a line begins
    Bytes end
    Bytes ahead    # what is behind the 64 bytes that are looked at
    uint64_t odd   # a bit for each of them that may be a line break, of those that were not passed
    int fault      # why there is no next line: FC_HEAD_CUT; or FC_HEAD_MALFORMED for a control character in it


cdef inline void begin_lines(Lines* lines, Bytes start, Bytes end) noexcept nogil:
    """Begin a walk at the start of a line."""
    lines.at = lines.ahead = start
    lines.end = end
    lines.odd = 0


cdef inline Bytes next_break(Lines* lines) noexcept nogil:
    """Where the line break is of the line that begins here; NULL: it has none."""
    cdef Bytes at
    while True:
        while lines.odd:
            at = lines.ahead - 64 + fc_lowest64(lines.odd)
            lines.odd &= lines.odd - 1
            if at < lines.at or at[0] == c"\t" or at[0] >= 128:
                continue  # a LF after the last block's CR; or what may stand in a value (RFC 9110, section 5.5)
            if not is_line_break(at, lines.end):
                lines.fault = FC_HEAD_CUT if at[0] == c"\r" and lines.end - at < 2 else FC_HEAD_MALFORMED
                return NULL
            return at
        if lines.ahead >= lines.end:
            lines.fault = FC_HEAD_CUT
            return NULL
        lines.odd = fc_odd(lines.ahead, lines.end)
        lines.ahead += 64


cdef inline void step_over(Lines* lines, Bytes line_break) noexcept nogil:
    """Go on to the line behind a line break."""
    lines.at = line_break + 2
    lines.odd &= lines.odd - 1  # its LF, where that is in this block


cdef inline Py_ssize_t read_lines(Bytes start, Bytes end, bint options, bint request_line, Head* head) noexcept nogil:
    """Read lines up to and with the empty line: their size, FC_HEAD_CUT or FC_HEAD_MALFORMED."""
    cdef Lines lines
    cdef Bytes stop
    cdef Span name, value
    begin_lines(&lines, start, end)
    if request_line:
        stop = next_break(&lines)
        if stop == NULL:
            return lines.fault
        if not read_request_line(lines.at, stop, end, head):
            return FC_HEAD_MALFORMED
        step_over(&lines, stop)
        options = is_text(head.method, "OPTIONS", 7)
    while True:
        stop = next_break(&lines)
        if stop == NULL:
            return lines.fault
        if stop == lines.at:
            return stop + 2 - start
        if not read_field(lines.at, stop, end, &name, &value):
            return FC_HEAD_MALFORMED
        if name.n == 6 or (options and name.n >= FC_SHORTEST_FIELD):
            fields_add(&head.fields, name, without_ows(value))
        step_over(&lines, stop)


cdef inline Py_ssize_t read_head(Bytes start, Bytes end, const Span* method, Head* head) noexcept nogil:
    """Read a head, from its request line or, where `method` is not NULL, from its first field line on.

    Returns the size of the head with its empty line, behind which nothing is looked at; or FC_HEAD_CUT or
    FC_HEAD_MALFORMED, and then nothing was found."""
    head_clear(head)
    head.size = read_lines(start, end, method != NULL and is_text(method[0], "OPTIONS", 7), method == NULL, head)
    if head.size < 0:
        head_clear(head)
    return head.size
