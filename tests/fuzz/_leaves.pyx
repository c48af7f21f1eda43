# cython: language_level=3, binding=False
"""The leaves of the engine for the fuzzer, and the C API: each is given copies of its bytes that end where they end.

An object of Python has a zero byte behind its bytes, so that a leaf which reads one too many would go unnoticed there.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from bytes cimport Bytes, Span
from fields cimport put_field
from fastcors cimport (
    FASTCORS_GRANTED, FASTCORS_MAX_LINES, FASTCORS_NOT_GRANTED, fastcors_api, fastcors_import, fastcors_policy,
    fastcors_request, fastcors_request_init, fastcors_router, fastcors_text, fastcors_verdict, fastcors_verdict_init,
    fastcors_written)
from hash cimport hash_bytes
from output cimport Output, count_only
from origin cimport Origin, is_bare_host, is_loose_origin, is_shell_origin, parse_origin, split_origin
from table cimport Table, table_add, table_close, table_find, table_free, table_open
from token cimport FC_NAME, Walk, is_token, walk_next, walk_start

cdef const fastcors_api* API = fastcors_import()


cdef class Copy:
    """Bytes on a heap block of their length; of None there are none."""

    cdef uint8_t* p
    cdef Py_ssize_t n

    def __cinit__(self, data):
        if data is None:
            return
        self.n = len(data)
        self.p = <uint8_t*>malloc(<size_t>max(self.n, 1))
        if self.p == NULL:
            raise MemoryError
        memcpy(self.p, <const char*>data, <size_t>self.n)

    def __dealloc__(self):
        free(self.p)

    cdef Span span(self):
        cdef Span span
        span.p = self.p
        span.n = self.n
        return span

    cdef fastcors_text text(self) noexcept nogil:
        cdef fastcors_text text
        text.data = <const char*>self.p
        text.size = <size_t>self.n
        return text


cdef bytes text_of(Span span):
    return (<const char*>span.p)[:span.n]


def planted(bytes data not None):
    """Read one byte too many where the bytes begin with a word. It is there to be found."""
    cdef Copy copy = Copy(data)
    if copy.n > 3 and copy.p[0] == c"C" and copy.p[1] == c"O" and copy.p[2] == c"R" and copy.p[3] == c"S":
        return copy.p[copy.n]
    return 0


def origin(bytes data not None):
    """What the grammar says of an origin: its grade, its parts, and whether it is one in three wider senses."""
    cdef Copy copy = Copy(data)
    cdef Bytes p = copy.p
    cdef Py_ssize_t n = copy.n
    cdef Origin found
    grade = parse_origin(p, n, &found)
    parts = (text_of(found.scheme), text_of(found.host), found.port) if grade else None
    wider = bool(is_bare_host(p, n)), bool(is_loose_origin(p, n)), bool(is_shell_origin(p, n))
    return grade, parts, *wider, bool(split_origin(p, n, &found))


def names(list lines not None):
    """The names in the lines of a list header, of which there are 256 at most, and how the walk over them ended."""
    cdef Span spans[256]
    cdef Walk walk
    cdef int i
    cdef int step = FC_NAME
    copies = [Copy(line) for line in lines[:256]]
    found = []
    for i in range(len(copies)):
        spans[i] = (<Copy>copies[i]).span()
    walk_start(&walk, spans, <int>len(copies))
    while step == FC_NAME:
        step = walk_next(&walk)
        if step == FC_NAME:
            assert is_token(walk.name.p, walk.name.n)
            found.append(text_of(walk.name))
    return found, step


def listed(list keys not None, list sought not None, seed):
    """Which texts a table of keys has."""
    cdef Table table
    cdef Copy copy
    found = []
    memset(&table, 0, sizeof(Table))
    if not table_open(&table, <size_t>len(keys), seed):
        raise MemoryError
    for key in keys:
        copy = Copy(key)
        if not table_add(&table, hash_bytes(copy.p, copy.n, seed), copy.p, copy.n, 0):
            raise MemoryError
    table_close(&table)
    for key in sought:
        copy = Copy(key)
        found.append(table_find(&table, hash_bytes(copy.p, copy.n, seed), copy.p, copy.n) != NULL)
    table_free(&table)
    return found


def field(int table, bytes name not None, bytes value not None):
    """A field line of HTTP/2 or HTTP/3, on memory that ends where it ends."""
    cdef Copy name_copy = Copy(name)
    cdef Copy value_copy = Copy(value)
    cdef Copy line
    cdef Output out
    count_only(&out)
    put_field(&out, table, name_copy.span(), value_copy.span())
    line = Copy(b"\xee" * out.n)
    out.p, out.room, out.n = line.p, line.n, 0
    put_field(&out, table, name_copy.span(), value_copy.span())
    assert out.n == line.n
    return text_of(line.span())


cdef enum:
    # The forms that C writes.
    BLOCK
    RESPONSE
    BODY
    HPACK
    QPACK
    QPACK_LINES


cdef fastcors_written written_as(
    int form, const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    Copy out
) noexcept nogil:
    cdef char* p = <char*>out.p
    cdef size_t n = <size_t>out.n
    if form == BLOCK:
        return API.write_block(policy, request, verdict, p, n)
    if form == RESPONSE:
        return API.write_response(policy, request, verdict, p, n)
    if form == BODY:
        return API.write_body(policy, request, verdict, p, n)
    if form == HPACK:
        return API.write_hpack(policy, request, verdict, p, n)
    if form == QPACK:
        return API.write_qpack(policy, request, verdict, p, n)
    return API.write_qpack_lines(policy, request, verdict, p, n)


cdef tuple said(policy, fastcors_request* request, int form, int room):
    """What the C API says of a request: kind, reason, status, whether it is allowed, and what it wrote into a room.

    The size comes first of what was written; where it is more than the room, the bytes must be as they were."""
    cdef fastcors_policy* handle = API.policy_from_object(policy)
    cdef fastcors_verdict verdict
    cdef fastcors_written written
    cdef Copy out = Copy(b"\xee" * room)
    fastcors_verdict_init(&verdict)
    with nogil:
        API.decide(handle, request, &verdict)
        written = written_as(form, handle, request, &verdict, out)
    API.policy_release(handle)
    reason = (<bytes>API.reason_name(verdict.reason)).decode()
    return verdict.kind, reason, verdict.status, bool(verdict.allowed), written.size, (<char*>out.p)[:out.n]


def decided(policy, granted, int form, int room, method, origin, request_method, list lines not None, network):
    """What the C API says of a request that is given by its values, and writes in a form."""
    cdef fastcors_request request
    cdef fastcors_text texts[256]
    cdef int i
    copies = [Copy(value) for value in (method, origin, request_method, network, *lines[:256])]
    for i in range(4, len(copies)):
        texts[i - 4] = (<Copy>copies[i]).text()
    fastcors_request_init(&request)
    request.method = (<Copy>copies[0]).text()
    request.origin = (<Copy>copies[1]).text()
    request.request_method = (<Copy>copies[2]).text()
    request.request_private_network = (<Copy>copies[3]).text()
    request.request_headers = texts
    request.request_headers_count = <unsigned int>(len(copies) - 4)
    request.granted = FASTCORS_GRANTED if granted else FASTCORS_NOT_GRANTED
    return said(policy, &request, form, room)


def decided_head(policy, granted, int form, int room, bytes head not None):
    """What the C API says of a request that is given by its head, and writes in a form."""
    cdef fastcors_request request
    cdef fastcors_text texts[FASTCORS_MAX_LINES]
    cdef Copy copy = Copy(head)
    fastcors_request_init(&request)
    API.request_from_head(&request, <const char*>copy.p, <size_t>copy.n, texts)
    request.granted = FASTCORS_GRANTED if granted else FASTCORS_NOT_GRANTED
    return said(policy, &request, form, room)


def written_head(policy, bint whole, int room, bytes head not None):
    """What the C API finds, says and writes of a head by one call: the size of the head, the kind, the reason, the
    status, whether a function must be asked, the size of what was written, and the room."""
    cdef fastcors_policy* handle = API.policy_from_object(policy)
    cdef fastcors_verdict verdict
    cdef fastcors_written written
    cdef Copy copy = Copy(head)
    cdef Copy out = Copy(b"\xee" * room)
    cdef Py_ssize_t size = 0
    fastcors_verdict_init(&verdict)
    with nogil:
        written = API.write_head_into(
            handle, <const char*>copy.p, <size_t>copy.n, &size, whole, &verdict, <char*>out.p, <size_t>out.n)
    API.policy_release(handle)
    reason = (<bytes>API.reason_name(verdict.reason)).decode()
    return (
        size, written.kind, reason, written.status, bool(verdict.must_ask), written.size, text_of(out.span()))


def merged(policy, granted, origin, bint keep, int room, bytes head not None):
    """What the C API makes of the head of a response to a request from an origin: kind, size, and the room."""
    cdef fastcors_policy* handle = API.policy_from_object(policy)
    cdef fastcors_request request
    cdef fastcors_verdict verdict
    cdef fastcors_written written
    cdef Copy sender = Copy(origin)
    cdef Copy copy = Copy(head)
    cdef Copy out = Copy(b"\xee" * room)
    fastcors_request_init(&request)
    fastcors_verdict_init(&verdict)
    request.method.data, request.method.size = "GET", 3
    request.origin = sender.text()
    request.granted = FASTCORS_GRANTED if granted else FASTCORS_NOT_GRANTED
    with nogil:
        API.decide(handle, &request, &verdict)
        written = API.merge_head(
            handle, &request, &verdict, <const char*>copy.p, <size_t>copy.n, keep, <char*>out.p, <size_t>out.n)
    API.policy_release(handle)
    return written.kind, written.size, text_of(out.span())


def found(router, host, bytes path not None):
    """The address of the policy that the C API finds for a path; 0: none."""
    cdef fastcors_router* handle = API.router_from_object(router)
    cdef Copy name = Copy(host)
    cdef Copy copy = Copy(path)
    cdef const fastcors_policy* policy
    with nogil:
        policy = API.router_find(handle, name.text(), copy.text())
    API.router_release(handle)
    return <size_t>policy
