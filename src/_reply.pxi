# The answers to preflights, with no Python in between: for ASGI two messages to send, for WSGI a call and no body.

@cython.final
@cython.freelist(16)
cdef class Reply:
    """What the shim returns for the server to await: it sends the start of the response, then its empty body."""

    cdef object send_message  # the server's send
    cdef object start         # the first message; None once it is on its way
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


cdef int _resume_reply(Reply reply, PyObject* value, PyObject** result) except? PYGEN_ERROR:
    # The slot am_send, and what send() does.
    cdef int status
    cdef object message
    while True:
        if reply.running is None:
            if reply.left <= 0:
                if reply.left < 0 or reply.send_message is None:
                    raise RuntimeError("this awaitable came to its end")
                reply.left = -1
                Py_INCREF(None)
                result[0] = <PyObject*>None
                return PYGEN_RETURN
            message = reply.start if reply.left == 2 else {"type": "http.response.body", "body": b""}
            reply.start = None
            reply.left -= 1
            reply.running = awaited(reply.send_message(message))
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


cdef tuple NO_CONTENT = (b"content-length", b"0")  # RFC 9110, section 8.6: a 204 has none
cdef tuple NO_CONTENT_STR = ("Content-Length", "0")


cdef inline object preflight_status(Engine engine, const Verdict* verdict):
    """The status of the answer; None where it has a body, which Python writes."""
    if verdict.reason == FC_OK:
        return engine.preflight_status
    return None if engine.policy.debug else engine.preflight_failure_status


cdef inline list preflight_pairs(
    Engine engine, const Request* request, const Verdict* verdict, object origin, bint text
):
    """The headers, which are mostly ready where the answer repeats no more of the request than its origin."""
    cdef tuple ready = engine.accepted_str if text else engine.accepted_headers
    cdef tuple pair
    cdef list pairs
    cdef Py_ssize_t i
    if ready is None or verdict.parts != engine.policy.preflight:
        return write_pairs(engine, request, verdict, origin, text)
    pair = origin_pair(request, origin, text)
    pairs = PyList_New(PyTuple_GET_SIZE(ready) + 1)
    fc_list_fill(pairs, 0, <PyObject*>pair)
    for i in range(PyTuple_GET_SIZE(ready)):
        fc_list_fill(pairs, i + 1, PyTuple_GET_ITEM(ready, i))
    return pairs


cdef object reply_to_preflight(Engine engine, list headers, object origin, Found* found, object send):
    """The awaitable that answers a preflight; None where the request is none, or the answer needs more words,
    or must be waited for."""
    cdef Request request
    cdef Verdict verdict
    cdef Span lines[FC_MAX_LINES]
    cdef list asked = []
    cdef object asked_method
    cdef Reply reply
    cdef list pairs
    cdef object status
    if not scan_preflight(headers, found, asked) or found.asked_method == NULL:
        return None
    asked_method = <object>found.asked_method
    request.method.p = <Bytes>"OPTIONS"
    request.method.n = 7
    borrow_optional(origin, &request.origin, "origin")
    borrow_optional(asked_method, &request.asked_method, "request_method")
    request.several_origins = found.several_origins
    request.several_methods = found.several_methods
    request.private_network = found.private_network
    request.asked_headers = lines
    request.n_asked_headers = borrow_lines(asked, lines)
    if not ask_now(engine, &request):
        return None
    decide(&engine.policy, &request, &verdict)
    status = preflight_status(engine, &verdict)
    if status is None:
        return None
    pairs = preflight_pairs(engine, &request, &verdict, origin, False)
    if status != 204:
        pairs.append(NO_CONTENT)
    reply = Reply.__new__(Reply)
    reply.send_message = send
    reply.start = {"type": "http.response.start", "status": status, "headers": pairs}
    reply.left = 2
    return reply


cdef object answer_preflight(Engine engine, object environ, object origin, object start_response):
    """The same for WSGI: the empty body after the call of start_response."""
    cdef Request request
    cdef Verdict verdict
    cdef Span lines[FC_MAX_LINES]
    cdef object asked_method = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    cdef object asked = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    cdef object network = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK")
    cdef object status
    cdef list pairs
    if asked_method is None:
        return None
    borrow_request(&request, lines, "OPTIONS", origin, asked_method, asked, network)
    ask(engine, &request, None)
    decide(&engine.policy, &request, &verdict)
    status = preflight_status(engine, &verdict)
    if status is None:
        return None
    pairs = preflight_pairs(engine, &request, &verdict, origin, True)
    if status != 204:
        pairs.append(NO_CONTENT_STR)
    start_response(status_line(status), pairs)
    return []
