# Into a buffer of the caller's: decide, and write the block there or the whole response to a preflight, with no
# allocation but of what is returned.

cdef extern from *:
    """
    /* A new tuple of a subclass, with nothing in it yet. */
    static inline PyObject *fc_new_tuple(PyObject *type, Py_ssize_t n) {
        return ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, n);
    }
    #define fc_tuple_fill(tuple, i, item) (Py_INCREF(item), PyTuple_SET_ITEM(tuple, i, item))
    """
    object fc_new_tuple(object type, Py_ssize_t n)
    void fc_tuple_fill(object items, Py_ssize_t i, object item) noexcept


cdef struct Room:
    # A buffer, and where in it to write. Its bytes are held until the view is released.
    Py_buffer view
    Py_ssize_t at


cdef int hold_room(Room* room, object buffer, object offset) except -1:
    """Hold the bytes of a buffer. TypeError: it is not writable and contiguous."""
    room.at = PyNumber_AsSsize_t(offset, NULL)  # what does not fit is outside any buffer
    try:
        PyObject_GetBuffer(buffer, &room.view, PyBUF_WRITABLE | PyBUF_ND)
    except BufferError:
        raise _wrong_type("buffer", "writable contiguous bytes", buffer) from None
    if room.view.itemsize != 1 or room.view.ndim != 1:
        PyBuffer_Release(&room.view)
        raise _wrong_type("buffer", "writable contiguous bytes", buffer)
    return 0


cdef object _new_written(const CompiledPlan* compiled, const Verdict* verdict, Py_ssize_t size):
    cdef object count = size
    cdef object status = status_of(compiled, verdict) or None
    cdef object written = fc_new_tuple(Written, 3)
    fc_tuple_fill(written, 0, KINDS[verdict.kind])
    fc_tuple_fill(written, 1, status)
    fc_tuple_fill(written, 2, count)
    return written


cdef tuple refusals_written(Engine engine, const CompiledPlan* compiled):
    """What is said of a request with no origin, of a refused one and of a refused preflight: ready, so that a refusal
    costs no memory. They are in the order of the kinds."""
    cdef uint32_t[3] parts = [compiled.none, compiled.refused, compiled.refused_origin]
    cdef Request request
    cdef Verdict verdict
    cdef Span none
    cdef list written = []
    none.p = NULL
    none.n = 0
    actual_request(&request, none, False)
    verdict.names_bytes = 0
    verdict.failures = FC_FAILED_ORIGIN
    for verdict.kind in range(3):
        verdict.parts = parts[verdict.kind] & ~REPEATED
        written.append(_new_written(compiled, &verdict, block_size(engine.lines, &request, &verdict)))
    return PyList_AsTuple(written)


cdef inline object _written(Engine engine, const Verdict* verdict, Py_ssize_t size):
    """What is said of a verdict that was written in so many bytes."""
    cdef int kind = verdict.kind
    if engine.refusals is not None and engine.refusal_sizes[kind] == size:
        if kind != FC_KIND_PREFLIGHT or verdict.failures:
            return <object>PyTuple_GET_ITEM(engine.refusals, kind)
    return _new_written(&engine.compiled, verdict, size)


cdef int _no_room(const Room* room, Py_ssize_t size) except -1:
    """ValueError: the offset is outside the buffer, or so many bytes do not fit."""
    if 0 <= room.at <= room.view.len:
        raise BufferTooSmallError(size, room.view.len - room.at)
    raise ValueError(f"offset {room.at} is outside the buffer of {room.view.len} bytes")


cdef inline uint8_t* _room_for(const Room* room, Py_ssize_t size) except NULL:
    """Where to write so many bytes, for which there is room; or else as _no_room says."""
    if unlikely(room.at < 0 or size > room.view.len - room.at):
        _no_room(room, size)
    return <uint8_t*>room.view.buf + room.at


cdef inline object _write_block_into(Engine engine, const Request* request, const Verdict* verdict, const Room* room):
    cdef Py_ssize_t size = block_size(engine.lines, request, verdict)
    write_block(engine.lines, request, verdict, _room_for(room, size))
    return _written(engine, verdict, size)


cdef object write_into_room(Engine engine, const Request* request, const Room* room):
    """Decide, and write the block where it fits. Nothing is written where this raises."""
    cdef Verdict verdict
    decide(&engine.compiled, request, &verdict)
    return _write_block_into(engine, request, &verdict, room)


cdef inline bint explains(Engine engine) noexcept:
    """Whether Python writes whole responses to refused preflights, so that a request must be held by more than a
    caller's buffers."""
    return engine.responses.ends[FC_FAILED_ORIGIN].p == NULL


cdef object write_whole_into_room(
    Engine engine, const Request* request, const Room* room, object origin, object request_method,
    object request_headers
):
    """Decide, and write the whole response to a preflight, or else the block, where it fits. Nothing is written where
    this raises. The objects are what a Decision keeps of a request; nobody reads them where the engine does not
    explain."""
    cdef Verdict verdict
    cdef Py_ssize_t size
    cdef Span end
    cdef object held = None
    decide(&engine.compiled, request, &verdict)
    if verdict.kind != FC_KIND_PREFLIGHT:
        return _write_block_into(engine, request, &verdict, room)
    end = engine.responses.ends[verdict.failures]
    if end.p == NULL:
        held = (<Decision>new_decision(engine, request, origin, request_method, request_headers))._end(&end)
    size = response_size(engine.lines, &engine.responses, end, request, &verdict)
    write_response(engine.lines, &engine.responses, end, request, &verdict, _room_for(room, size))
    return _written(engine, &verdict, size)


cdef object write_into(
    Engine engine, object buffer, object offset, object method, object origin, object request_method,
    object request_headers, object request_private_network, object granted, object given, bint whole
):
    """Decide on the values of a request's fields, and write into a buffer."""
    cdef Request request
    cdef PreflightFields fields
    cdef Room room
    hold_room(&room, buffer, offset)
    try:
        # Borrowed only now: the call above can run Python code, and that could change a list of lines.
        if FC_FREE_THREADED or engine.origin_check is not None or granted is not None or (whole and explains(engine)):
            request_headers = kept_lines(request_headers)
        request_of_values(&request, &fields, method, origin, request_method, request_headers, request_private_network)
        ask(engine, &request, granted, FC_GIVEN, <PyObject*>given, <PyObject*>method)
        if whole:
            return write_whole_into_room(engine, &request, &room, origin, request_method, request_headers)
        return write_into_room(engine, &request, &room)
    finally:
        PyBuffer_Release(&room.view)
