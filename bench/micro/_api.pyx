# cython: language_level=3, binding=False, cdivision=True
"""The functions of fastcors.h in C loops, by the table of the installed extension: what a server in C gets.

Between two operations stands a barrier, as one request cannot overlap with the next: these are latencies.
"""

from fastcors cimport (
    FASTCORS_MAX_LINES, FASTCORS_PREFLIGHT, fastcors_api, fastcors_import, fastcors_policy, fastcors_request,
    fastcors_request_init, fastcors_text, fastcors_verdict, fastcors_verdict_init, fastcors_written)

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

cdef const fastcors_api* cors = fastcors_import()

cdef enum:
    ROOM = 2048  # bytes; no answer of the benchmarks is longer


cdef class Batch:
    """Byte strings, copied one after another, as the bytes of requests lie in a server's buffers."""

    cdef bytes block
    cdef bytearray storage
    cdef fastcors_text* texts
    cdef Py_ssize_t n

    def __cinit__(self, texts):
        cdef const char* at
        cdef Py_ssize_t i
        self.block = b"".join(texts)
        self.n = len(texts)
        self.storage = bytearray(self.n * sizeof(fastcors_text))
        self.texts = <fastcors_text*><char*>self.storage
        at = self.block
        for i in range(self.n):
            self.texts[i].data = at
            self.texts[i].size = <size_t>len(texts[i])
            at += len(texts[i])


cdef class Held:
    """A policy by its handle."""

    cdef fastcors_policy* handle

    def __cinit__(self, policy):
        self.handle = cors.policy_from_object(policy)

    def __dealloc__(self):
        cors.policy_release(self.handle)


cdef inline size_t _answer(const fastcors_policy* policy, const fastcors_request* request, char* out) noexcept nogil:
    cdef fastcors_verdict verdict
    fastcors_verdict_init(&verdict)
    cors.decide(policy, request, &verdict)
    if verdict.kind == FASTCORS_PREFLIGHT:
        return cors.write_response(policy, request, &verdict, out, ROOM).size
    return cors.write_block(policy, request, &verdict, out, ROOM).size


def nothing(Batch batch not None, *, Py_ssize_t times=1):
    """What the loop and the barrier cost."""
    with nogil:
        for _ in range(times * batch.n):
            barrier()


def answer_heads(Held policy not None, Batch heads not None, *, Py_ssize_t times=1):
    """Read each raw head, decide and write. Returns the last answer."""
    cdef fastcors_request request
    cdef fastcors_text lines[FASTCORS_MAX_LINES]
    cdef char out[ROOM]
    cdef size_t size = 0
    cdef Py_ssize_t i
    with nogil:
        for _ in range(times):
            for i in range(heads.n):
                fastcors_request_init(&request)
                cors.request_from_head(&request, heads.texts[i].data, heads.texts[i].size, lines)
                size = _answer(policy.handle, &request, out)
                barrier()
    return out[:size]


def answer_origins(Held policy not None, Batch origins not None, *, Py_ssize_t times=1):
    """Decide on an actual request for each origin, and write. Returns the last answer."""
    cdef fastcors_request request
    cdef char out[ROOM]
    cdef size_t size = 0
    cdef Py_ssize_t i
    with nogil:
        for _ in range(times):
            for i in range(origins.n):
                fastcors_request_init(&request)
                request.method.data = "GET"
                request.method.size = 3
                request.origin = origins.texts[i]
                size = _answer(policy.handle, &request, out)
                barrier()
    return out[:size]


def decide_origins(Held policy not None, Batch origins not None):
    """Decide on an actual request for each origin. Returns how many were allowed."""
    cdef fastcors_request request
    cdef fastcors_verdict verdict
    cdef Py_ssize_t allowed = 0
    cdef Py_ssize_t i
    with nogil:
        fastcors_request_init(&request)
        fastcors_verdict_init(&verdict)
        request.method.data = "GET"
        request.method.size = 3
        for i in range(origins.n):
            request.origin = origins.texts[i]
            cors.decide(policy.handle, &request, &verdict)
            allowed += verdict.allowed
            barrier()
    return allowed


def answer_heads_at_once(Held policy not None, Batch heads not None, *, Py_ssize_t times=1):
    """Read each raw head, decide and write by one call. Returns the last answer."""
    cdef fastcors_verdict verdict
    cdef char out[ROOM]
    cdef size_t size = 0
    cdef Py_ssize_t i
    with nogil:
        for _ in range(times):
            for i in range(heads.n):
                fastcors_verdict_init(&verdict)
                size = cors.write_head_into(
                    policy.handle, heads.texts[i].data, heads.texts[i].size, NULL, 1, &verdict, out, ROOM).size
                barrier()
    return out[:size]


cdef class Decided:
    """A request by its head, and what was decided on it, for its writers."""

    cdef Held policy
    cdef bytes head
    cdef fastcors_request request
    cdef fastcors_verdict verdict
    cdef fastcors_text lines[FASTCORS_MAX_LINES]

    def __cinit__(self, Held policy not None, bytes head not None):
        self.policy = policy
        self.head = head
        fastcors_request_init(&self.request)
        fastcors_verdict_init(&self.verdict)
        cors.request_from_head(&self.request, <const char*>head, <size_t>len(head), self.lines)
        cors.decide(policy.handle, &self.request, &self.verdict)


ctypedef fastcors_written (*writer)(
    const fastcors_policy*, const fastcors_request*, const fastcors_verdict*, char*, size_t) noexcept nogil


def write(Decided made not None, str form not None, Batch batch not None):
    """Write a form of a decision, as often as the batch has texts. Returns the last answer."""
    cdef char out[ROOM]
    cdef size_t size = 0
    cdef Py_ssize_t i
    cdef writer chosen = cors.write_block
    if form == "hpack":
        chosen = cors.write_hpack
    elif form == "qpack":
        chosen = cors.write_qpack
    with nogil:
        for i in range(batch.n):
            size = chosen(made.policy.handle, &made.request, &made.verdict, out, ROOM).size
            barrier()
    return out[:size]


def merge_heads(Decided made not None, Batch heads not None):
    """Merge a decision into each head of a response. Returns the last answer."""
    cdef char out[ROOM]
    cdef size_t size = 0
    cdef Py_ssize_t i
    with nogil:
        for i in range(heads.n):
            size = cors.merge_head(
                made.policy.handle, &made.request, &made.verdict, heads.texts[i].data, heads.texts[i].size, 0, out,
                ROOM).size
            barrier()
    return out[:size]
