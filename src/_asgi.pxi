# The ASGI shim's hot objects: what stands between a server and an application on every request.
#
# Coroutines stay in Python, where they are fastest. Here is what goes around them: the call that decides, the
# `send` that writes, and the awaitable that sees an exception before the server does.

@cython.final
@cython.freelist(64)
cdef class Send:
    """The ``send`` that an application gets: it writes the policy's headers into the start of the response."""

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef Engine engine
    cdef Verdict verdict
    cdef object origin
    cdef object inner
    cdef bint keep
    cdef bint started

    def __cinit__(self):
        self.call = <fc_call>_send_message


cdef object _send_message(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef Send send = <Send>self
    cdef object message, headers
    cdef Request request
    if PyVectorcall_NARGS(nargsf) != 1 or names != NULL or send.engine is None:
        raise TypeError("send takes one message")
    message = <object>args[0]
    if not _is_kind(_value(message, "type"), "http.response.start"):
        return send.inner(message)
    # A copy: the application may use its own again.
    message = PyDict_Copy(message) if PyDict_CheckExact(message) else dict(message)
    borrow_optional(send.origin, &request.origin, "origin")
    request.n_asked_headers = 0
    headers = _value(message, "headers")
    (<dict>message)["headers"] = merge(
        send.engine, &request, &send.verdict, send.origin, () if headers is None else headers, send.keep, False)
    send.started = True
    return send.inner(message)


@cython.final
@cython.freelist(64)
cdef class Guard:
    """What the shim returns for the server to await: the application's coroutine, and after an exception that
    comes before the response has started, the shim's answer to that."""

    cdef object running  # the iterator that is resumed
    cdef Send wrapper
    cdef object shim     # None once it has answered: what fails then is not answered again

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
        self._check()
        try:
            return self.running.throw(*args)
        except StopIteration:
            raise
        except Exception as error:
            if not self._answer(error):
                raise
        return self.send(None)  # the answer to it begins

    def close(self):
        """End it, as ``coroutine.close``."""
        self._check()
        self.running.close()

    cdef int _check(self) except -1:
        if self.running is None:
            raise TypeError("this awaitable was not made by fastcors.asgi")
        return 0

    cdef bint _answer(self, object error) except -1:
        """Let the shim answer for the application from here on. False: it is too late for that."""
        cdef object shim = self.shim
        if shim is None or self.wrapper.started:
            return False
        self.shim = None
        self.running = shim._fail(error, self.wrapper)
        return True


cdef int _resume(Guard guard, PyObject* value, PyObject** result) except? PYGEN_ERROR:
    # The slot am_send, and what send() does.
    cdef int status
    guard._check()
    status = PyIter_Send(guard.running, value, result)
    if status != PYGEN_ERROR or guard.shim is None or guard.wrapper.started:
        return status
    try:
        fc_raise_again()
    except Exception as error:
        if not guard._answer(error):
            raise
    return PyIter_Send(guard.running, <PyObject*>None, result)


cdef object guarded(object awaitable, Send wrapper, object shim):
    cdef Guard guard = Guard.__new__(Guard)
    guard.running = awaited(awaitable)
    guard.wrapper = wrapper
    guard.shim = shim
    return guard


cdef class ASGIShim:
    """The hot path of ``fastcors.asgi.CORSMiddleware``: requests that go on to the application, and preflights.

    Everything else (other scopes, odd requests) is the subclass's, in Python.
    """

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef public object app
    cdef public object _rules     # None, a policy or a Router
    cdef public bint _keep        # on_conflict="keep"
    cdef public bint _guarded     # handle_errors
    cdef public bint _continue    # preflight_continue

    _router = Router

    def __cinit__(self):
        self.call = <fc_call>_call_asgi

    @classmethod
    def _adopt(cls):
        """Make the instances of a subclass as quick to call; it says so when it is made."""
        fc_inherit_vectorcall(<PyTypeObject*>cls, _plain_asgi)

    def __call__(self, scope, receive, send):
        return run_asgi(self, scope, receive, send)


cdef object _call_asgi(object self, PyObject** args, size_t nargsf, PyObject* names):
    if PyVectorcall_NARGS(nargsf) != 3 or names != NULL or not fc_has_vectorcall(self):
        return fc_call_plain(self, args, nargsf, names, _plain_asgi)
    return run_asgi(<ASGIShim>self, <object>args[0], <object>args[1], <object>args[2])


cdef object run_asgi(ASGIShim shim, object scope, object receive, object send):
    cdef object rules = shim._rules
    cdef object headers, origin, reply
    cdef Engine engine
    cdef Found found
    cdef Request request
    cdef Send wrapper
    if not PyDict_CheckExact(scope) or not _is_kind(scope["type"], "http"):
        return shim._respond(scope, receive, send)
    if type(rules) is Router:
        rules = routed(<Router>rules, _value(scope, "path"), False)
    if rules is None:
        return shim.app(scope, receive, send)
    headers = _value(scope, "headers")
    if not isinstance(rules, Engine) or not PyList_CheckExact(headers) or not scan_origin(headers, &found):
        return shim._respond(scope, receive, send)
    engine = <Engine>rules
    # Hold it: what comes next can run Python code, and that could change the list that it was found in.
    origin = None if found.origin == NULL else <object>found.origin
    if origin is not None and _is_options(_value(scope, "method")):
        reply = None if shim._continue else reply_to_preflight(engine, headers, origin, &found, send)
        return shim._respond(scope, receive, send) if reply is None else reply
    wrapper = Send.__new__(Send)
    wrapper.origin = origin
    borrow_optional(origin, &request.origin, "origin")
    request.asked_method.p = NULL
    request.several_origins = found.several_origins
    if not ask_now(engine, &request):
        return shim._respond(scope, receive, send)  # which awaits the answer
    decide(&engine.policy, &request, &wrapper.verdict)
    wrapper.engine = engine
    wrapper.inner = send
    wrapper.keep = shim._keep
    if not shim._guarded:
        return shim.app(scope, receive, wrapper)
    try:
        return guarded(shim.app(scope, receive, wrapper), wrapper, shim)
    except Exception as error:
        return shim._fail(error, wrapper)


cdef Send _a_send = Send.__new__(Send)
fc_set_vectorcall(<PyTypeObject*>Send, <char*>&_a_send.call - <char*><PyObject*>_a_send)
fc_set_am_send(<PyTypeObject*>Guard, <sendfunc>_resume)
fc_set_am_send(<PyTypeObject*>Reply, <sendfunc>_resume_reply)

cdef ASGIShim _an_asgi_shim = ASGIShim.__new__(ASGIShim)
cdef ternaryfunc _plain_asgi = fc_set_vectorcall(
    <PyTypeObject*>ASGIShim, <char*>&_an_asgi_shim.call - <char*><PyObject*>_an_asgi_shim)
