# A seeded 64-bit hash for short keys, eight bytes at a time.
#
# Tables are filled by the operator, but in a multi-tenant gateway the lists come from tenants: the seed keeps
# anybody from choosing keys that collide. A hash never decides: the bytes behind it are always compared.

from libc.stdint cimport uint8_t, uint64_t

from bytes cimport Bytes, load32, load64

cdef extern from *:
    """
    #if defined(__SIZEOF_INT128__)
    static inline uint64_t fc_fold(uint64_t a, uint64_t b) {
        __uint128_t product = (__uint128_t)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    static inline uint64_t fc_high(uint64_t a, uint64_t b) {
        return (uint64_t)((__uint128_t)a * b >> 64);
    }
    #elif defined(_MSC_VER) && defined(_M_X64)
    #include <intrin.h>
    static inline uint64_t fc_fold(uint64_t a, uint64_t b) {
        uint64_t high, low = _umul128(a, b, &high);
        return low ^ high;
    }
    static inline uint64_t fc_high(uint64_t a, uint64_t b) {
        return __umulh(a, b);
    }
    #else
    static inline uint64_t fc_multiply(uint64_t a, uint64_t b, uint64_t *high) {
        uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
        uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
        uint64_t middle = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
        *high = hh + (lh >> 32) + (hl >> 32) + (middle >> 32);
        return (middle << 32) | (uint32_t)ll;
    }
    static inline uint64_t fc_fold(uint64_t a, uint64_t b) {
        uint64_t high, low = fc_multiply(a, b, &high);
        return low ^ high;
    }
    static inline uint64_t fc_high(uint64_t a, uint64_t b) {
        uint64_t high;
        (void)fc_multiply(a, b, &high);
        return high;
    }
    #endif
    /* Odd constants with as many ones as zeros; nothing else about them matters. */
    #define FC_K0 UINT64_C(0x9e3779b97f4a7c15)
    #define FC_K1 UINT64_C(0xd1b54a32d192ed03)
    """
    uint64_t fc_fold(uint64_t a, uint64_t b) noexcept nogil  # the halves of the product, one over the other
    uint64_t fc_high(uint64_t a, uint64_t b) noexcept nogil  # the upper half
    const uint64_t FC_K0
    const uint64_t FC_K1


cdef inline uint64_t hash_bytes(Bytes p, Py_ssize_t n, uint64_t seed) noexcept nogil:
    """Hash n bytes."""
    cdef uint64_t h = seed ^ (<uint64_t>n * FC_K0)
    cdef uint64_t before = 0  # of all but the last 16 bytes, which do not wait for it
    cdef uint64_t a = 0
    cdef uint64_t b = 0
    if n > 16:
        before = h
        while n > 16:
            before = fc_fold(load64(p) ^ before, load64(p + 8) ^ FC_K0)
            p += 16
            n -= 16
        a = load64(p + n - 16)
        b = load64(p + n - 8)
    elif n >= 8:
        a = load64(p)
        b = load64(p + n - 8)
    elif n >= 4:
        a = load32(p)
        b = load32(p + n - 4)
    elif n > 0:
        a = (<uint64_t>p[0] << 16) | (<uint64_t>p[n >> 1] << 8) | p[n - 1]
    return fc_fold(a ^ h, b ^ FC_K1) ^ before
