# The grammar of a serialised origin, byte for byte (Fetch, section 3.2, "Origin" header, serialized-origin).
#
# An Origin value that a browser sends is in this form already, so nothing is normalised: a value in another form is
# no origin. Browsers do send three deviations, which are LENIENT: "_" in a label, "-" at a label's edge, and a
# trailing dot.
#
# "Fetch" is https://fetch.spec.whatwg.org/, "URL" is https://url.spec.whatwg.org/, RFC 5952 is
# https://www.rfc-editor.org/rfc/rfc5952.

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memchr, memcmp

from bytes cimport (
    FC_ALNUM, FC_DIGIT, FC_HEX, FC_LABEL, FC_SCHEME, FC_UPPER, Bytes, Span, is_class, is_text, lower, run_of)

cdef extern from *:
    """
    enum { FC_INVALID = 0, FC_LENIENT = 1, FC_STRICT = 2 };
    /* scheme 64 + "://" 3 + host 253 + ":" 1 + port 5, and one to spare */
    enum { FC_MAX_ORIGIN = 327, FC_MAX_SCHEME = 64, FC_MAX_HOST = 253, FC_MAX_LABEL = 63 };
    """
    enum: FC_INVALID
    enum: FC_LENIENT
    enum: FC_STRICT
    enum: FC_MAX_ORIGIN
    enum: FC_MAX_SCHEME
    enum: FC_MAX_HOST
    enum: FC_MAX_LABEL


cdef struct Origin:
    Span scheme
    Span host       # an IPv6 address in its brackets
    bint is_ip
    uint32_t port   # 0: none
    Py_ssize_t portless  # bytes up to the end of the host


cdef inline bint _is_number(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether a last label makes the host an IPv4 address (URL, section 3.5, "ends in a number checker")."""
    cdef uint8_t kind = FC_DIGIT
    cdef Py_ssize_t i = 0
    if n >= 2 and p[0] == c"0" and p[1] == c"x":
        kind = FC_HEX
        i = 2
    while i < n:
        if not is_class(p[i], kind):
            return False
        i += 1
    return True


cdef inline bint _is_ipv4(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether the host is four decimal numbers up to 255 with no leading zero (Fetch, section 3.2, serialized-ipv4)."""
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t start
    cdef int parts = 0
    cdef uint32_t value
    while True:
        start = i
        value = 0
        while i < n and i - start < 4 and is_class(p[i], FC_DIGIT):
            value = value * 10 + (p[i] - c"0")
            i += 1
        if i == start or value > 255 or (i - start > 1 and p[start] == c"0"):
            return False
        parts += 1
        if i == n:
            return parts == 4
        if p[i] != c"." or parts == 4:
            return False
        i += 1


cdef inline bint _is_ipv6(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether an address has the one form of RFC 5952, section 4, with no embedded IPv4 (Fetch, section 3.2,
    serialized-ipv6)."""
    cdef uint16_t pieces[8]
    cdef uint32_t value
    cdef int count = 0
    cdef int gap = -1
    cdef int elided = 0
    cdef int best = -1
    cdef int best_n = 1  # a run of one zero is never shortened
    cdef int run = 0
    cdef int j
    cdef uint16_t piece
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t start
    if n < 2:
        return False
    if p[0] == c":":
        if p[1] != c":":
            return False
        gap = 0
        i = 2
    while i < n:
        if count == 8:
            return False
        start = i
        value = 0
        while i < n and i - start < 4 and is_class(p[i], FC_HEX):
            value = value * 16 + (p[i] - c"0" if is_class(p[i], FC_DIGIT) else p[i] - c"a" + 10)
            i += 1
        if i == start or (i - start > 1 and p[start] == c"0"):
            return False
        pieces[count] = <uint16_t>value
        count += 1
        if i == n:
            break
        if p[i] != c":" or i + 1 == n:
            return False
        i += 1
        if p[i] == c":":
            if gap >= 0:
                return False
            gap = count
            i += 1
    if gap < 0:
        if count != 8:
            return False
    else:
        elided = 8 - count
        if elided < 2:
            return False
    # "::" must stand for the longest run of zeros, the first of those equally long, and for the whole of it (RFC 5952,
    # sections 4.2.1 to 4.2.3).
    for j in range(8):
        if gap >= 0 and gap <= j < gap + elided:
            piece = 0
        else:
            piece = pieces[j if gap < 0 or j < gap else j - elided]
        run = run + 1 if piece == 0 else 0
        if run > best_n:
            best_n = run
            best = j - run + 1
    return best == gap and (gap < 0 or best_n == elided)


cdef inline uint32_t _default_port(Span scheme) noexcept nogil:
    """The default port of a special scheme (URL, section 4.2); 0: it has none."""
    if is_text(scheme, "https", 5) or is_text(scheme, "wss", 3):
        return 443
    if is_text(scheme, "http", 4) or is_text(scheme, "ws", 2):
        return 80
    if is_text(scheme, "ftp", 3):
        return 21
    return 0


cdef inline bint split_origin(Bytes p, Py_ssize_t n, Origin* origin) noexcept nogil:
    """Split a value of at least one byte into the parts that parse_origin would give, if that accepted it.

    Most bytes are not looked at, so an origin that matches nothing is refused cheaply. False: it is no origin."""
    cdef Py_ssize_t i = 5
    cdef Py_ssize_t end = n
    cdef uint32_t scale = 1
    cdef Bytes colon
    if n <= 8 or memcmp(p, "https://", 8) != 0:
        colon = <Bytes>memchr(p, c":", <size_t>n)
        if colon == NULL:
            return False
        i = colon - p
        if n - i < 4 or memcmp(colon, "://", 3) != 0:
            return False
    origin.scheme.p = p
    origin.scheme.n = i
    origin.is_ip = False
    origin.port = 0
    i += 3
    while end > i and n - end < 5 and is_class(p[end - 1], FC_DIGIT):
        end -= 1
        origin.port += scale * (p[end] - c"0")
        scale *= 10
    if end < n and end > i and p[end - 1] == c":":
        end -= 1
    else:
        end = n
        origin.port = 0
    origin.host.p = p + i
    origin.host.n = end - i
    origin.portless = end
    return True


cdef inline int parse_origin(Bytes p, Py_ssize_t n, Origin* origin) noexcept nogil:
    """FC_STRICT, FC_LENIENT or FC_INVALID; in the first two cases `origin` is filled in."""
    cdef int grade = FC_STRICT
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t host
    cdef Py_ssize_t label
    cdef Py_ssize_t last = 0    # the last label that is not empty
    cdef Py_ssize_t last_n = 0
    cdef Py_ssize_t end
    cdef uint8_t byte
    cdef uint32_t port = 0
    if n > FC_MAX_ORIGIN or n < 5 or not is_class(p[0], FC_ALNUM) or is_class(p[0], FC_DIGIT):
        return FC_INVALID

    if n > 8 and memcmp(p, "https://", 8) == 0:
        i = 5  # as nearly always
    else:
        i = run_of(FC_SCHEME, p, n)
        if i > FC_MAX_SCHEME or n - i < 4 or memcmp(p + i, "://", 3) != 0 or (i == 4 and memcmp(p, "file", 4) == 0):
            return FC_INVALID  # for "file" browsers send "null"
    origin.scheme.p = p
    origin.scheme.n = i

    host = i + 3
    origin.is_ip = False
    if p[host] == c"[":
        end = host + 1
        while end < n and p[end] != c"]":
            end += 1
        if end == n or not _is_ipv6(p + host + 1, end - host - 1):
            return FC_INVALID
        end += 1
        origin.is_ip = True
    else:
        label = host
        end = host
        while True:
            end += run_of(FC_LABEL, p + end, n - end)
            byte = p[end] if end < n else c":"
            if byte == c"_":
                grade = FC_LENIENT
                end += 1
                continue
            if byte != c"." and byte != c":":
                return FC_INVALID
            if end > label:
                if end - label > FC_MAX_LABEL:
                    return FC_INVALID
                if p[label] == c"-" or p[end - 1] == c"-":
                    grade = FC_LENIENT
                last = label
                last_n = end - label
            elif byte == c"." or last_n == 0:
                return FC_INVALID  # an empty label, or no host
            else:
                grade = FC_LENIENT  # a trailing dot
            if byte == c":":
                break
            end += 1
            label = end
        if end - host > FC_MAX_HOST:
            return FC_INVALID
        if _is_number(p + last, last_n):
            if not _is_ipv4(p + host, end - host):
                return FC_INVALID
            origin.is_ip = True

    origin.host.p = p + host
    origin.host.n = end - host
    origin.portless = end
    if end < n:
        i = end + 1
        if p[end] != c":" or i == n or n - i > 5 or p[i] == c"0":
            return FC_INVALID
        while i < n:
            if not is_class(p[i], FC_DIGIT):
                return FC_INVALID
            port = port * 10 + (p[i] - c"0")
            i += 1
        if port > 65535 or port == _default_port(origin.scheme):
            return FC_INVALID
    origin.port = port
    return grade


cdef inline bint _is_loose_host(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether a value looks like the name or address of a host, in any letter case, with a port or without."""
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t start
    if n > 0 and p[0] == c"[":
        i = 1
        while i < n and (is_class(lower(p[i]), FC_HEX) or p[i] == c":" or p[i] == c"."):
            i += 1
        if i == n or p[i] != c"]" or not 1 <= i - 1 <= 45:
            return False
        i += 1
    else:
        while i < n and (is_class(p[i], FC_LABEL | FC_UPPER) or p[i] == c"." or p[i] == c"_"):
            i += 1
        if not 1 <= i <= FC_MAX_HOST:
            return False
    if i < n and p[i] == c":":
        start = i + 1
        i = start + run_of(FC_DIGIT, p + start, n - start)
        return i == n and 1 <= i - start <= 5
    return i == n


cdef inline bint is_bare_host(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether a value is a host with no scheme, in any letter case; "null" is none (fastcors._grammar)."""
    return _is_loose_host(p, n) and not (n == 4 and memcmp(p, "null", 4) == 0)


cdef inline bint is_shell_origin(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether an origin outside the grammar may be listed whole, as programs that embed a browser send it.

    It has a scheme that is none of the web's, and visible ASCII without "*", ",", quotes and backslash; or it is
    "file://"."""
    cdef Span scheme
    cdef Py_ssize_t i
    cdef uint8_t byte
    scheme.p = p
    scheme.n = run_of(FC_SCHEME, p, n)
    i = scheme.n
    if i == 0 or i > FC_MAX_SCHEME or is_class(p[0], FC_DIGIT) or not is_class(p[0], FC_ALNUM):
        return False
    if n - i < 3 or n - i - 3 > FC_MAX_HOST or memcmp(p + i, "://", 3) != 0:
        return False
    if is_text(scheme, "file", 4):
        return n == i + 3
    if is_text(scheme, "http", 4) or is_text(scheme, "https", 5):
        return False
    if is_text(scheme, "ws", 2) or is_text(scheme, "wss", 3):
        return False
    for i in range(i + 3, n):
        byte = p[i]
        if byte <= c" " or byte > c"~" or byte == c"*" or byte == c"," or byte == c"'" or byte == c'"' or byte == c"\\":
            return False
    return True


cdef inline bint is_loose_origin(Bytes p, Py_ssize_t n) noexcept nogil:
    """Whether a value looks like an origin, in any letter case (fastcors._grammar)."""
    cdef Py_ssize_t i = 0
    while i < n and is_class(lower(p[i]), FC_SCHEME):
        i += 1
    if not (0 < i <= FC_MAX_SCHEME and n - i > 3 and memcmp(p + i, "://", 3) == 0 and c"a" <= lower(p[0]) <= c"z"):
        return False
    return _is_loose_host(p + i + 3, n - i - 3)
