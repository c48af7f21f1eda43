# The fields of a response: which of them a policy has a say in, and the lists that they hold.
#
# "Fetch" is https://fetch.spec.whatwg.org/, RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110.

from libc.stdint cimport uint8_t
from libc.string cimport memchr

from bytes cimport Bytes, Span, equal_folded, equal_lower, is_letter, is_name, is_ows

cdef enum:
    # What a policy has a say in beside CORS itself and Vary, in one response.
    FC_EXPOSES_PRESENT = 1  # the names that the response carries are listed
    FC_OWNS_TIMING = 2      # the application's Timing-Allow-Origin is taken out
    FC_LEAVES = 4           # of the application's headers, nothing is taken out but what there is a line of
    FC_LOWERS_NAMES = 8     # names in text are written in lower case


cdef inline bint is_cors(Span name) noexcept nogil:
    cdef Bytes prefix = <Bytes><const char*>"access-control-"
    return name.n >= 15 and is_letter(name.p[0], c"a") and equal_lower(name.p, prefix, 15)


cdef inline bint is_timing(Span name) noexcept nogil:
    return is_name(name, "timing-allow-origin", 19)


cdef inline bint is_policys(Span name, int rules) noexcept nogil:
    """Whether a field is one that the policy alone may set."""
    return is_cors(name) or (rules & FC_OWNS_TIMING and is_timing(name))


cdef inline bint is_exposable(Span name) noexcept nogil:
    """Whether "*" exposes a field of this name, which is a token: no page needs it for the safelisted ones, and it
    exposes no forbidden one (Fetch, section 2.2.2, "CORS-safelisted response-header name" and "forbidden
    response-header name")."""
    if name.n == 6:
        return not is_name(name, "pragma", 6)
    if name.n == 7:
        return not is_name(name, "expires", 7)
    if name.n == 10:
        return not is_name(name, "set-cookie", 10)
    if name.n == 11:
        return not is_name(name, "set-cookie2", 11)
    if name.n == 12:
        return not is_name(name, "content-type", 12)
    if name.n == 13:
        return not is_name(name, "cache-control", 13) and not is_name(name, "last-modified", 13)
    if name.n == 14:
        return not is_name(name, "content-length", 14)
    return not is_cors(name) and not is_name(name, "content-language", 16)


cdef inline bint is_blank(uint8_t byte) noexcept nogil:
    """White space around an element of a list, a folded line's break included (RFC 9112, section 5.2)."""
    return is_ows(byte) or byte == c"\r" or byte == c"\n"


cdef inline bint lists(Span value, Bytes token, Py_ssize_t n) noexcept nogil:
    """Whether a comma list holds a token, in any letter case, or "*"."""
    cdef Bytes at = value.p
    cdef Bytes end = value.p + value.n
    cdef Bytes stop
    cdef Bytes last
    while at < end:
        stop = <Bytes>memchr(at, c",", <size_t>(end - at))
        if stop == NULL:
            stop = end
        last = stop
        while at < last and is_blank(at[0]):
            at += 1
        while at < last and is_blank(last[-1]):
            last -= 1
        if last - at == n and equal_folded(at, token, n):
            return True
        if last - at == 1 and at[0] == c"*":
            return True
        at = stop + 1
    return False
