# Bytes: what a run of them is, the classes they fall into, and how two runs compare.
# Nothing here touches a Python object.

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

cdef extern from *:
    """
    #define FC_ALNUM   1  /* a-z 0-9, the edges of a domain label (Fetch, section 3.2, lower-alphanum) */
    #define FC_DIGIT   2
    #define FC_HEX     4  /* 0-9 a-f */
    #define FC_SCHEME  8  /* a-z 0-9 + - . (Fetch, section 3.2, serialized-scheme) */
    #define FC_TOKEN  16  /* RFC 9110, section 5.6.2 */
    #define FC_UPPER  32
    #define FC_LABEL  64  /* a-z 0-9 - */
    static const unsigned char fc_class[256] = {
         0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 00 */
         0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 10 */
         0, 16,  0, 16, 16, 16, 16, 16,  0,  0, 16, 24,  0, 88, 24,  0,  /* 20 */
        95, 95, 95, 95, 95, 95, 95, 95, 95, 95,  0,  0,  0,  0,  0,  0,  /* 30 */
         0, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48,  /* 40 */
        48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48,  0,  0,  0, 16, 16,  /* 50 */
        16, 93, 93, 93, 93, 93, 93, 89, 89, 89, 89, 89, 89, 89, 89, 89,  /* 60 */
        89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89,  0, 16,  0, 16,  0,  /* 70 */
        0  /* 80 to ff: no byte beyond ASCII is in any class */
    };
    """
    const uint8_t fc_class[256]
    enum: FC_ALNUM
    enum: FC_DIGIT
    enum: FC_HEX
    enum: FC_SCHEME
    enum: FC_TOKEN
    enum: FC_UPPER
    enum: FC_LABEL


ctypedef const uint8_t* Bytes


cdef struct Span:
    # A run of bytes that somebody else owns. p is NULL where there is none, which is not the same as empty.
    Bytes p
    Py_ssize_t n


cdef inline bint is_class(uint8_t byte, uint8_t kind) noexcept nogil:
    return (fc_class[byte] & kind) != 0


cdef inline Py_ssize_t run_of(uint8_t kind, Bytes p, Py_ssize_t n) noexcept nogil:
    """How many of n bytes, from the first on, are of a class."""
    cdef Py_ssize_t i = 0
    while n - i >= 4 and fc_class[p[i]] & fc_class[p[i + 1]] & fc_class[p[i + 2]] & fc_class[p[i + 3]] & kind:
        i += 4
    while i < n and fc_class[p[i]] & kind:
        i += 1
    return i


cdef inline uint8_t lower(uint8_t byte) noexcept nogil:
    return byte + ((<uint8_t>(byte - c"A") < 26) << 5)  # no table: one would be a cache line more for every request


cdef inline bint is_letter(uint8_t byte, uint8_t letter) noexcept nogil:
    """Whether a byte is a letter, which is given in lower case, in either case."""
    return byte | 0x20 == letter


cdef inline void copy_lower(uint8_t* out, Bytes p, Py_ssize_t n) noexcept nogil:
    """Copy a run of bytes, letters in lower case."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = lower(p[i])


cdef inline bint is_ows(uint8_t byte) noexcept nogil:
    """Optional white space: RFC 9110, section 5.6.3."""
    return byte == c" " or byte == c"\t"


cdef inline uint64_t load64(Bytes p) noexcept nogil:
    cdef uint64_t word = 0
    memcpy(&word, p, 8)  # the address may be odd
    return word


cdef inline uint64_t load32(Bytes p) noexcept nogil:
    cdef uint32_t word = 0
    memcpy(&word, p, 4)
    return word


cdef inline bint equal(Bytes a, Bytes b, Py_ssize_t n) noexcept nogil:
    return memcmp(a, b, <size_t>n) == 0


cdef inline bint equal_short(Bytes a, Bytes b, Py_ssize_t n) noexcept nogil:
    """Whether two runs of n bytes are equal; fast where n is from four to eight."""
    if 4 <= n <= 8:
        return ((load32(a) ^ load32(b)) | (load32(a + n - 4) ^ load32(b + n - 4))) == 0
    return equal(a, b, n)


cdef inline uint64_t lower64(uint64_t word) noexcept nogil:
    """Eight bytes, letters in lower case."""
    cdef uint64_t ones = 0x0101010101010101
    cdef uint64_t low = word & ones * 0x7F
    cdef uint64_t is_upper = (low + ones * (0x80 - c"A")) & ~(low + ones * (0x7F - c"Z")) & ~word & ones * 0x80
    return word + (is_upper >> 2)


cdef inline bint equal_lower(Bytes given, Bytes name, Py_ssize_t n) noexcept nogil:
    """Whether `given`, in any letter case, is `name`, which is in lower case."""
    cdef Py_ssize_t i = 0
    if n >= 8:
        while i < n - 8:
            if lower64(load64(given + i)) != load64(name + i):
                return False
            i += 8
        return lower64(load64(given + n - 8)) == load64(name + n - 8)
    for i in range(n):
        if lower(given[i]) != name[i]:
            return False
    return True


cdef inline bint equal_folded(Bytes a, Bytes b, Py_ssize_t n) noexcept nogil:
    """Whether two runs of n bytes are equal but for their letter case."""
    cdef Py_ssize_t i
    for i in range(n):
        if lower(a[i]) != lower(b[i]):
            return False
    return True


cdef inline bint is_text(Span given, const char* text, Py_ssize_t n) noexcept nogil:
    """Whether a run of bytes is a text of n bytes."""
    return given.n == n and memcmp(given.p, text, <size_t>n) == 0


cdef inline bint is_name(Span given, const char* name, Py_ssize_t n) noexcept nogil:
    """Whether a run of bytes is a name of n bytes in any letter case; `name` is in lower case."""
    return given.n == n and (memcmp(given.p, name, <size_t>n) == 0 or equal_lower(given.p, <Bytes>name, n))


cdef inline bint begins_as(Bytes token, const char* name, Py_ssize_t n) noexcept nogil:
    """Whether the first n bytes of a token, four or more, are a name in any letter case; `name` is in lower case, and
    of letters and hyphens. The bit that tells the cases apart is set in each byte: of the bytes that a token can have,
    it makes only a letter one of such a name that was none before."""
    cdef Bytes lower = <Bytes>name
    cdef uint64_t cases = 0x2020202020202020
    cdef uint64_t differ = 0
    cdef Py_ssize_t i = 0
    if n < 8:
        return ((load32(token) | (cases >> 32)) ^ load32(lower)
                | (load32(token + n - 4) | (cases >> 32)) ^ load32(lower + n - 4)) == 0
    while i < n - 8:
        differ |= (load64(token + i) | cases) ^ load64(lower + i)
        i += 8
    return (differ | (load64(token + n - 8) | cases) ^ load64(lower + n - 8)) == 0


cdef inline bint is_named(Span token, const char* name, Py_ssize_t n) noexcept nogil:
    """Whether a token is a name of n bytes, four or more, as begins_as compares them."""
    return token.n == n and begins_as(token.p, name, n)
