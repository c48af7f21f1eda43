# Routes: which policy a path gets. `fastcors._config.route_shapes` says what shapes are, and which route wins.
#
# A path is cut at its slashes, and each segment is hashed once. Each shape that a path of so many segments can have is
# one look-up, by a hash that grows by one segment to the right, and in which one constant stands for all names. So each
# byte is read once, and the number of routes makes no difference.
#
# A host has a table of this kind to itself; one more look-up finds it, or one for each dot of the host where there are
# wildcards. `read_host` says which hosts are one.

cdef enum:
    FC_MAX_PATH = 8192
    FC_MAX_SEGMENTS = 64


cdef struct Shape:
    uint64_t names    # a set of bits: the segments that a name stands for
    uint8_t segments
    uint8_t literal   # so many come before the first name
    uint8_t is_prefix


cdef struct Routes:
    Table table          # key: Route.key; value: number of the policy
    Shape* shapes        # those that a path of no segment can have, those that one of one can have, and so on
    uint32_t starts[FC_MAX_SEGMENTS + 3]  # where they begin in this list, and after the last one its length
    int deepest          # segments of the route with the most
    Py_ssize_t longest   # bytes of the longest literal segment, with its slash


cdef struct HostRoutes:
    Routes any_host      # those without a host
    Table hosts          # key: a host; or what a wildcard's hosts end in, from its dot on. Value: place in `routes`
    Routes* routes
    uint32_t count
    Py_ssize_t longest   # bytes of the longest such end


cdef struct Cut:
    # A path, cut at its slashes: all of its segments, or one more than any route has.
    int count
    Py_ssize_t ends[FC_MAX_SEGMENTS + 2]    # where the first 0, 1, 2, ... segments end
    uint64_t segments[FC_MAX_SEGMENTS + 1]  # the hash of each, with the slash before it
    uint64_t hashes[FC_MAX_SEGMENTS + 2]    # of the first 0, 1, 2, ... together


cdef inline bint is_control(uint8_t byte) noexcept nogil:
    return byte < 0x20 or byte == 0x7F


cdef inline uint8_t _read_byte(Bytes p, Py_ssize_t left, Py_ssize_t* n) noexcept nogil:
    """The byte that begins here, in n bytes. An escape is read where it is one of those that matter."""
    cdef uint8_t digit, byte
    n[0] = 1
    if p[0] != c"%" or left < 3 or not c"0" <= p[1] <= c"7":
        return p[0]
    digit = p[2] | 0x20
    if c"0" <= p[2] <= c"9":
        byte = (p[1] - c"0") << 4 | (p[2] - c"0")
    elif c"a" <= digit <= c"f":
        byte = (p[1] - c"0") << 4 | (digit - c"a" + 10)
    else:
        return c"%"
    if not (is_control(byte) or byte == c"/" or byte == c"." or byte == c"\\"):
        return c"%"
    n[0] = 3
    return byte


cdef bint _is_clear(Span path) noexcept nogil:
    """Whether a path that is decoded once more has no empty segment, no dot segment, no backslash and no control."""
    cdef Py_ssize_t at = 1
    cdef Py_ssize_t n = 0
    cdef Py_ssize_t size = 0  # of the segment
    cdef Py_ssize_t dots = 0  # in it
    cdef uint8_t byte
    while at < path.n:
        byte = _read_byte(path.p + at, path.n - at, &n)
        at += n
        if byte == c"\\" or is_control(byte) or (byte == c"/" and size == dots and size <= 2):
            return False
        size = 0 if byte == c"/" else size + 1
        dots = 0 if byte == c"/" else dots + (byte == c".")
    return size != dots or size > 2 or size == 0


cdef inline bint has_one_meaning(Span path) noexcept nogil:
    """Whether all applications read a path alike: some merge or resolve what _is_clear looks for, some do not."""
    cdef Bytes p = path.p
    cdef Py_ssize_t last = path.n - 1
    cdef Py_ssize_t i
    cdef uint8_t odd = (p[last] == c"\\") | (p[last] < 0x20) | (p[last] == 0x7F)
    for i in range(last):  # with no branch, so that the compiler takes many bytes at a time
        odd |= (p[i] == c"/") & ((p[i + 1] == c"/") | (p[i + 1] == c".")) | (p[i] == c"\\") | (p[i] == c"%")
        odd |= (p[i] < 0x20) | (p[i] == 0x7F)
    return not odd or _is_clear(path)


cdef inline void _cut_path(const Routes* routes, Span path, Cut* cut) noexcept nogil:
    cdef uint64_t seed = routes.table.seed
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t n
    cdef Bytes slash
    cdef int count = 0
    cut.ends[0] = 0
    cut.hashes[0] = seed
    while at < path.n - 1 and count <= routes.deepest:
        slash = <Bytes>memchr(path.p + at + 1, c"/", <size_t>(path.n - at - 1))
        n = path.n - at if slash == NULL else slash - path.p - at
        # What is longer than any literal segment is none of them, whatever its hash is.
        cut.segments[count] = hash_bytes(path.p + at, min(n, routes.longest), seed)
        cut.hashes[count + 1] = fc_fold(cut.hashes[count] ^ cut.segments[count], FC_K0)
        at += n
        count += 1
        cut.ends[count] = at
    cut.count = count


cdef inline uint64_t _shape_hash(const Shape* shape, const Cut* cut) noexcept nogil:
    cdef uint64_t h = cut.hashes[shape.literal]
    cdef int i
    for i in range(shape.literal, shape.segments):
        h = fc_fold(h ^ (FC_K1 if shape.names >> i & 1 else cut.segments[i]), FC_K0)
    return ~h if shape.is_prefix else h


cdef inline bint _is_route(const Shape* shape, const Cut* cut, Bytes path, Bytes key, Py_ssize_t n) noexcept nogil:
    """Whether a key of n bytes is that of the route of this shape which the path is in."""
    cdef Py_ssize_t at = cut.ends[shape.literal]  # of the key
    cdef Py_ssize_t size
    cdef Bytes part
    cdef int i
    if n < at or not equal(key, path, at):
        return False
    for i in range(shape.literal, shape.segments):
        part = path + cut.ends[i]
        size = cut.ends[i + 1] - cut.ends[i]
        if shape.names >> i & 1:
            part = <Bytes><const char*>"/{}"
            size = 3
        if n - at < size or not equal(key + at, part, size):
            return False
        at += size
    return at == n - 1 and key[at] == c"/" if shape.is_prefix else at == n


cdef inline int find_route(const Routes* routes, Span path, uint32_t* number) noexcept nogil:
    """The number of the policy of the route that wins. 0: the path is in none."""
    cdef const Table* table = &routes.table
    cdef const Shape* shape
    cdef const Slot* slot
    cdef Cut cut
    cdef uint64_t h
    cdef uint32_t i
    if not 0 < path.n <= FC_MAX_PATH or path.p[0] != c"/" or not has_one_meaning(path):
        return 0
    _cut_path(routes, path, &cut)
    for i in range(routes.starts[cut.count], routes.starts[cut.count + 1]):
        shape = &routes.shapes[i]
        h = _shape_hash(shape, &cut)
        slot = table_seek(table, h)
        while slot.hash == table_mark(h):
            if _is_route(shape, &cut, path.p, table_key(table, slot), slot.n):
                number[0] = slot.value
                return 1
            slot += 1
    return 0


cdef inline bint read_host(Span given, uint8_t* room, Span* host) noexcept nogil:
    """Read the value of a Host field (RFC 9110, section 7.2) as hosts are listed: in lower case (RFC 3986, section
    6.2.2.1), without the port and without a final dot. `room` is for FC_MAX_ORIGIN bytes.

    False: it is no host that a browser sends, so that others may take it for one of several."""
    cdef Origin origin
    cdef uint32_t port = 0
    cdef uint32_t scale = 1
    cdef Py_ssize_t end = given.n
    while end > 0 and given.n - end < 5 and is_class(given.p[end - 1], FC_DIGIT):
        end -= 1
        port += scale * (given.p[end] - c"0")
        scale *= 10
    if end > 0 and given.p[end - 1] == c":":
        end -= 1
    else:
        end = given.n
        port = 0
    if end > FC_MAX_HOST or port > 65535:
        return False
    memcpy(room, "https://", 8)
    copy_lower(room + 8, given.p, end)
    if parse_origin(room, 8 + end, &origin) == FC_INVALID or origin.portless != 8 + end:
        return False
    host[0] = origin.host
    if host.p[host.n - 1] == c".":
        host.n -= 1
    return True


cdef const Routes* _next_listed(const HostRoutes* table, Span* host) noexcept nogil:
    """The routes of the next shorter end of a host that has some, from this one on; at last those of any host.

    The host is cut down to what comes after that end."""
    cdef const Slot* slot
    cdef Bytes dot
    while host.n > 0:
        slot = NULL
        if host.p[0] != c"." or host.n <= table.longest:
            slot = table_find(&table.hosts, hash_bytes(host.p, host.n, table.hosts.seed), host.p, host.n)
        dot = <Bytes>memchr(host.p + 1, c".", <size_t>(host.n - 1))
        host.n = 0 if dot == NULL else host.n - (dot - host.p)
        host.p = dot
        if slot != NULL:
            return &table.routes[slot.value]
    return &table.any_host


cdef bint _find_below_host(const HostRoutes* table, Span host, Span path, uint32_t* number) noexcept nogil:
    """Find the route of a host that wins, or else that of any host."""
    cdef uint8_t room[FC_MAX_ORIGIN]
    cdef const Routes* routes
    if not read_host(host, room, &host):
        return False
    routes = _next_listed(table, &host)
    while not find_route(routes, path, number):
        if routes == &table.any_host:
            return False
        routes = _next_listed(table, &host)
    return True


cdef inline bint find_route_of_host(const HostRoutes* table, Span host, Span path, uint32_t* number) noexcept nogil:
    """Find the route that wins, for the value of a Host field; p is NULL where there is none. False: it is in none.

    A route of the host goes before one of a wildcard, a longer wildcard before a shorter one, and that before a route
    without a host."""
    if unlikely(table.count > 0 and host.p != NULL):
        return _find_below_host(table, host, path, number)
    return find_route(&table.any_host, path, number)


cdef int _add_route(Routes* routes, object route, uint32_t number) except -1:
    cdef uint64_t h = routes.table.seed
    cdef Span span
    cdef object segment
    for segment in route.segments:
        if segment is None:
            h = fc_fold(h ^ FC_K1, FC_K0)
            continue
        segment = b"/" + segment
        borrow(segment, &span)
        h = fc_fold(h ^ hash_bytes(span.p, span.n, routes.table.seed), FC_K0)
    key = route.key
    borrow(key, &span)
    if not table_put(&routes.table, ~h if route.is_prefix else h, span.p, span.n, number):
        raise MemoryError
    return 0


cdef int _fill_shapes(Routes* routes, list by_length) except -1:
    cdef Shape* shape
    cdef int i
    cdef size_t size = 0
    for shapes in by_length:
        size += <size_t>len(shapes)
    routes.deepest = <int>len(by_length) - 2
    routes.shapes = <Shape*>calloc(size + 1, sizeof(Shape))
    if routes.shapes == NULL:
        raise MemoryError
    shape = routes.shapes
    for i in range(routes.deepest + 2):
        for names, is_prefix in by_length[i]:
            for n, is_name in enumerate(names):
                shape.names |= <uint64_t>is_name << <int>n
            shape.segments = len(names)
            shape.literal = names.index(True) if shape.names else shape.segments
            shape.is_prefix = is_prefix
            shape += 1
        routes.starts[i + 1] = <uint32_t>(shape - routes.shapes)
    return 0


cdef int _fill_routes(Routes* routes, dict read, uint64_t seed) except -1:
    for route in read:
        for segment in route.segments:
            routes.longest = max(routes.longest, 1 + len(segment or b""))
    _fill_shapes(routes, shapes_by_length(read))
    if not table_open(&routes.table, <size_t>len(read), seed, True):
        raise MemoryError
    for route, place in read.items():
        _add_route(routes, route, place)
    table_close(&routes.table)
    return 0


cdef void _free_routes(Routes* routes) noexcept:
    free(routes.shapes)
    table_free(&routes.table)


cdef int _fill_hosts(HostRoutes* table, dict read) except -1:
    cdef uint64_t seed = int.from_bytes(urandom(8), "little")
    cdef Span host
    _fill_routes(&table.any_host, read.pop(b""), seed)
    table.routes = <Routes*>calloc(<size_t>len(read) + 1, sizeof(Routes))
    if table.routes == NULL or not table_open(&table.hosts, <size_t>len(read), seed):
        raise MemoryError
    for key, routes in read.items():
        borrow(key, &host)
        if not table_put(&table.hosts, hash_bytes(host.p, host.n, seed), host.p, host.n, table.count):
            raise MemoryError
        if host.p[0] == c".":
            table.longest = max(table.longest, host.n)
        table.count += 1
        _fill_routes(&table.routes[table.count - 1], routes, seed)
    table_close(&table.hosts)
    return 0


cdef class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    cdef HostRoutes table
    cdef tuple keys      # the routes as they were given
    cdef tuple policies  # of each
    cdef readonly dict routes

    def __cinit__(self, routes):
        need_python()
        self.routes = dict(routes)
        self.keys = tuple(self.routes)
        self.policies = tuple(self.routes.values())
        _fill_hosts(&self.table, read_table(self.routes))

    def __dealloc__(self):
        cdef uint32_t i
        _free_routes(&self.table.any_host)
        for i in range(self.table.count):
            _free_routes(&self.table.routes[i])
        free(self.table.routes)
        table_free(&self.table.hosts)

    def find(self, path, host=None, root_path=""):
        """Return the policy for a path, or None for no CORS.

        The path is decoded once, as in an ASGI scope, or bytes. It is taken without `root_path` where it begins with it
        at a segment's edge, as the application routes by what is left, and servers differ in whether they put
        `root_path` into the path. `host` is the value of the Host field, or None.
        """
        cdef uint32_t place = 0
        return self.policies[place] if _find_place(self, path, host, root_path, False, &place) else None

    def find_wsgi(self, path_info, host=None):
        """Return the policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""
        cdef uint32_t place = 0
        return self.policies[place] if _find_place(self, path_info, host, None, True, &place) else None

    def route_of(self, path, host=None, root_path=""):
        """Return the route whose policy find() returns, as it was given; None where there is none."""
        cdef uint32_t place = 0
        return self.keys[place] if _find_place(self, path, host, root_path, False, &place) else None


cdef extern from *:
    """
    /* The characters of a text from one on in UTF-8, into so much room. -1: there is not enough, or one is a lone
       surrogate, which is no character. */
    static Py_ssize_t fc_utf8(PyObject *text, Py_ssize_t from, uint8_t *out, Py_ssize_t room) {
        int kind = PyUnicode_KIND(text);
        const void *data = PyUnicode_DATA(text);
        Py_ssize_t i, n = 0, length = PyUnicode_GET_LENGTH(text);
        for (i = from; i < length; i++) {
            Py_UCS4 c = PyUnicode_READ(kind, data, i);
            int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
            if (n + more >= room || (c >= 0xD800 && c < 0xE000)) return -1;
            out[n++] = (uint8_t)(more == 0 ? c : (0xFF00 >> (more + 1) & 0xFF) | c >> 6 * more);
            while (more-- > 0) out[n++] = (uint8_t)(0x80 | (c >> 6 * more & 0x3F));
        }
        return n;
    }
    """
    Py_ssize_t fc_utf8(object text, Py_ssize_t start, uint8_t* out, Py_ssize_t room) noexcept
    Py_ssize_t PyUnicode_Tailmatch(
        object text, object substring, Py_ssize_t start, Py_ssize_t end, int direction) except -1
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t at) noexcept


cdef inline object routed(Router router, object path, object root, bint wsgi):
    """The policy for a path as the server of a shim gives it; None where it has none."""
    cdef uint32_t place = 0
    return router.policies[place] if _find_place(router, path, None, root, wsgi, &place) else None


cdef int _find_place(Router router, object path, object host, object root, bint wsgi, uint32_t* place) except -1:
    """Find the place in the table of the route of a path as the server gives it. False: it is in none."""
    cdef Span name, span
    cdef Py_ssize_t start = 0
    borrow_optional(host, &name, "host")
    if path is None and wsgi:
        path = ""
    if not PyUnicode_Check(path):
        return borrow(path, &span) and _find_place_at(router, name, span, place)
    fc_ready(path)
    if root is not None and PyUnicode_Check(root):
        start = _root_length(path, root)
    if not PyUnicode_IS_ASCII(path):
        return _find_place_of_text(router, name, path, start, wsgi, place)
    span.p = <Bytes>PyUnicode_DATA(path) + start
    span.n = PyUnicode_GET_LENGTH(path) - start
    return _find_place_at(router, name, span, place)


cdef int _find_place_of_text(
    Router router, Span host, object path, Py_ssize_t start, bint wsgi, uint32_t* place
) except -1:
    """Find the place of the route of a path beyond ASCII."""
    cdef uint8_t utf8[FC_MAX_PATH]
    cdef Span span
    if wsgi:
        borrow(path, &span)  # where a character is no byte, this is one byte that begins no path
    else:
        span.p = utf8
        span.n = fc_utf8(path, start, utf8, FC_MAX_PATH)
    return span.n >= 0 and _find_place_at(router, host, span, place)


cdef inline bint _find_place_at(Router router, Span host, Span path, uint32_t* place) noexcept nogil:
    if path.n == 0:
        path.p = <Bytes><const char*>"/"  # RFC 3986, section 6.2.3
        path.n = 1
    return find_route_of_host(&router.table, host, path, place)


cdef Py_ssize_t _root_length(object path, object root) except -1:
    """How many characters of a path are its application's root_path."""
    cdef Py_ssize_t n
    fc_ready(root)
    n = PyUnicode_GET_LENGTH(root)
    if n == 0 or n > PyUnicode_GET_LENGTH(path) or not PyUnicode_Tailmatch(path, root, 0, n, -1):
        return 0
    return n if n == PyUnicode_GET_LENGTH(path) or PyUnicode_READ_CHAR(path, n) == c"/" else 0
