# One hash table for everything that is listed: origins, suffixes of wildcard patterns, methods, header names, routes.
#
# A slot is a cache line and holds its key, so that a look-up in a table of any size waits for memory once. The slots
# lie in the descending order of their hashes, each as near behind its home as that allows; a free slot has the hash 0,
# which is less than any key's. So a look-up ends at the first slot with a lesser hash, whether the key is there or
# not, and a table may be nearly full. It is filled once, before anybody looks, and never changes afterwards, so that
# threads share it without a lock.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove

from bytes cimport Bytes, equal
from hash cimport fc_high

cdef extern from *:
    """
    #include <stdlib.h>
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif
    enum {
        FC_KEY_ROOM = 54,    /* longer keys lie in the table's bytes; the header and this are 64 bytes */
        FC_SPARSE = 4096,    /* tables of fewer keys may be half empty */
        FC_SPARE_SLOTS = 128 /* behind the last home; that more are needed has a chance of less than 1 to 10^20 */
    };

    /* Zeroed room for so many cache lines; what to free goes to `block`. Where there is much of it, Linux is to give
       huge pages: they save looking up where a page is. */
    static inline void *fc_lines(uint64_t lines, void **block) {
        size_t n = (size_t)lines * 64;
        size_t align = 64;
        char *at;
    #if defined(MADV_HUGEPAGE)
        if (n >= (size_t)4 << 20) align = (size_t)2 << 20;
    #endif
        if (lines > ((size_t)-1 - align) / 64) return NULL;
        *block = calloc(1, n + align);
        if (*block == NULL) return NULL;
        at = (char *)*block + (align - (size_t)*block % align);
    #if defined(MADV_HUGEPAGE)
        if (align > 64) (void)madvise(at, n, MADV_HUGEPAGE);
    #endif
        return at;
    }
    """
    enum: FC_KEY_ROOM
    enum: FC_SPARSE
    enum: FC_SPARE_SLOTS
    void* fc_lines(uint64_t lines, void** block) noexcept nogil


cdef struct Slot:
    uint32_t hash   # its upper half; 0 is a free slot
    uint32_t value  # the owner's
    uint16_t n      # length of the key
    uint8_t key[FC_KEY_ROOM]  # where it is longer than this, its place in the table's bytes


cdef struct Table:
    Slot* slots     # NULL while nothing is listed
    uint64_t homes  # hashes are spread over so many slots,
    uint64_t end    # and there are so many; the last one stays free
    uint64_t seed
    size_t count
    void* block     # what the slots lie in
    uint8_t* bytes  # long keys
    size_t used
    size_t room


cdef inline void table_free(Table* table) noexcept nogil:
    free(table.block)
    free(table.bytes)
    table.slots = NULL
    table.block = NULL
    table.bytes = NULL


cdef inline bint table_open(Table* table, size_t keys, uint64_t seed, bint roomy=False) noexcept nogil:
    """Make room for so many keys. The table is all zero before. False: no memory.

    A roomy one stays half empty: a look-up seldom reads more than one cache line, for 128 bytes a key instead of 76.
    """
    table.seed = seed
    if keys == 0:
        return True
    # 76 bytes for each key, or twice 64.
    table.homes = 2 * <uint64_t>keys if roomy or keys < FC_SPARSE else <uint64_t>keys + (keys >> 3) + (keys >> 4)
    table.end = table.homes + min(<uint64_t>keys, <uint64_t>FC_SPARE_SLOTS) + 1
    table.slots = <Slot*>fc_lines(table.end, &table.block)
    return table.slots != NULL


cdef inline uint32_t table_mark(uint64_t hash) noexcept nogil:
    """The part of a hash that a slot keeps: never 0, and larger for an earlier home slot."""
    return ~<uint32_t>(hash >> 32) | 1


cdef inline Slot* _home(const Table* table, uint64_t hash) noexcept nogil:
    return table.slots + fc_high(hash, table.homes)


cdef inline Bytes table_key(const Table* table, const Slot* slot) noexcept nogil:
    cdef size_t at = 0
    if slot.n <= FC_KEY_ROOM:
        return slot.key
    memcpy(&at, slot.key, sizeof(at))
    return table.bytes + at


cdef inline const Slot* table_seek(const Table* table, uint64_t hash) noexcept nogil:
    """The first slot that may have this hash. All that have it follow: theirs is table_mark(hash)."""
    cdef const Slot* slot = _home(table, hash)
    while slot.hash > table_mark(hash):
        slot += 1
    return slot


cdef inline const Slot* table_next(
    const Table* table, const Slot* slot, uint64_t hash, Bytes key, Py_ssize_t n
) noexcept nogil:
    """The first slot of a key from this one on, or NULL."""
    cdef uint32_t mark = table_mark(hash)
    while slot.hash > mark:
        slot += 1
    while slot.hash == mark:
        if slot.n == n and equal(table_key(table, slot), key, n):
            return slot
        slot += 1
    return NULL


cdef inline const Slot* table_find(const Table* table, uint64_t hash, Bytes key, Py_ssize_t n) noexcept nogil:
    """The slot of a key, or NULL."""
    if table.slots == NULL:
        return NULL
    return table_next(table, _home(table, hash), hash, key, n)


cdef inline Py_ssize_t _append(Table* table, Bytes key, Py_ssize_t n) noexcept nogil:
    """The place of a long key, copied; -1: no memory."""
    cdef size_t room
    cdef void* moved
    if table.used + <size_t>n > table.room:
        room = table.room + table.room // 2 + <size_t>n + 64
        moved = realloc(table.bytes, room)
        if moved == NULL:
            return -1
        table.bytes = <uint8_t*>moved
        table.room = room
    memcpy(table.bytes + table.used, key, <size_t>n)
    table.used += <size_t>n
    return <Py_ssize_t>(table.used - <size_t>n)


cdef inline bint table_put(Table* table, uint64_t hash, Bytes key, Py_ssize_t n, uint32_t value) noexcept nogil:
    """List one more key of 1 to 65535 bytes; table_open has made room for it. False: no memory."""
    cdef uint32_t mark = table_mark(hash)
    cdef Slot* slot = _home(table, hash)
    cdef Slot* stop
    cdef Py_ssize_t at = 0
    while slot.hash >= mark:
        slot += 1
    stop = slot
    while stop.hash != 0:
        stop += 1
    if stop == table.slots + table.end - 1:
        return False
    if n > FC_KEY_ROOM:
        at = _append(table, key, n)
        if at < 0:
            return False
    memmove(slot + 1, slot, <size_t>(stop - slot) * sizeof(Slot))
    slot.hash = mark
    slot.value = value
    slot.n = <uint16_t>n
    if n > FC_KEY_ROOM:
        memcpy(slot.key, &at, sizeof(at))
    else:
        memcpy(slot.key, key, <size_t>n)
    table.count += 1
    return True


cdef inline bint table_add(Table* table, uint64_t hash, Bytes key, Py_ssize_t n, uint32_t value) noexcept nogil:
    """Put a key into the table unless it is there already. False: there is no memory."""
    return table_find(table, hash, key, n) != NULL or table_put(table, hash, key, n, value)


cdef inline void table_close(Table* table) noexcept nogil:
    """Give back what was set aside for growth."""
    cdef void* moved
    if table.used < table.room and table.used > 0:
        moved = realloc(table.bytes, table.used)
        if moved != NULL:
            table.bytes = <uint8_t*>moved
            table.room = table.used
