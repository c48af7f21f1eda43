# The answer to a preflight, from the header list of the scope to the two messages, with no Python in between.

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
    if verdict.reason == FC_OK:
        status = engine.preflight_status
    elif engine.policy.debug:
        return None
    else:
        status = engine.preflight_failure_status
    pairs = write_pairs(engine, &request, &verdict, origin, False)
    if status != 204:  # RFC 9110, section 8.6: a 204 has no Content-Length
        pairs.append(NO_CONTENT)
    reply = Reply.__new__(Reply)
    reply.send_message = send
    reply.start = {"type": "http.response.start", "status": status, "headers": pairs}
    reply.left = 2
    return reply


cdef tuple NO_CONTENT = (b"content-length", b"0")
