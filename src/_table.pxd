# One hash table for everything that is listed: origins, suffixes of wildcard patterns, methods, header names.
#
# Open addressing over 16-byte slots, at most half full; the keys lie in one block of bytes. It is filled once,
# before anybody looks, and never changes afterwards, so that threads share it without a lock.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy

from _bytes cimport Bytes, equal, equal_lower

cdef extern from *:
    """
    #define FC_LARGEST_BLOCK ((size_t)0xFFFFFFFF)  /* offsets into it have 32 bits */
    """
    const size_t FC_LARGEST_BLOCK


cdef struct Slot:
    uint64_t hash
    uint32_t at     # where the record begins in the table's bytes
    uint16_t n      # length of the key; 0 is a free slot
    uint16_t tag    # the owner's


cdef struct Table:
    Slot* slots     # NULL while nothing is listed
    uint64_t mask   # number of slots less one, a power of two less one
    uint64_t seed
    uint8_t* bytes
    size_t used
    size_t room
    size_t count


cdef inline void table_free(Table* table) noexcept nogil:
    free(table.slots)
    free(table.bytes)
    table.slots = NULL
    table.bytes = NULL


cdef inline bint table_open(Table* table, size_t keys, uint64_t seed) noexcept nogil:
    """Make room for so many keys. The table is all zero before. False: no memory."""
    cdef uint64_t slots = 8
    table.seed = seed
    if keys == 0:
        return True
    while slots < 2 * <uint64_t>keys:
        slots *= 2
    table.slots = <Slot*>calloc(<size_t>slots, sizeof(Slot))
    table.mask = slots - 1
    return table.slots != NULL


cdef inline const Slot* table_find(const Table* table, uint64_t hash, Bytes key, Py_ssize_t n) noexcept nogil:
    """The slot of a key, or NULL. The record begins with the key."""
    cdef uint64_t i = hash & table.mask
    cdef const Slot* slot
    if table.slots == NULL:
        return NULL
    while True:
        slot = &table.slots[i]
        if slot.n == 0:
            return NULL
        if slot.hash == hash and slot.n == n and equal(table.bytes + slot.at, key, n):
            return slot
        i = (i + 1) & table.mask


cdef inline bint table_has_name(const Table* table, uint64_t hash, Bytes name, Py_ssize_t n) noexcept nogil:
    """Whether a name is listed. The listed names are in lower case, this one need not be."""
    cdef uint64_t i = hash & table.mask
    cdef const Slot* slot
    if table.slots == NULL:
        return False
    while True:
        slot = &table.slots[i]
        if slot.n == 0:
            return False
        if slot.hash == hash and slot.n == n and equal_lower(name, table.bytes + slot.at, n):
            return True
        i = (i + 1) & table.mask


cdef inline uint8_t* table_append(Table* table, size_t n) noexcept nogil:
    """n more bytes at the end of the block; NULL: no memory, or an offset would not fit in 32 bits."""
    cdef size_t room
    cdef void* moved
    if table.used + n > FC_LARGEST_BLOCK:
        return NULL
    if table.used + n > table.room:
        room = table.room + table.room // 2 + n + 64
        moved = realloc(table.bytes, room)
        if moved == NULL:
            return NULL
        table.bytes = <uint8_t*>moved
        table.room = room
    table.used += n
    return table.bytes + (table.used - n)


cdef inline Slot* table_claim(Table* table, uint64_t hash, Py_ssize_t n) noexcept nogil:
    """A free slot for a key that is not in the table yet; the caller has made room for it in table_open."""
    cdef uint64_t i = hash & table.mask
    while table.slots[i].n != 0:
        i = (i + 1) & table.mask
    table.slots[i].hash = hash
    table.slots[i].at = <uint32_t>table.used
    table.slots[i].n = <uint16_t>n
    table.slots[i].tag = 0
    table.count += 1
    return &table.slots[i]


cdef inline bint table_add(Table* table, uint64_t hash, Bytes key, Py_ssize_t n, uint16_t tag) noexcept nogil:
    """List a key of 1 to 65535 bytes, once. False: no memory."""
    cdef Slot* slot
    cdef uint8_t* copy
    if table_find(table, hash, key, n) != NULL:
        return True
    slot = table_claim(table, hash, n)
    slot.tag = tag
    copy = table_append(table, <size_t>n)
    if copy == NULL:
        return False
    memcpy(copy, key, <size_t>n)
    return True


cdef inline void table_close(Table* table) noexcept nogil:
    """Give back what was set aside for growth."""
    cdef void* moved
    if table.used < table.room and table.used > 0:
        moved = realloc(table.bytes, table.used)
        if moved != NULL:
            table.bytes = <uint8_t*>moved
            table.room = table.used
