# Find, in the head of an HTTP/1.1 request as it came over the wire.

cdef inline void request_of_head(Request* request, Head* head) noexcept nogil:
    """Fill in the request that a head makes. It is no CORS request where the head is cut or malformed."""
    cdef Fields* fields = &head.fields  # of which none is a preflight's where the method is not OPTIONS
    if fields.origin.p != NULL and fields.preflight.method.p != NULL:
        preflight_request(request, fields.origin, fields.several_origins, &fields.preflight)
    else:
        actual_request(request, fields.origin, fields.several_origins)


cdef struct GivenHead:
    # A head as a caller gave it. Its bytes are held until the view is released.
    Py_buffer view
    Span method  # p is NULL: the head begins with its request line
    Bytes start
    Bytes end


cdef int hold_head(GivenHead* given, object head, object start, object end, object method) except -1:
    """Hold the bytes of a head. TypeError: something is of a wrong type. ValueError: start and end are not within it,
    in this order."""
    cdef Py_ssize_t first, last
    if not hold_bytes(&given.view, head):
        raise wrong_head(head)
    try:
        if FC_FREE_THREADED and not PyBytes_CheckExact(head):
            hold_copy(&given.view)
        first = PyNumber_AsSsize_t(start, NULL)  # what does not fit is outside any head
        last = given.view.len if end is None else PyNumber_AsSsize_t(end, NULL)
        if not 0 <= first <= last <= given.view.len:
            raise ValueError(f"start {first} and end {last} are no part of the head of {given.view.len} bytes")
        borrow_optional(method, &given.method, "method")
    except BaseException:
        PyBuffer_Release(&given.view)
        raise
    given.start = <Bytes>given.view.buf + first
    given.end = <Bytes>given.view.buf + last
    return 0


cdef inline void find_given(GivenHead* given, Head* head) noexcept nogil:
    read_head(given.start, given.end, NULL if given.method.p == NULL else &given.method, head)


cdef inline bytes _copy(Span* span):
    """A copy of the bytes of a span, which is of the copy from then on; None where there are none."""
    cdef bytes copy
    if span.p == NULL:
        return None
    copy = PyBytes_FromStringAndSize(<const char*>span.p, span.n)
    span.p = <Bytes>PyBytes_AS_STRING(copy)
    return copy


cdef tuple NOTHING_KEPT = (None, None, None)


cdef tuple keep_fields(Fields* fields):
    """Copies of the origin, the requested method and the lines of requested names, to which the spans point then."""
    cdef list lines = []
    cdef int i
    cdef object origin = _copy(&fields.origin)
    cdef object method = None if origin is None else _copy(&fields.preflight.method)
    if method is None:
        return origin, None, None
    for i in range(fields.preflight.n_lines):
        PyList_Append(lines, _copy(&fields.preflight.lines[i]))
    return origin, method, PyList_AsTuple(lines) if lines else None


cdef object seen_in_head(Engine engine, const GivenHead* given, const Head* head, object method, object path):
    """What a function sees of a head, in which nothing is where it is cut or malformed."""
    cdef Bytes line = given.start
    cdef Bytes at
    cdef Span name, value
    cdef list pairs = []
    if method is None:
        method = PyBytes_FromStringAndSize(<const char*>head.method.p, head.method.n)
        line = head.target.p + head.target.n + FC_VERSION_SIZE + 2
    while head.size > 0:
        at = <Bytes>memchr(line, c"\r", <size_t>(given.end - line))
        if not read_field(line, at, given.end, &name, &value):
            break
        value = without_ows(value)
        pairs.append((name.p[:name.n], value.p[:value.n]))
        line = at + 2
    return engine.origin_check.request_of_pairs(method, path, pairs)


cdef object decide_head(
    Engine engine, object head, object start, object end, object method, object granted, object path
):
    """The decision on a head, which holds copies of what it was made of."""
    cdef GivenHead given
    cdef Head found
    cdef Request request
    cdef tuple kept
    cdef object seen = None
    hold_head(&given, head, start, end, method)
    try:
        find_given(&given, &found)
        if unlikely(sees(engine, granted)):
            seen = seen_in_head(engine, &given, &found, method, path)
        kept = keep_fields(&found.fields)
    finally:
        PyBuffer_Release(&given.view)
    request_of_head(&request, &found)
    ask(engine, &request, granted, FC_SEEN, <PyObject*>seen, NULL)
    return new_decision(engine, &request, kept[0], kept[1], kept[2])


cdef object write_head_into(
    Engine engine, object buffer, object offset, object head, object start, object end, object method, object granted,
    object path, bint whole
):
    """Decide on a head, and write into a buffer, which may be the one that the head is in."""
    cdef Room room
    cdef GivenHead given
    hold_room(&room, buffer, offset)
    try:
        hold_head(&given, head, start, end, method)
        try:
            return _write_head(engine, &room, &given, method, granted, path, whole)
        finally:
            PyBuffer_Release(&given.view)
    finally:
        PyBuffer_Release(&room.view)


cdef object _write_head(
    Engine engine, const Room* room, GivenHead* given, object method, object granted, object path, bint whole
):
    cdef Head found
    cdef Request request
    cdef tuple kept = NOTHING_KEPT
    cdef object seen = None
    find_given(given, &found)
    if unlikely(
        engine.origin_check is not None or granted is not None or _overlap(room, given)
        or (whole and explains(engine))
    ):
        # What was found must not change while Python code runs, nor while it is written.
        if sees(engine, granted):
            seen = seen_in_head(engine, given, &found, method, path)
        kept = keep_fields(&found.fields)
    request_of_head(&request, &found)
    ask(engine, &request, granted, FC_SEEN, <PyObject*>seen, NULL)
    if whole:
        return write_whole_into_room(engine, &request, room, kept[0], kept[1], kept[2])
    return write_into_room(engine, &request, room)


cdef inline bint _overlap(const Room* room, const GivenHead* given) noexcept nogil:
    cdef Bytes first = <Bytes>room.view.buf
    return given.start < first + room.view.len and first < given.end
