# Field lines of HTTP/2 and HTTP/3: references to the static tables, and literals that are not put into a dynamic table.
# They neither read nor change a connection's state, so they can be put behind any field block that an encoder made.
#
# RFC 7541 (HPACK) is https://www.rfc-editor.org/rfc/rfc7541, RFC 9204 (QPACK) https://www.rfc-editor.org/rfc/rfc9204.
#
# Names are given in any letter case and written in lower case (RFC 9113, section 8.2.1). Nothing here touches a Python
# object. There is no Huffman code: a decoder must take strings without it (RFC 7541, section 5.2).

from bytes cimport Span, is_name
from libc.stdint cimport uint8_t
from libc.string cimport memcmp
from output cimport Output, put, put_byte, put_lower

cdef extern from *:
    """
    enum { FC_HPACK, FC_QPACK, FC_NOT_STATIC = 255 };

    typedef struct {
        const char *name;
        const char *value;  /* NULL: the name alone */
        uint8_t name_n, value_n;
        uint8_t index[2];   /* in each static table; FC_NOT_STATIC: not there */
    } fc_static_field;
    #define FC_STATIC_NAME(name, hpack, qpack) {name, NULL, sizeof(name) - 1, 0, {hpack, qpack}}
    #define FC_STATIC_FIELD(name, value, hpack, qpack) \
        {name, value, sizeof(name) - 1, sizeof(value) - 1, {hpack, qpack}}
    #define FC_STATIC_FIELDS 25

    /* Of RFC 7541, appendix A, and RFC 9204, appendix A, what an answer can use: first the names, then whole fields. */
    static const fc_static_field fc_static_fields[FC_STATIC_FIELDS] = {
        FC_STATIC_NAME("vary", 59, 59),
        FC_STATIC_NAME(":status", 8, 24),
        FC_STATIC_NAME("content-type", 31, 44),
        FC_STATIC_NAME("content-length", 28, 4),
        FC_STATIC_NAME("timing-allow-origin", 255, 93),
        FC_STATIC_NAME("access-control-allow-origin", 20, 35),
        FC_STATIC_NAME("access-control-allow-methods", 255, 76),
        FC_STATIC_NAME("access-control-allow-headers", 255, 33),
        FC_STATIC_NAME("access-control-expose-headers", 255, 79),
        FC_STATIC_NAME("access-control-allow-credentials", 255, 73),
        FC_STATIC_FIELD(":status", "200", 8, 25),
        FC_STATIC_FIELD(":status", "204", 9, 64),
        FC_STATIC_FIELD(":status", "206", 10, 65),
        FC_STATIC_FIELD(":status", "400", 12, 67),
        FC_STATIC_FIELD(":status", "403", 255, 68),
        FC_STATIC_FIELD(":status", "404", 13, 27),
        FC_STATIC_FIELD(":status", "421", 255, 69),
        FC_STATIC_FIELD(":status", "425", 255, 70),
        FC_STATIC_FIELD("content-length", "0", 255, 4),
        FC_STATIC_FIELD("timing-allow-origin", "*", 255, 93),
        FC_STATIC_FIELD("access-control-allow-origin", "*", 255, 35),
        FC_STATIC_FIELD("access-control-allow-headers", "*", 255, 75),
        FC_STATIC_FIELD("access-control-allow-headers", "cache-control", 255, 33),
        FC_STATIC_FIELD("access-control-allow-headers", "content-type", 255, 34),
        FC_STATIC_FIELD("access-control-expose-headers", "content-length", 255, 79),
    };
    """
    enum: FC_HPACK
    enum: FC_QPACK
    enum: FC_NOT_STATIC
    ctypedef struct StaticField "fc_static_field":
        const char* name
        const char* value
        uint8_t name_n
        uint8_t value_n
        uint8_t index[2]
    int FC_STATIC_FIELDS
    const StaticField fc_static_fields[25]


cdef inline int static_name(int table, Span name) noexcept nogil:
    """The index of a name in a static table, or FC_NOT_STATIC."""
    cdef const StaticField* entry
    cdef int i
    for i in range(FC_STATIC_FIELDS):
        entry = &fc_static_fields[i]
        if entry.value == NULL and is_name(name, entry.name, entry.name_n):
            return entry.index[table]
    return FC_NOT_STATIC


cdef inline int static_field(int table, Span name, Span value) noexcept nogil:
    """The index of a name with this value in a static table, or FC_NOT_STATIC."""
    cdef const StaticField* entry
    cdef int i
    for i in range(FC_STATIC_FIELDS):
        entry = &fc_static_fields[i]
        if (
            entry.value != NULL and entry.value_n == value.n and is_name(name, entry.name, entry.name_n)
            and memcmp(value.p, entry.value, <size_t>value.n) == 0
        ):
            return entry.index[table]
    return FC_NOT_STATIC


cdef inline void put_number(Output* out, uint8_t first, int bits, size_t number) noexcept nogil:
    """Put a number whose first byte has so many bits for it; `first` is what else is in that byte (RFC 7541, section
    5.1)."""
    cdef size_t most = (<size_t>1 << bits) - 1
    if number < most:
        put_byte(out, first | <uint8_t>number)
        return
    put_byte(out, first | <uint8_t>most)
    number -= most
    while number >= 128:
        put_byte(out, <uint8_t>(number & 127) | 128)
        number >>= 7
    put_byte(out, <uint8_t>number)


cdef inline void put_index(Output* out, int table, int index) noexcept nogil:
    """Put a field line of which the static table has the whole (RFC 7541, section 6.1; RFC 9204, section 4.5.2)."""
    if table == FC_HPACK:
        put_number(out, 0x80, 7, <size_t>index)
    else:
        put_number(out, 0xc0, 6, <size_t>index)


cdef inline void put_literal(Output* out, int table, int index, Span name, Py_ssize_t value_n) noexcept nogil:
    """Put a literal field line up to its value, of which `value_n` bytes are to follow. `index` is that of its name.

    RFC 7541, section 6.2.2; RFC 9204, sections 4.5.4 and 4.5.6."""
    if index != FC_NOT_STATIC:
        put_number(out, 0x00 if table == FC_HPACK else 0x50, 4, <size_t>index)
    else:
        if table == FC_HPACK:
            put_byte(out, 0)
            put_number(out, 0, 7, <size_t>name.n)
        else:
            put_number(out, 0x20, 3, <size_t>name.n)
        put_lower(out, name)
    put_number(out, 0, 7, <size_t>value_n)


cdef inline void put_field(Output* out, int table, Span name, Span value) noexcept nogil:
    """Put a field line."""
    cdef int index = static_field(table, name, value)
    if index != FC_NOT_STATIC:
        put_index(out, table, index)
    else:
        put_literal(out, table, static_name(table, name), name, value.n)
        put(out, value.p, value.n)
