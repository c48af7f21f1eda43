# The answers to preflights, made without Python code: for ASGI two messages to send, for WSGI a call and a body.

@cython.final
@cython.freelist(16)
cdef class Reply:
    """What the shim returns for the server to await: it sends the start of the response, then its body."""

    cdef object send_message  # the server's send
    cdef object start         # the first message; None once it is on its way
    cdef object body          # the second; it is shared, and copied when it is sent
    cdef object running       # the awaitable that is resumed; None while there is none
    cdef int left             # messages to send; less than none: it came to an end

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value, /):
        """Resume, as ``coroutine.send``."""
        cdef PyObject* result = NULL
        cdef int status = _resume_reply(self, <PyObject*>value, &result)
        value = <object>result
        Py_DECREF(value)
        if status == PYGEN_NEXT:
            return value
        raise StopIteration(value)

    def throw(self, *args):
        """Raise an exception where it waits, as ``coroutine.throw``."""
        if self.running is None:
            self.left = -1
            raise args[0] if len(args) < 2 or args[1] is None else args[1]
        try:
            return self.running.throw(*args)
        except StopIteration:
            self.running = None
        except BaseException:
            self.running = None
            self.left = -1
            raise
        return self.send(None)

    def close(self):
        """End it, as ``coroutine.close``."""
        running = self.running
        self.running = None
        self.left = -1
        if running is not None:
            running.close()


cdef int _send_next(Reply reply) except -1:
    """Call the server's send with the message that comes next; `running` is what it returned."""
    cdef PyObject* args[2]
    cdef object message = reply.start
    if reply.left == 2:
        reply.start = None
    else:
        message = PyDict_Copy(reply.body)
    reply.left -= 1
    args[1] = <PyObject*>message
    reply.running = awaited(fc_call_with(reply.send_message, args, 1))
    return 0


cdef int _resume_reply(Reply reply, PyObject* value, PyObject** result) except? PYGEN_ERROR:
    # The slot am_send, and what send() does.
    cdef int status
    while True:
        if reply.running is None:
            if reply.left <= 0:
                if reply.left < 0 or reply.send_message is None:
                    raise RuntimeError("this awaitable came to its end")
                reply.left = -1
                Py_INCREF(None)
                result[0] = <PyObject*>None
                return PYGEN_RETURN
            _send_next(reply)
        status = PyIter_Send(reply.running, value, result)
        if status == PYGEN_NEXT:
            return status
        reply.running = None
        if status == PYGEN_ERROR:
            reply.left = -1
            return status
        Py_DECREF(<object>result[0])
        result[0] = NULL
        value = <PyObject*>None


cdef str HEADERS = "headers"


cdef inline list preflight_pairs(
    const CompiledPlan* compiled, Answers answers, const Request* request, const Verdict* verdict, object origin
):
    """The headers in a new list; they are mostly ready where the answer repeats no more of the request than its
    origin."""
    cdef tuple pair = None
    cdef list pairs
    cdef Py_ssize_t i
    cdef Py_ssize_t lead = 0
    if answers.accepted is None or verdict.reason != FC_OK or verdict.parts != compiled.accepted_usual:
        pairs = write_pairs(answers, request, verdict, origin)
        pairs += <list>PyTuple_GET_ITEM(answers.ends, verdict.failures)
        return pairs
    if verdict.parts & part(FC_PART_ORIGIN):
        lead = 1
        if (
            verdict.listed != FC_NOT_PREPARED and begins_with_origin(compiled.allowed)
            and not compiled.bare  # whose listed answers may begin otherwise
        ):
            pair = answers.listed[verdict.listed][0]
        else:
            pair = origin_pair(answers, request, origin)
    pairs = PyList_New(PyList_GET_SIZE(answers.accepted) + lead)
    if lead:
        fc_list_fill(pairs, 0, <PyObject*>pair)
    for i in range(PyList_GET_SIZE(answers.accepted)):
        fc_list_fill(pairs, i + lead, PyList_GET_ITEM(answers.accepted, i))
    return pairs


cdef inline object preflight_start(Answers answers, const Verdict* verdict):
    """How the answer begins; None where it has a body, which Python writes."""
    return <object>PyTuple_GET_ITEM(answers.starts, verdict.failures)


cdef object reply_to_preflight(
    ASGIShim shim, Engine engine, const Found* found, PreflightFields* fields, PyObject* scope, object send
):
    """The awaitable that answers a preflight; None if the body must be made or a function must be awaited.

    The caller holds the origin; also the requested values, where Python code can run or the answer repeats them."""
    cdef Request request
    cdef Verdict verdict
    cdef Span origin
    cdef Reply reply
    cdef object start
    cdef list pairs
    borrow_value(found.origin, &origin)
    preflight_request(&request, origin, found.several_origins, fields)
    if not ask_now(engine, &request, FC_SCOPE, scope):
        return None
    decide_preflight(&engine.compiled, &request, &verdict)
    start = preflight_start(engine.asgi, &verdict)
    if start is None:
        return None
    if unlikely(shim._notes):
        note(engine, verdict.reason, request.origin, <object>scope, shim._counts, shim._tells, shim._also_tell)
    pairs = preflight_pairs(&engine.compiled, engine.asgi, &request, &verdict, <object>found.origin)
    start = PyDict_Copy(start)
    PyDict_SetItem(start, HEADERS, pairs)
    reply = Reply.__new__(Reply)
    reply.send_message = send
    reply.start = start
    reply.body = <object>PyTuple_GET_ITEM(engine.asgi.bodies, verdict.failures)
    reply.left = 2
    return reply


cdef object answer_preflight(
    WSGIShim shim, Engine engine, object environ, object origin, object requested_method, object start_response
):
    """The body of the answer to a preflight, after the call of start_response; None where Python answers.

    It has one chunk, which may be empty: hypercorn sends the start of a response with the first chunk."""
    cdef Request request
    cdef Verdict verdict
    cdef Span origin_span
    cdef object line
    cdef PreflightFields fields
    cdef PyObject* args[3]
    cdef object lines = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    cdef object network = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK")
    cdef list pairs
    preflight_fields(&fields, requested_method, lines, network)
    borrow(origin, &origin_span)
    preflight_request(&request, origin_span, False, &fields)
    ask(engine, &request, None, FC_ENVIRON, <PyObject*>environ, NULL)
    decide_preflight(&engine.compiled, &request, &verdict)
    line = preflight_start(engine.wsgi, &verdict)
    if line is None:
        return None
    if unlikely(shim._notes):
        note(engine, verdict.reason, request.origin, environ, shim._counts, shim._tells, shim._also_tell)
    pairs = preflight_pairs(&engine.compiled, engine.wsgi, &request, &verdict, origin)
    args[1] = <PyObject*>line
    args[2] = <PyObject*>pairs
    fc_call_with(start_response, args, 2)
    return [<object>PyTuple_GET_ITEM(engine.wsgi.bodies, verdict.failures)]
