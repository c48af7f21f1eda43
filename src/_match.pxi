# The origins of a policy: how patterns become tables, and how an origin is found in them.

cdef extern from *:
    """
    enum {
        /* Tags of a listed origin. */
        FC_PLAIN = 0,
        FC_ANY_PORT = 1,   /* it stands for every port, and for none */
        FC_PREPARED = 2,   /* from here on: the number of its prepared answer */
        FC_MAX_PREPARED = 4096,
        FC_NOT_PREPARED = -1
    };
    """
    enum: FC_PLAIN
    enum: FC_ANY_PORT
    enum: FC_PREPARED
    enum: FC_MAX_PREPARED
    enum: FC_NOT_PREPARED


cdef struct PortSet:
    # The ports of one wildcard pattern: a stretch of Origins.ports in ascending order; 0 is "no port".
    bint any
    uint32_t at
    uint32_t n


cdef struct Origins:
    Table exact      # whole origins
    Table wild       # records: suffix, scheme, index of the port set (4 bytes); tag: length of the scheme
    PortSet* sets
    uint16_t* ports
    bint any_port    # something in `exact` has the tag
    int shallowest   # labels of the shortest and of the longest listed suffix
    int deepest


cdef inline bint _port_fits(const Origins* origins, uint32_t index, uint32_t port) noexcept nogil:
    cdef const PortSet* ports = &origins.sets[index]
    cdef uint32_t low = 0
    cdef uint32_t high = ports.n
    cdef uint32_t middle
    if ports.any:
        return True
    while low < high:
        middle = (low + high) // 2
        if origins.ports[ports.at + middle] < port:
            low = middle + 1
        else:
            high = middle
    return low < ports.n and origins.ports[ports.at + low] == port


cdef inline uint64_t _hash_label(uint64_t h, Bytes label, Py_ssize_t n, uint64_t seed) noexcept nogil:
    """The hash of a suffix grows by one label to the left: each label of a host is read once."""
    return fc_fold(h ^ hash_bytes(label, n, seed, FC_KEEP_CASE), FC_K0)


cdef inline const Slot* _find_suffix(const Table* wild, uint64_t h, Bytes suffix, Py_ssize_t n,
                                     Span scheme) noexcept nogil:
    cdef uint64_t i = h & wild.mask
    cdef const Slot* slot
    while True:
        slot = &wild.slots[i]
        if slot.n == 0:
            return NULL
        if (slot.hash == h and slot.n == n and slot.tag == scheme.n
                and equal(wild.bytes + slot.at, suffix, n)
                and equal(wild.bytes + slot.at + n, scheme.p, scheme.n)):
            return slot
        i = (i + 1) & wild.mask


cdef inline bint _match_wild(const Origins* origins, const Origin* origin) noexcept nogil:
    """Whether a pattern with "*." stands for this origin: one label or more before a listed suffix."""
    cdef const Table* wild = &origins.wild
    cdef const Slot* slot
    cdef Bytes host = origin.host.p
    cdef Py_ssize_t i = origin.host.n
    cdef Py_ssize_t label_end = i
    cdef int depth = 0
    cdef uint32_t ports = 0
    cdef uint64_t h
    if wild.slots == NULL or origin.is_ip:
        return False
    h = hash_bytes(origin.scheme.p, origin.scheme.n, wild.seed, FC_KEEP_CASE)
    while i > 0 and depth < origins.deepest:
        i -= 1
        if host[i] != c".":
            continue
        h = _hash_label(h, host + i + 1, label_end - i - 1, wild.seed)
        label_end = i
        depth += 1
        if depth < origins.shallowest:
            continue
        slot = _find_suffix(wild, h, host + i + 1, origin.host.n - i - 1, origin.scheme)
        if slot != NULL:
            memcpy(&ports, wild.bytes + slot.at + slot.n + slot.tag, 4)
            if _port_fits(origins, ports, origin.port):
                return True
    return False


cdef inline bint _match_patterns(const Origins* origins, const Origin* origin, int grade) noexcept nogil:
    """Whether a pattern with a wildcard stands for a parsed origin. What is LENIENT never passes through "*."."""
    cdef const Slot* slot
    cdef Py_ssize_t n = origin.portless
    cdef Bytes p = origin.scheme.p
    if origins.any_port:
        slot = table_find(&origins.exact, hash_bytes(p, n, origins.exact.seed, FC_KEEP_CASE), p, n)
        if slot != NULL and slot.tag == FC_ANY_PORT:
            return True
    return grade == FC_STRICT and _match_wild(origins, origin)


cdef inline const Slot* _find_exact(const Origins* origins, Span value) noexcept nogil:
    cdef const Table* exact = &origins.exact
    if exact.slots == NULL:
        return NULL
    return table_find(exact, hash_bytes(value.p, value.n, exact.seed, FC_KEEP_CASE), value.p, value.n)


cdef void _free_origins(Origins* origins) noexcept:
    table_free(&origins.exact)
    table_free(&origins.wild)
    free(origins.sets)
    free(origins.ports)


# From here on: configuration time, with Python objects.

cdef Span _span(object text) except *:
    """The bytes of an ASCII str, borrowed."""
    cdef Span span
    cdef Py_ssize_t n = 0
    span.p = <Bytes>PyUnicode_AsUTF8AndSize(text, &n)
    span.n = n
    return span


cdef object _bad_pattern(object pattern):
    return ValueError(f"not an origin pattern: {ascii(pattern)[:300]}")


cdef int _fill_origins(Origins* origins, list patterns, uint64_t seed) except -1:
    """Compile valid patterns. Origins that a wildcard covers are left out, and so are duplicates."""
    cdef list plain = []
    cdef list any_port = []
    cdef dict wild = {}  # (scheme, suffix) -> set of ports; None is "any"
    cdef object pattern
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise _wrong_type("an origin pattern", "str", pattern)
        if not pattern.isascii():
            raise _bad_pattern(pattern)
        if "*" not in pattern:
            plain.append(pattern)
        elif pattern.endswith(":*") and "*" not in pattern[:-1]:
            any_port.append(pattern[:-2])
        else:
            _split_wild(pattern, wild)
    _fill_wild(origins, wild, seed)
    _fill_exact(origins, plain, any_port, seed)
    return 0


cdef int _split_wild(str pattern, dict wild) except -1:
    cdef Origin origin
    cdef Span span
    cdef object port = 0
    cdef str scheme, rest, bare
    scheme, _, rest = pattern.partition("://*.")
    if rest.endswith(":*"):
        port = None
        rest = rest[:-2]
    bare = scheme + "://" + rest
    span = _span(bare)
    if parse_origin(span.p, span.n, &origin) != FC_STRICT or origin.is_ip or (port is None and origin.port):
        raise _bad_pattern(pattern)
    if port is not None:
        port = origin.port
        rest = rest[:origin.host.n]
    wild.setdefault((scheme, rest), set()).add(port)
    return 0


cdef int _fill_wild(Origins* origins, dict wild, uint64_t seed) except -1:
    cdef Table* table = &origins.wild
    cdef dict known = {}  # port sets are few, and shared
    cdef list ports = []
    cdef Span scheme_span, span
    cdef Slot* slot
    cdef uint8_t* record
    cdef uint32_t index
    cdef uint64_t h
    cdef int depth
    if not wild:
        return 0
    if not table_open(table, <size_t>len(wild), seed):
        raise MemoryError
    origins.shallowest = 127
    for (scheme, suffix), chosen in wild.items():
        scheme_span = _span(scheme)
        span = _span(suffix)
        h = hash_bytes(scheme_span.p, scheme_span.n, seed, FC_KEEP_CASE)
        depth = 0
        for label in reversed(suffix.split(".")):
            h = _hash_label(h, _span(label).p, len(label), seed)
            depth += 1
        origins.shallowest = min(origins.shallowest, depth)
        origins.deepest = max(origins.deepest, depth)
        index = known.setdefault(frozenset(chosen), len(known))
        slot = table_claim(table, h, span.n)
        slot.tag = <uint16_t>scheme_span.n
        record = table_append(table, <size_t>(span.n + scheme_span.n + 4))
        if record == NULL:
            raise MemoryError
        memcpy(record, span.p, <size_t>span.n)
        memcpy(record + span.n, scheme_span.p, <size_t>scheme_span.n)
        memcpy(record + span.n + scheme_span.n, &index, 4)
    table_close(table)

    origins.sets = <PortSet*>calloc(len(known), sizeof(PortSet))
    if origins.sets == NULL:
        raise MemoryError
    for chosen, number in known.items():
        index = number
        origins.sets[index].any = None in chosen
        if not origins.sets[index].any:
            origins.sets[index].at = <uint32_t>len(ports)
            origins.sets[index].n = <uint32_t>len(chosen)
            ports += sorted(chosen)
    origins.ports = <uint16_t*>calloc(len(ports) + 1, sizeof(uint16_t))
    if origins.ports == NULL:
        raise MemoryError
    for number, port in enumerate(ports):
        origins.ports[<size_t>number] = <uint16_t>port
    return 0


cdef int _fill_exact(Origins* origins, list plain, list any_port, uint64_t seed) except -1:
    cdef Table* table = &origins.exact
    cdef Origin origin
    cdef Span span
    cdef int grade
    if not plain and not any_port:
        return 0
    if not table_open(table, <size_t>(len(plain) + len(any_port)), seed):
        raise MemoryError
    origins.any_port = len(any_port) > 0
    for pattern in any_port:
        span = _span(pattern)
        grade = parse_origin(span.p, span.n, &origin)
        if grade == FC_INVALID or origin.port:
            raise _bad_pattern(pattern + ":*")
        if not table_add(table, hash_bytes(span.p, span.n, seed, FC_KEEP_CASE), span.p, span.n, FC_ANY_PORT):
            raise MemoryError
    for pattern in plain:
        span = _span(pattern)
        grade = parse_origin(span.p, span.n, &origin)
        if grade == FC_INVALID:
            raise _bad_pattern(pattern)
        if _match_patterns(origins, &origin, grade):
            continue
        if not table_add(table, hash_bytes(span.p, span.n, seed, FC_KEEP_CASE), span.p, span.n, FC_PLAIN):
            raise MemoryError
    table_close(table)
    return 0
