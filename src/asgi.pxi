# The ASGI shim's hot objects: what stands between a server and an application on every request.
#
# Coroutines stay in Python, where they are fastest. Here is what goes around them: the call that decides, the
# `send` that writes, and the awaitable that sees an exception before the server does.

@cython.final
@cython.freelist(64)
cdef class Send:
    """The ``send`` that an application gets: it writes the policy's headers into the start of the response."""

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef tuple pairs   # of the answer, to write
    cdef object inner
    cdef bint keep
    cdef uint8_t rules   # what is merged beside the pairs
    cdef bint started

    def __cinit__(self):
        self.call = <fc_call>_send_message


cdef str TYPE = "type"
cdef str START = "http.response.start"
cdef str HTTP = "http"


cdef object _send_message(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef PyObject* inner[2]
    cdef PyObject* item
    cdef object headers, message, held
    cdef list merged
    cdef Py_ssize_t at = 0
    if unlikely(PyVectorcall_NARGS(nargsf) != 1 or names != NULL or (<Send>self).pairs is None):
        raise TypeError("send takes one message")
    if unlikely(not fc_is_dict(args[0])):
        return _send_odd(<Send>self, <object>args[0])
    item = fc_entry(args[0], TYPE, &at, 1)
    if FC_FREE_THREADED:
        held = taken(item)
    if item == NULL or not _is_kind(item, START):
        inner[1] = args[0]
        return fc_call_with((<Send>self).inner, inner, 1)
    item = fc_entry(args[0], HEADERS, &at, 2)
    if FC_FREE_THREADED:
        held = taken(item)
    headers = () if unlikely(item == NULL or fc_is_none(item)) else <object>item
    merged = merge((<Send>self).pairs, headers, (<Send>self).keep, (<Send>self).rules, False)
    message = PyDict_Copy(<object>args[0])  # the application may use its own again
    PyDict_SetItem(message, HEADERS, merged)
    (<Send>self).started = True
    inner[1] = <PyObject*>message
    return fc_call_with((<Send>self).inner, inner, 1)


cdef object _send_odd(Send send, object message):
    """A message that is no plain dict."""
    cdef object headers
    if message.get(TYPE) != START:
        return send.inner(message)
    message = dict(message)
    headers = message.get(HEADERS)
    message[HEADERS] = merge(
        send.pairs, () if headers is None else headers, send.keep, send.rules, False)
    send.started = True
    return send.inner(message)


cdef inline bint has_started(object wrapper) noexcept:
    """Whether the application has begun its response, through a Send or a Protocol."""
    return (<Send>wrapper).started if type(wrapper) is Send else (<Protocol>wrapper).started


cdef object failed_response(object wrapper):
    """The awaitable of the response to the exception that is set, where it is one of an application's."""
    cdef object error = fc_take_exception()
    return send_failure(error, wrapper) if type(wrapper) is Send else respond_to_failure(error, wrapper)


@cython.final
@cython.freelist(64)
cdef class Guard:
    """What the shim returns for the server to await: the application's coroutine, and after an exception that
    comes before the response has started, the shim's response to that."""

    cdef object running  # the iterator that is resumed
    cdef object wrapper  # the Send or the Protocol that the application got
    cdef bint failed     # what fails then gets no other response

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value, /):
        """Resume, as ``coroutine.send``."""
        cdef PyObject* result = NULL
        cdef int status = _resume(self, <PyObject*>value, &result)
        value = <object>result
        Py_DECREF(value)
        if status == PYGEN_NEXT:
            return value
        raise StopIteration(value)

    def throw(self, *args):
        """Raise an exception where it waits, as ``coroutine.throw``."""
        cdef PyObject* found
        cdef object result
        self._check()
        found = PyObject_CallObject(self.running.throw, args)
        if found != NULL:
            result = <object>found
            Py_DECREF(result)
            return result
        if self.failed or has_started(self.wrapper) or PyErr_ExceptionMatches(StopIteration):
            fc_raise_again()
        self._fail()
        return self.send(None)  # the response to it begins

    def close(self):
        """End it, as ``coroutine.close``."""
        self._check()
        self.running.close()

    cdef int _check(self) except -1:
        if self.running is None:
            raise TypeError("this awaitable was not made by fastcors")
        return 0

    cdef int _fail(self) except -1:
        """Let the shim respond for the application from here on."""
        self.running = failed_response(self.wrapper)
        self.failed = True
        return 0


cdef int _resume(Guard guard, PyObject* value, PyObject** result) except? PYGEN_ERROR:
    # The slot am_send, and what send() does.
    cdef int status
    if unlikely(guard.running is None):
        guard._check()
    status = PyIter_Send(guard.running, value, result)
    return status if status != PYGEN_ERROR else _recover(guard, result)


cdef int _recover(Guard guard, PyObject** result) except? PYGEN_ERROR:
    """Go on after an exception, where the shim responds to it."""
    if guard.failed or has_started(guard.wrapper):
        return PYGEN_ERROR
    guard._fail()
    return PyIter_Send(guard.running, <PyObject*>None, result)


cdef inline object guarded(PyObject* awaitable, object wrapper):
    """Takes the reference to the awaitable over."""
    cdef Guard guard = Guard.__new__(Guard)
    guard.running = <object>awaitable
    Py_DECREF(guard.running)
    if unlikely(not PyCoro_CheckExact(guard.running)):
        guard.running = awaited(guard.running)
    guard.wrapper = wrapper
    return guard


cdef class ASGIShim(_Shim):
    """The hot path of ``fastcors.asgi.CORSMiddleware``: requests that go on to the application, and preflights.

    Everything else (other scopes, odd requests) is the subclass's, in Python.
    """

    def __cinit__(self):
        self.call = <fc_call>_call_asgi

    @classmethod
    def _adopt(cls):
        """Make the instances of a subclass as quick to call; it says so when it is made."""
        need_python()
        fc_inherit_vectorcall(<PyTypeObject*>cls, _plain_asgi)

    def __call__(self, scope, receive, send):
        cdef PyObject* args[3]
        args[0], args[1], args[2] = <PyObject*>scope, <PyObject*>receive, <PyObject*>send
        return run_asgi(self, args)


cdef object _call_asgi(object self, PyObject** args, size_t nargsf, PyObject* names):
    if unlikely(PyVectorcall_NARGS(nargsf) != 3 or names != NULL or not fc_has_vectorcall(self)):
        return fc_call_plain(self, args, nargsf, names, _plain_asgi)
    return run_asgi(<ASGIShim>self, args)


cdef object _respond(ASGIShim shim, PyObject** args):
    return shim._respond(<object>args[0], <object>args[1], <object>args[2])


cdef object run_asgi(ASGIShim shim, PyObject** args):
    cdef PyObject* item
    cdef object policy, held
    cdef Py_ssize_t at = 0
    if unlikely(not fc_is_dict(args[0])):
        return _respond(shim, args)
    item = fc_entry(args[0], TYPE, &at, 1)
    if FC_FREE_THREADED:
        held = taken(item)
    if unlikely(item == NULL or not _is_kind(item, HTTP)):
        return _respond(shim, args)
    policy = policies_of(shim)
    if unlikely(not is_known_policy(policy)):
        if type(policy) is Router:
            policy = routed(
                <Router>policy, _value(<object>args[0], "path"), _value(<object>args[0], "root_path"), False)
        if policy is None:
            return app_of(shim)(<object>args[0], <object>args[1], <object>args[2])
        while type(policy) is Watched:  # one list in another
            policy = watched_now(<Watched>policy)
        if not is_policy(policy):
            return _respond(shim, args)
    item = fc_entry(args[0], HEADERS, &at, 0)
    if FC_FREE_THREADED:
        held = taken_list(item)
        item = <PyObject*>held
    if unlikely(item == NULL or not fc_is_list(item)):
        return _respond(shim, args)
    return _run_under(shim, <Engine>policy, args, <object>item)


cdef object _run_preflight(ASGIShim shim, Engine engine, PyObject** args, object headers, const Found* found):
    """The awaitable for a request that may be a preflight; None where it is none. The caller holds its origin."""
    cdef PreflightFields fields
    cdef PyObject* method
    cdef object reply
    if found.first_field >= PyList_GET_SIZE(headers) or not _is_options(_value(<object>args[0], "method")):
        return None
    if engine.asgi.accepted is None or engine.origin_check is not None or shim._notes:
        # More than the origin is used after Python code can have run: while the answer is made, or while somebody is
        # asked or told. A list that nobody else knows holds it.
        headers = copy_of(headers)
    if not scan_preflight(<PyObject*>headers, found.first_field, &fields, &method, None):
        return _respond(shim, args)
    if method == NULL:
        return None
    reply = None
    if not shim._continue:
        reply = reply_to_preflight(shim, engine, found, &fields, args[0], <object>args[2])
    return _respond(shim, args) if reply is None else reply


cdef inline object _run_under(ASGIShim shim, Engine engine, PyObject** args, object headers):
    """The awaitable for an HTTP request, under a policy."""
    cdef PyObject* inner[4]
    cdef object app, reply, held
    cdef tuple pairs
    cdef Found found
    cdef Span origin
    cdef Request request
    cdef Verdict verdict
    cdef Send wrapper
    if unlikely(not scan_origin(<PyObject*>headers, &found)):
        return _respond(shim, args)
    if unlikely(found.origin != NULL and (
            found.first_field < PyList_GET_SIZE(headers) or engine.origin_check is not None)):
        held = <object>found.origin  # Python code can run before the verdict, and take it out of the list
        reply = _run_preflight(shim, engine, args, headers, &found)
        if reply is not None:
            return reply
    borrow_value(found.origin, &origin)
    actual_request(&request, origin, found.several_origins)
    if unlikely(not ask_now(engine, &request, FC_SCOPE, args[0])):
        return _respond(shim, args)  # which awaits what is said
    decide_actual(&engine.compiled, &request, &verdict)
    if unlikely(shim._notes):
        if found.origin != NULL:
            held = <object>found.origin
        note(
            engine, verdict.reason, request.origin, <object>args[0], shim._counts, shim._tells, shim._also_tell)
    pairs = answer_pairs(&engine.compiled, <PyObject*>engine.asgi, &request, &verdict, found.origin)
    wrapper = Send.__new__(Send)
    wrapper.pairs = pairs
    wrapper.inner = <object>args[2]
    wrapper.keep = shim._keep
    wrapper.rules = merge_rules(engine, &verdict)
    inner[1] = args[0]
    inner[2] = args[1]
    inner[3] = <PyObject*>wrapper
    app = app_of(shim)
    if not shim._guarded:
        return fc_call_with(app, inner, 3)
    inner[0] = fc_call_or_null(app, inner, 3)
    if unlikely(inner[0] == NULL):
        return failed_response(wrapper)
    return guarded(inner[0], wrapper)


cdef Send _a_send = Send.__new__(Send)
fc_set_vectorcall(<PyTypeObject*>Send, <char*>&_a_send.call - <char*><PyObject*>_a_send)
fc_set_am_send(<PyTypeObject*>Guard, <sendfunc>_resume)
fc_set_am_send(<PyTypeObject*>Reply, <sendfunc>_resume_reply)

cdef ASGIShim _an_asgi_shim = ASGIShim.__new__(ASGIShim)
cdef ternaryfunc _plain_asgi = fc_set_vectorcall(
    <PyTypeObject*>ASGIShim, <char*>&_an_asgi_shim.call - <char*><PyObject*>_an_asgi_shim)
