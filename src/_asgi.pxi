# The ASGI shim's hot objects: what stands between a server and an application on every request.
#
# Coroutines stay in Python, where they are fastest. Here is what goes around them: the call that decides, the
# `send` that writes, and the awaitable that sees an exception before the server does.

cdef extern from *:
    """
    typedef PyObject *(*fc_call)(PyObject *, PyObject *const *, size_t, PyObject *);

    /* Instances of a type called with no tuple in between: Cython fills tp_call only. */
    static void fc_set_vectorcall(PyTypeObject *type, Py_ssize_t offset) {
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_call = PyVectorcall_Call;
        PyType_Modified(type);
    }

    /* Resumed with no StopIteration for the last value: Cython keeps am_send for its own coroutines. */
    static void fc_set_am_send(PyTypeObject *type, sendfunc send) {
        type->tp_as_async->am_send = send;
        PyType_Modified(type);
    }

    /* The exception that is set, as one that a try statement sees. */
    #define fc_raise_again() (-1)
    """
    ctypedef struct PyTypeObject
    ctypedef void* fc_call
    ctypedef void* sendfunc
    void fc_set_vectorcall(PyTypeObject* type, Py_ssize_t offset) noexcept
    void fc_set_am_send(PyTypeObject* type, sendfunc send) noexcept
    int fc_raise_again() except -1
    Py_ssize_t PyVectorcall_NARGS(size_t nargsf) noexcept
    bint PyCoro_CheckExact(object awaitable) noexcept
    int PyIter_Send(object iterator, PyObject* value, PyObject** result) noexcept
    enum:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT


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


cdef inline bint _is_kind(object kind, str wanted) except -1:
    """Compare the type of a scope or a message: nearly always both are the one interned string."""
    if kind is wanted:
        return True
    if PyUnicode_CheckExact(kind) and PyUnicode_GET_LENGTH(kind) != PyUnicode_GET_LENGTH(wanted):
        return False
    return kind == wanted


cdef object _send_message(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef Send send = <Send>self
    cdef object message
    cdef Request request
    if PyVectorcall_NARGS(nargsf) != 1 or names != NULL or send.engine is None:
        raise TypeError("send takes one message")
    message = <object>args[0]
    if not _is_kind(message["type"], "http.response.start"):
        return send.inner(message)
    # A copy: the application may use its own again.
    message = PyDict_Copy(message) if PyDict_CheckExact(message) else dict(message)
    borrow_optional(send.origin, &request.origin, "origin")
    request.n_asked_headers = 0
    (<dict>message)["headers"] = merge(
        send.engine, &request, &send.verdict, send.origin, (<dict>message).get("headers", ()), send.keep, False)
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
    guard.running = awaitable if PyCoro_CheckExact(awaitable) else awaitable.__await__()
    guard.wrapper = wrapper
    guard.shim = shim
    return guard


cdef class ASGIShim:
    """The hot path of ``fastcors.asgi.CORSMiddleware``: a request that goes on to the application.

    Everything else (preflights, other scopes, odd ones) is the subclass's, in Python.
    """

    cdef public object app
    cdef public object policy
    cdef public bint _keep     # on_conflict="keep"
    cdef public bint _guarded  # handle_errors

    def __call__(self, scope, receive, send):
        cdef object policy = self.policy
        cdef object headers
        cdef object origin
        cdef Engine engine
        cdef Found found
        cdef Request request
        cdef Send wrapper
        if not isinstance(policy, Engine) or not PyDict_CheckExact(scope) or not _is_kind(scope["type"], "http"):
            return self._respond(scope, receive, send)
        headers = _value(scope, "headers")
        if not PyList_CheckExact(headers) or not scan_origin(headers, &found):
            return self._respond(scope, receive, send)
        # Hold it: what comes next can run Python code, and that could change the list that it was found in.
        origin = None if found.origin == NULL else <object>found.origin
        if origin is not None and _is_options(_value(scope, "method")):
            return self._respond(scope, receive, send)
        engine = <Engine>policy
        wrapper = Send.__new__(Send)
        wrapper.origin = origin
        borrow_optional(origin, &request.origin, "origin")
        request.asked_method.p = NULL
        request.several_origins = found.several_origins
        decide(&engine.policy, &request, &wrapper.verdict)
        wrapper.engine = engine
        wrapper.inner = send
        wrapper.keep = self._keep
        if not self._guarded:
            return self.app(scope, receive, wrapper)
        try:
            return guarded(self.app(scope, receive, wrapper), wrapper, self)
        except Exception as error:
            return self._fail(error, wrapper)


cdef Send _a_send = Send.__new__(Send)
fc_set_vectorcall(<PyTypeObject*>Send, <char*>&_a_send.call - <char*><PyObject*>_a_send)
fc_set_am_send(<PyTypeObject*>Guard, <sendfunc>_resume)
