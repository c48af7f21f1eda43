# The origins of a policy: how patterns become tables, and how an origin is found in them.

cdef extern from *:
    """
    enum {
        /* Values of a listed origin. */
        FC_PLAIN = 0,
        FC_ANY_PORT = 1,   /* it stands for every port, and for none */
        FC_PREPARED = 2,   /* from here on: the number of its prepared answer */
        FC_MAX_PREPARED = 4096,
        FC_NOT_PREPARED = -1
    };
    enum { FC_EXACT, FC_PORTS, FC_WILD };  /* kinds of patterns: no "*", ":*" alone, "*." */
    """
    enum: FC_PLAIN
    enum: FC_ANY_PORT
    enum: FC_PREPARED
    enum: FC_MAX_PREPARED
    enum: FC_NOT_PREPARED
    enum: FC_EXACT
    enum: FC_PORTS
    enum: FC_WILD


cdef struct Cover:
    # What a pattern with "*." needs of an origin beside its suffix. Patterns share these.
    uint32_t scheme     # where the scheme begins in Origins.schemes
    uint32_t scheme_n
    uint32_t at         # a stretch of Origins.ports in ascending order; 0 is "no port"
    uint32_t n
    bint any_port


cdef struct Origins:
    Table exact      # whole origins
    Table wild       # suffixes; value: number of the cover. A suffix stands there once for each scheme
    Cover* covers
    uint8_t* schemes
    uint16_t* ports
    bint any_port    # something in `exact` has this for its value
    int shallowest   # labels of the shortest and of the longest listed suffix
    int deepest


cdef inline bint _covers(const Origins* origins, uint32_t number, const Origin* origin) noexcept nogil:
    cdef const Cover* cover = &origins.covers[number]
    cdef const uint16_t* ports = origins.ports + cover.at
    cdef uint32_t low = 0
    cdef uint32_t high = cover.n
    cdef uint32_t middle
    if cover.scheme_n != origin.scheme.n or not equal_short(
            origins.schemes + cover.scheme, origin.scheme.p, cover.scheme_n):
        return False
    if cover.any_port:
        return True
    while low < high:
        middle = (low + high) // 2
        if ports[middle] < origin.port:
            low = middle + 1
        else:
            high = middle
    return low < cover.n and ports[low] == origin.port


cdef inline uint64_t _hash_label(uint64_t h, Bytes label, Py_ssize_t n, uint64_t seed) noexcept nogil:
    """The hash of a suffix grows by one label to the left: each label of a host is read once."""
    return fc_fold(h ^ hash_bytes(label, n, seed), FC_K0)


cdef inline uint64_t _hash_suffix(const Origin* origin, uint64_t seed, int* labels) noexcept nogil:
    """The hash of a whole host as a suffix, begun with the hash of its scheme; counts the labels."""
    cdef uint64_t h = hash_bytes(origin.scheme.p, origin.scheme.n, seed)
    cdef Bytes host = origin.host.p
    cdef Py_ssize_t end = origin.host.n
    cdef Py_ssize_t i = end
    labels[0] = 1
    while i > 0:
        i -= 1
        if host[i] == c".":
            h = _hash_label(h, host + i + 1, end - i - 1, seed)
            end = i
            labels[0] += 1
    return _hash_label(h, host, end, seed)


cdef inline bint _match_wild(const Origins* origins, const Origin* origin) noexcept nogil:
    """Whether a pattern with "*." stands for this origin: one label or more before a listed suffix."""
    cdef const Table* wild = &origins.wild
    cdef const Slot* slot
    cdef Bytes host = origin.host.p
    cdef Bytes end = host + origin.host.n
    cdef Bytes label_end = end
    cdef Bytes at = end
    cdef int labels = 0  # of the suffix
    cdef uint64_t h
    if wild.slots == NULL or origin.is_ip:
        return False
    h = hash_bytes(origin.scheme.p, origin.scheme.n, wild.seed)
    while labels < origins.deepest:
        while True:
            if at == host:
                return False
            at -= 1
            if at[0] == c".":
                break
        h = _hash_label(h, at + 1, label_end - at - 1, wild.seed)
        label_end = at
        labels += 1
        if labels < origins.shallowest:
            continue
        slot = table_find(wild, h, at + 1, end - at - 1)
        while slot != NULL:
            if _covers(origins, slot.value, origin):
                return True
            slot = table_next(wild, slot + 1, h, at + 1, end - at - 1)
    return False


cdef inline bint _match_patterns(const Origins* origins, const Origin* origin, int grade) noexcept nogil:
    """Whether a pattern with a wildcard stands for an origin. A LENIENT origin never passes through "*."."""
    cdef const Slot* slot
    cdef Py_ssize_t n = origin.portless
    cdef Bytes p = origin.scheme.p
    if origins.any_port:
        slot = table_find(&origins.exact, hash_bytes(p, n, origins.exact.seed), p, n)
        if slot != NULL and slot.value == FC_ANY_PORT:
            return True
    return grade == FC_STRICT and _match_wild(origins, origin)


cdef inline const Slot* _find_exact(const Origins* origins, Span value) noexcept nogil:
    cdef const Table* exact = &origins.exact
    if exact.slots == NULL:
        return NULL
    return table_find(exact, hash_bytes(value.p, value.n, exact.seed), value.p, value.n)


cdef void _free_origins(Origins* origins) noexcept:
    table_free(&origins.exact)
    table_free(&origins.wild)
    free(origins.covers)
    free(origins.schemes)
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


cdef list plain_texts(object given, object what):
    """The texts that were given, as exact str in a new list: methods that a subclass overrides are not called."""
    cdef list texts = list(given)
    cdef Py_ssize_t i
    for i in range(len(texts)):
        if not PyUnicode_CheckExact(texts[i]):
            if not PyUnicode_Check(texts[i]):
                raise _wrong_type(what, "str", texts[i])
            texts[i] = PyUnicode_FromObject(texts[i])
    return texts


cdef int _kind(object pattern) except -1:
    if "*" not in pattern:
        return FC_EXACT
    return FC_PORTS if pattern.endswith(":*") and "*" not in pattern[:-1] else FC_WILD


cdef int _fill_origins(Origins* origins, list patterns, uint64_t seed, bint bare) except -1:
    """Compile valid patterns. Origins that a wildcard covers are left out, and so are duplicates. `bare`: hosts with
    no scheme are listed, too."""
    cdef size_t counts[3]
    cdef object pattern
    counts[FC_EXACT] = counts[FC_PORTS] = counts[FC_WILD] = 0
    for pattern in patterns:
        if not pattern.isascii():
            raise _bad_pattern(pattern)
        counts[_kind(pattern)] += 1
    # The list is long, or it does not matter: it is gone through again for each kind, and never copied.
    if counts[FC_WILD] > 0:
        _fill_wild(origins, patterns, counts[FC_WILD], seed)
    if not table_open(&origins.exact, counts[FC_EXACT] + counts[FC_PORTS], seed):
        raise MemoryError
    if counts[FC_PORTS] > 0:
        _fill_any_port(origins, patterns)
    if counts[FC_EXACT] > 0:
        _fill_exact(origins, patterns, bare)
    table_close(&origins.exact)
    return 0


cdef bint _is_one_value(Span text) noexcept nogil:
    """Whether a text is sure to stay one value in one header line: visible ASCII without a comma."""
    cdef Py_ssize_t i
    for i in range(text.n):
        if not c" " < text.p[i] <= c"~" or text.p[i] == c",":
            return False
    return 0 < text.n <= FC_MAX_ORIGIN


cdef int _fill_whole(Origins* origins, list texts, uint64_t seed) except -1:
    """Compile texts that stand for themselves, whatever they are."""
    cdef Table* table = &origins.exact
    cdef object text
    cdef Span span
    if not table_open(table, <size_t>len(texts), seed):
        raise MemoryError
    for text in texts:
        if not text.isascii():
            raise _bad_pattern(text)
        span = _span(text)
        if not _is_one_value(span):
            raise _bad_pattern(text)
        if not table_add(table, hash_bytes(span.p, span.n, seed), span.p, span.n, FC_PLAIN):
            raise MemoryError
    table_close(table)
    return 0


cdef int _fill_wild(Origins* origins, list patterns, size_t count, uint64_t seed) except -1:
    cdef Table* table = &origins.wild
    cdef list covers = []    # (scheme, ports): of all suffixes with one port a frozenset, of one with several its set
    cdef dict numbers = {}   # of those with a frozenset
    cdef uint64_t i
    cdef int labels
    cdef int shallowest = 127
    cdef int deepest = 0
    if not table_open(table, count, seed):
        raise MemoryError
    for pattern in patterns:
        if _kind(pattern) == FC_WILD:
            labels = _add_wild(origins, pattern, covers, numbers)
            shallowest = min(shallowest, labels)
            deepest = max(deepest, labels)
    table_close(table)
    numbers = {}
    for i in range(<uint64_t>len(covers)):
        scheme, ports = covers[i]
        covers[i] = numbers.setdefault((scheme, frozenset(ports)), len(numbers))
    for i in range(table.end):
        if table.slots[i].hash != 0:
            table.slots[i].value = covers[table.slots[i].value]
    _fill_covers(origins, numbers)
    origins.shallowest = shallowest
    origins.deepest = deepest  # from here on the table is looked at
    return 0


cdef int _add_wild(Origins* origins, str pattern, list covers, dict numbers) except -1:
    """List one pattern; returns how many labels its suffix has."""
    cdef Origin origin
    cdef const Slot* slot
    cdef Span host
    cdef str bare = pattern.replace("://*.", "://", 1)
    cdef str scheme
    cdef object port = 0  # None: any
    cdef object cover, ports
    cdef uint64_t h
    cdef int labels
    if bare.endswith(":*"):
        port = None
        bare = bare[:-2]
    host = _span(bare)
    if parse_origin(host.p, host.n, &origin) != FC_STRICT or origin.is_ip or (port is None and origin.port):
        raise _bad_pattern(pattern)
    if port is not None:
        port = origin.port
    scheme = bare[:origin.scheme.n]
    host = origin.host
    h = _hash_suffix(&origin, origins.wild.seed, &labels)
    slot = table_find(&origins.wild, h, host.p, host.n)
    while slot != NULL and covers[slot.value][0] != scheme:
        slot = table_next(&origins.wild, slot + 1, h, host.p, host.n)
    if slot == NULL:
        ports = (port,)  # a frozenset's display is not safe where memory is short
        cover = scheme, frozenset(ports)
        if cover not in numbers:
            numbers[cover] = len(covers)
            covers.append(cover)
        if not table_put(&origins.wild, h, host.p, host.n, numbers[cover]):
            raise MemoryError
        return labels
    ports = covers[slot.value][1]
    if isinstance(ports, set):
        ports.add(port)
    elif port not in ports:
        (<Slot*>slot).value = <uint32_t>len(covers)
        ports = set(ports)
        ports.add(port)
        covers.append((scheme, ports))
    return labels


cdef int _fill_covers(Origins* origins, dict numbers) except -1:
    cdef dict places = {}  # of schemes
    cdef list ports = []
    cdef bytearray schemes = bytearray()
    cdef Cover* cover
    cdef size_t number
    origins.covers = <Cover*>calloc(len(numbers), sizeof(Cover))
    if origins.covers == NULL:
        raise MemoryError
    for (scheme, chosen), number in numbers.items():
        if scheme not in places:
            places[scheme] = len(schemes)
            schemes += scheme.encode()
        cover = &origins.covers[number]
        cover.scheme = places[scheme]
        cover.scheme_n = <uint32_t>len(scheme)
        cover.any_port = None in chosen
        if not cover.any_port:
            cover.at = <uint32_t>len(ports)
            cover.n = <uint32_t>len(chosen)
            ports += sorted(chosen)
    origins.schemes = <uint8_t*>calloc(len(schemes), 1)
    origins.ports = <uint16_t*>calloc(len(ports) + 1, sizeof(uint16_t))
    if origins.schemes == NULL or origins.ports == NULL:
        raise MemoryError
    memcpy(origins.schemes, <char*>schemes, <size_t>len(schemes))
    for number, port in enumerate(ports):
        origins.ports[number] = <uint16_t>port
    return 0


cdef int _fill_any_port(Origins* origins, list patterns) except -1:
    cdef Table* table = &origins.exact
    cdef Origin origin
    cdef Span span
    origins.any_port = True
    for pattern in patterns:
        if _kind(pattern) != FC_PORTS:
            continue
        span = _span(pattern)
        span.n -= 2
        if parse_origin(span.p, span.n, &origin) == FC_INVALID or origin.port:
            raise _bad_pattern(pattern)
        if not table_add(table, hash_bytes(span.p, span.n, table.seed), span.p, span.n, FC_ANY_PORT):
            raise MemoryError
    return 0


cdef int _fill_exact(Origins* origins, list patterns, bint bare) except -1:
    cdef Table* table = &origins.exact
    cdef Origin origin
    cdef Span span
    cdef int grade
    for pattern in patterns:
        if _kind(pattern) != FC_EXACT:
            continue
        span = _span(pattern)
        grade = parse_origin(span.p, span.n, &origin)
        if grade == FC_INVALID:
            # No wildcard stands for either.
            if not is_shell_origin(span.p, span.n) and not (bare and is_bare_host(span.p, span.n)):
                raise _bad_pattern(pattern)
        elif _match_patterns(origins, &origin, grade):
            continue
        if not table_add(table, hash_bytes(span.p, span.n, table.seed), span.p, span.n, FC_PLAIN):
            raise MemoryError
    return 0
