# cython: language_level=3, binding=False, cdivision=True, auto_pickle=False
"""The engine's C functions in C loops, with no Python object in the timed part.

This is a second copy of the whole engine, compiled with the same options, so that what is timed is what is shipped.
Between two operations stands a barrier, as one request cannot overlap with the next: these are latencies.
"""

include "_core.pyx"

from libc.string cimport memset

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__)
    #define barrier() __asm__ volatile("lfence" ::: "memory")
    #elif defined(__aarch64__) && defined(__GNUC__)
    #define barrier() __asm__ volatile("isb" ::: "memory")
    #elif defined(__GNUC__)
    #define barrier() __asm__ volatile("" ::: "memory")
    #else
    #define barrier() ((void)0)
    #endif
    """
    void barrier() noexcept nogil


cdef class Texts:
    """Many byte strings, copied one after another, as the bytes of requests lie in a server's buffers."""

    cdef bytes block
    cdef bytearray storage
    cdef Span* spans
    cdef Py_ssize_t n

    def __cinit__(self, texts):
        cdef Bytes at
        cdef Py_ssize_t i
        self.block = b"".join(texts)
        self.n = len(texts)
        self.storage = bytearray(self.n * sizeof(Span))
        self.spans = <Span*><char*>self.storage
        at = <Bytes>PyBytes_AS_STRING(self.block)
        for i in range(self.n):
            self.spans[i].p = at
            self.spans[i].n = len(texts[i])
            at += self.spans[i].n

    def __len__(self):
        return self.n


def nothing(Texts texts not None, *, Py_ssize_t times=1):
    """What the loop and the barrier cost."""
    for _ in range(times * texts.n):
        barrier()
    return texts.n


def parse(Texts origins not None):
    """Parse every origin; returns how many follow the strict grammar."""
    cdef Origin origin
    cdef Py_ssize_t i
    cdef Py_ssize_t passed = 0
    for i in range(origins.n):
        passed += parse_origin(origins.spans[i].p, origins.spans[i].n, &origin) == FC_STRICT
        barrier()
    return passed


def walk(Texts lists not None):
    """Walk through each comma list; returns how many names there were before the end, or before an excess."""
    cdef Walk state
    cdef Py_ssize_t i
    cdef Py_ssize_t names = 0
    for i in range(lists.n):
        walk_start(&state, &lists.spans[i], 1)
        while walk_next(&state) == FC_NAME:
            names += 1
        barrier()
    return names


cdef int _make(
    Request* request, PreflightFields* preflight, Span origin, method, requested_method, requested_headers
) except -1:
    """The request that each origin is put into."""
    cdef Span span
    borrow_text(method, &span, "method")
    preflight_fields(preflight, requested_method, requested_headers, None)
    if origin.p != NULL and preflight.method.p != NULL and is_text(span, "OPTIONS", 7):
        preflight_request(request, origin, False, preflight)
    else:
        actual_request(request, origin, False)
    return 0


cdef Span _first(Texts origins, bint cors) noexcept:
    cdef Span none
    none.p = NULL
    none.n = 0
    return origins.spans[0] if cors else none


def decide_all(Engine engine not None, Texts origins not None, method, requested_method=None, requested_headers=None,
               *, bint cors=True):
    """Decide on one request for each origin (not cors: with no origin). Returns how many were accepted and the
    last reason."""
    cdef Request request
    cdef Verdict verdict
    cdef PreflightFields preflight
    cdef Py_ssize_t i
    cdef Py_ssize_t accepted = 0
    memset(&verdict, 0, sizeof(verdict))
    _make(&request, &preflight, _first(origins, cors), method, requested_method, requested_headers)
    for i in range(origins.n):
        if cors:
            request.origin = origins.spans[i]
        decide(&engine.compiled, &request, &verdict)
        accepted += verdict.reason <= FC_NOT_CORS
        barrier()
    return accepted, REASONS[verdict.reason].value


cdef enum:
    ROOM = 2048  # bytes; no answer of the benchmarks is longer


cdef inline Py_ssize_t _answer(Engine engine, const Request* request, uint8_t* out) noexcept nogil:
    """What write_into does between its arguments and its result: decide, see whether it fits, write."""
    cdef Verdict verdict
    cdef Py_ssize_t size
    decide(&engine.compiled, request, &verdict)
    size = block_size(engine.lines, request, &verdict)
    if size <= ROOM:
        write_block(engine.lines, request, &verdict, out)
    return size


def answer_all(Engine engine not None, Texts origins not None, method, requested_method=None, requested_headers=None,
               *, bint cors=True, Py_ssize_t times=1):
    """Decide and write the block of headers for each origin (not cors: with no origin), so many times. Returns the
    last block."""
    cdef Request request
    cdef PreflightFields preflight
    cdef uint8_t out[ROOM]
    cdef Py_ssize_t i
    cdef Py_ssize_t size = 0
    _make(&request, &preflight, _first(origins, cors), method, requested_method, requested_headers)
    for _ in range(times):
        for i in range(origins.n):
            if cors:
                request.origin = origins.spans[i]
            size = _answer(engine, &request, out)
            barrier()
    assert size <= ROOM
    return PyBytes_FromStringAndSize(<char*>out, size)


cdef struct Field:
    Span name
    Span value


cdef class Requests:
    """Lists of pairs of bytes as arrays of fields, as a parser in C makes them of many requests."""

    cdef list kept
    cdef list rooms
    cdef bytearray field_room
    cdef bytearray count_room
    cdef Field** fields
    cdef Py_ssize_t* counts
    cdef Py_ssize_t n

    def __cinit__(self, requests):
        cdef bytearray room
        cdef Field* fields
        cdef Py_ssize_t i, j
        self.kept = [list(request) for request in requests]
        self.rooms = []
        self.n = len(self.kept)
        self.field_room = bytearray(self.n * sizeof(Field*))
        self.fields = <Field**><char*>self.field_room
        self.count_room = bytearray(self.n * sizeof(Py_ssize_t))
        self.counts = <Py_ssize_t*><char*>self.count_room
        for i, request in enumerate(self.kept):
            room = bytearray(len(request) * sizeof(Field))
            fields = <Field*><char*>room
            for j, (name, value) in enumerate(request):
                borrow(name, &fields[j].name)
                borrow(value, &fields[j].value)
            self.rooms.append(room)
            self.fields[i] = fields
            self.counts[i] = len(request)


cdef void _find(
    const Field* fields, Py_ssize_t n, bint options, Request* request, PreflightFields* preflight
) noexcept nogil:
    """What a server in C does with the fields that it has parsed: find those that matter, in one pass."""
    cdef const Field* field
    cdef Span origin
    cdef bint several = False
    cdef Py_ssize_t i
    origin.p = preflight.method.p = NULL
    origin.n = preflight.method.n = 0
    preflight.n_lines = 0
    preflight.several_methods = preflight.private_network = False
    for i in range(n):
        field = &fields[i]
        if field.name.n == 6:
            if is_name(field.name, "origin", 6):
                several = origin.p != NULL
                origin = field.value
        elif options and field.name.n >= 29:
            if is_name(field.name, "access-control-request-method", 29):
                preflight.several_methods = preflight.method.p != NULL
                preflight.method = field.value
            elif is_name(field.name, "access-control-request-headers", 30):
                if preflight.n_lines < FC_MAX_LINES:
                    preflight.lines[preflight.n_lines] = field.value
                    preflight.n_lines += 1
            elif is_name(field.name, "access-control-request-private-network", 38):
                preflight.private_network = is_text(field.value, "true", 4)
    if origin.p != NULL and preflight.method.p != NULL:
        preflight_request(request, origin, several, preflight)
    else:
        actual_request(request, origin, several)


def find_and_answer_all(Engine engine not None, Requests requests not None, method, *, Py_ssize_t times=1):
    """Find, decide and write for each request, from its fields to a block of headers. Returns the last block."""
    cdef Request request
    cdef PreflightFields preflight
    cdef Span span
    cdef uint8_t out[ROOM]
    cdef Py_ssize_t i
    cdef Py_ssize_t size = 0
    borrow_text(method, &span, "method")
    for _ in range(times):
        for i in range(requests.n):
            _find(requests.fields[i], requests.counts[i], is_text(span, "OPTIONS", 7), &request, &preflight)
            size = _answer(engine, &request, out)
            barrier()
    assert size <= ROOM
    return PyBytes_FromStringAndSize(<char*>out, size)


def answer_heads(Engine engine not None, Texts heads not None, *, Py_ssize_t times=1):
    """Find, decide and write for each raw head, so many times. Returns the last block."""
    cdef Head head
    cdef Request request
    cdef uint8_t out[ROOM]
    cdef Py_ssize_t i
    cdef Py_ssize_t size = 0
    for _ in range(times):
        for i in range(heads.n):
            read_head(heads.spans[i].p, heads.spans[i].p + heads.spans[i].n, NULL, &head)
            request_of_head(&request, &head)
            size = _answer(engine, &request, out)
            barrier()
    assert size <= ROOM
    return PyBytes_FromStringAndSize(<char*>out, size)


cdef extern from *:
    """
    #define FC_TEXT_(x) #x
    #define FC_TEXT(x) FC_TEXT_(x)
    #if defined(__clang_major__)
    #define FC_COMPILER "clang-" FC_TEXT(__clang_major__)
    #elif defined(__GNUC__)
    #define FC_COMPILER "gcc-" FC_TEXT(__GNUC__)
    #else
    #define FC_COMPILER "unknown"
    #endif

    /* With its header, callgrind leaves alone what runs before; without, it only takes longer. */
    #if defined(__has_include)
    #if __has_include(<valgrind/callgrind.h>)
    #include <valgrind/callgrind.h>
    #endif
    #endif
    #if defined(CALLGRIND_START_INSTRUMENTATION)
    #define FC_CAN_START 1
    static void fastcors_start(void) { CALLGRIND_START_INSTRUMENTATION; }
    #else
    #define FC_CAN_START 0
    static void fastcors_start(void) {}
    #endif

    /* A name that callgrind finds: what is counted is what this calls. */
    #if defined(__GNUC__)
    __attribute__((noinline))
    #endif
    static PyObject *fastcors_counted(PyObject *call) {
        return PyObject_CallNoArgs(call);
    }
    """
    const char* FC_COMPILER
    const bint FC_CAN_START
    void fastcors_start() noexcept
    object fastcors_counted(object call)


COMPILER = (<bytes>FC_COMPILER).decode()
CAN_START_COUNTING = bool(FC_CAN_START)


def start_counting():
    """Tell the tool that counts instructions to begin, if it can be told."""
    fastcors_start()


def counted(call):
    """Call something, where the tool that counts instructions begins and stops."""
    return fastcors_counted(call)
