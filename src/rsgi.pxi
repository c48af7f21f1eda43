# The RSGI shim's hot objects: the call that decides, the protocol object that writes, and the awaitable that answers a
# preflight. RSGI is granian's interface: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md.

@cython.final
@cython.freelist(64)
cdef class Protocol:
    """What an application gets for the server's protocol object: it writes the policy's headers into the response.

    All that is no response is the server's own.
    """

    cdef tuple pairs     # of the answer, to write
    cdef object inner
    cdef bint keep
    cdef uint8_t rules   # what is merged beside the pairs
    cdef bint started

    def __call__(self):
        return self.inner()

    def __aiter__(self):
        return self.inner.__aiter__()

    def __getattr__(self, str name):
        found = getattr(self.inner, name)
        # A later version of RSGI may have more of them; all have begun with a status and headers.
        return partial(self._respond, name) if name.startswith("response_") else found

    def response_empty(self, status=200, headers=()):
        """Respond with no content."""
        cdef PyObject* args[4]
        args[2], args[3] = <PyObject*>status, <PyObject*>headers
        return _respond_by(self, "response_empty", args, 3)

    def response_str(self, status=200, headers=(), body=""):
        """Respond with text."""
        cdef PyObject* args[5]
        args[2], args[3], args[4] = <PyObject*>status, <PyObject*>headers, <PyObject*>body
        return _respond_by(self, "response_str", args, 4)

    def response_bytes(self, status=200, headers=(), body=b""):
        """Respond with bytes."""
        cdef PyObject* args[5]
        args[2], args[3], args[4] = <PyObject*>status, <PyObject*>headers, <PyObject*>body
        return _respond_by(self, "response_bytes", args, 4)

    def response_file(self, status, headers, file):
        """Respond with a file."""
        cdef PyObject* args[5]
        args[2], args[3], args[4] = <PyObject*>status, <PyObject*>headers, <PyObject*>file
        return _respond_by(self, "response_file", args, 4)

    def response_file_range(self, status, headers, file, start, end):
        """Respond with a part of a file."""
        cdef PyObject* args[7]
        args[2], args[3], args[4] = <PyObject*>status, <PyObject*>headers, <PyObject*>file
        args[5], args[6] = <PyObject*>start, <PyObject*>end
        return _respond_by(self, "response_file_range", args, 6)

    def response_stream(self, status=200, headers=()):
        """Begin a response, and return the stream of its content."""
        cdef PyObject* args[4]
        args[2], args[3] = <PyObject*>status, <PyObject*>headers
        return _respond_by(self, "response_stream", args, 3)

    def _respond(self, method, status=200, headers=(), *content, **named):
        """Respond by a method that is not known here."""
        merged = _merged(self, headers)
        result = getattr(self.inner, method)(status, merged, *content, **named)
        self.started = True
        return result


cdef inline list _merged(Protocol proto, object headers):
    if unlikely(proto.pairs is None):
        raise TypeError("this object was not made by fastcors.rsgi")
    return merge(proto.pairs, headers, proto.keep, proto.rules, True)


cdef object _respond_by(Protocol proto, str method, PyObject** args, size_t n):
    """Call a method of the server's with `n` arguments from args[1] on: the server's object, which is put in here, a
    status, headers, and what else there is."""
    cdef list merged = _merged(proto, <object>args[3])
    cdef object result
    args[1] = <PyObject*>proto.inner
    args[3] = <PyObject*>merged
    result = fc_call_method(method, args, n)
    proto.started = True
    return result


@cython.final
@cython.freelist(16)
cdef class Given:
    """What the shim returns for the server to await: it gives the answer to a preflight then."""

    cdef object proto    # the server's; None once the answer is given
    cdef object status
    cdef list pairs
    cdef bytes body

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value, /):
        """Resume, as ``coroutine.send``: it never waits."""
        cdef PyObject* result = NULL
        _resume_given(self, <PyObject*>value, &result)
        Py_DECREF(<object>result)
        raise StopIteration(None)

    def throw(self, *args):
        """Raise an exception where it waits, as ``coroutine.throw``."""
        self.proto = None
        raise args[0] if len(args) < 2 or args[1] is None else args[1]

    def close(self):
        """End it, as ``coroutine.close``."""
        self.proto = None


cdef int _resume_given(Given given, PyObject* value, PyObject** result) except? PYGEN_ERROR:
    # The slot am_send, and what send() does.
    cdef object proto = given.proto
    cdef PyObject* args[5]
    if proto is None:
        raise RuntimeError("this awaitable came to its end")
    given.proto = None
    args[1] = <PyObject*>proto
    args[2], args[3], args[4] = <PyObject*>given.status, <PyObject*>given.pairs, <PyObject*>given.body
    if PyBytes_GET_SIZE(given.body) > 0:
        fc_call_method("response_bytes", args, 4)
    else:
        fc_call_method("response_empty", args, 3)
    Py_INCREF(None)
    result[0] = <PyObject*>None
    return PYGEN_RETURN


cdef class RSGIShim(_Shim):
    """The hot path of ``fastcors.rsgi.CORSMiddleware``: requests that go on to the application, and preflights.

    Everything else (WebSockets, what an asynchronous function must be asked about) is the subclass's, in Python.
    """

    cdef public object _callback  # what is called of the application; set before the first request

    def __cinit__(self):
        self.call = <fc_call>_call_rsgi

    @classmethod
    def _adopt(cls):
        """Make the instances of a subclass as quick to call; it says so when it is made."""
        need_python()
        fc_inherit_vectorcall(<PyTypeObject*>cls, _plain_rsgi)

    def __call__(self, scope, proto):
        cdef PyObject* args[2]
        args[0], args[1] = <PyObject*>scope, <PyObject*>proto
        return run_rsgi(self, args)


cdef object _call_rsgi(object self, PyObject** args, size_t nargsf, PyObject* names):
    if unlikely(PyVectorcall_NARGS(nargsf) != 2 or names != NULL or not fc_has_vectorcall(self)):
        return fc_call_plain(self, args, nargsf, names, _plain_rsgi)
    return run_rsgi(<RSGIShim>self, args)


cdef object _respond_rsgi(RSGIShim shim, PyObject** args):
    return shim._respond(<object>args[0], <object>args[1])


cdef object run_rsgi(RSGIShim shim, PyObject** args):
    cdef object kind = (<object>args[0]).proto
    cdef object policy
    cdef PyObject* inner[3]
    if unlikely(not _is_kind(<PyObject*>kind, HTTP)):
        return _respond_rsgi(shim, args)
    policy = policies_of(shim)
    if unlikely(not is_known_policy(policy)):
        if type(policy) is Router:
            policy = routed(<Router>policy, (<object>args[0]).path, None, False)
        if policy is None:
            inner[1], inner[2] = args[0], args[1]
            return fc_call_with(shim._callback, inner, 2)
        if not is_policy(policy):
            return _respond_rsgi(shim, args)
    return _run_rsgi_under(shim, <Engine>policy, args, (<object>args[0]).headers)


cdef object _run_rsgi_under(RSGIShim shim, Engine engine, PyObject** args, object headers):
    """The awaitable for an HTTP request, under a policy."""
    cdef PyObject* inner[3]
    cdef bint several = False
    cdef object origin = mapped_line(headers, GET_ALL, "origin", &several)
    cdef object callback, reply
    cdef Answers answers
    cdef tuple pairs
    cdef Span span
    cdef Request request
    cdef Verdict verdict
    cdef Protocol wrapper
    if origin is not None and _is_options((<object>args[0]).method):
        reply = _run_rsgi_preflight(shim, engine, args, headers, origin, several)
        if reply is not None:
            return reply
    borrow(origin, &span)
    actual_request(&request, span, several)
    if unlikely(not ask_now(engine, &request, FC_RSGI_SCOPE, args[0])):
        return _respond_rsgi(shim, args)  # which awaits what is said
    answers = rsgi_answers(engine)
    decide_actual(&engine.compiled, &request, &verdict)
    if unlikely(shim._counts):
        note(engine, verdict.reason, request.origin, None, True, False, None)
    pairs = answer_pairs(&engine.compiled, <PyObject*>answers, &request, &verdict, <PyObject*>origin)
    wrapper = Protocol.__new__(Protocol)
    wrapper.pairs = pairs
    wrapper.inner = <object>args[1]
    wrapper.keep = shim._keep
    wrapper.rules = merge_rules(engine, &verdict) | FC_LOWERS_NAMES
    inner[1] = args[0]
    inner[2] = <PyObject*>wrapper
    callback = shim._callback
    if not shim._guarded:
        return fc_call_with(callback, inner, 2)
    inner[0] = fc_call_or_null(callback, inner, 2)
    if unlikely(inner[0] == NULL):
        return failed_response(wrapper)
    return guarded(inner[0], wrapper)


cdef object _run_rsgi_preflight(
    RSGIShim shim, Engine engine, PyObject** args, object headers, object origin, bint several
):
    """The awaitable for a request that may be a preflight; None where it is none."""
    cdef PreflightFields fields
    cdef Request request
    cdef Verdict verdict
    cdef Span span
    cdef Answers answers
    cdef Given given
    cdef bint several_methods = False
    cdef object method = mapped_line(headers, GET_ALL, "access-control-request-method", &several_methods)
    cdef object lines, network, status
    if method is None:
        return None
    if shim._continue:
        return _respond_rsgi(shim, args)
    lines = mapped_lines(headers, GET_ALL, "access-control-request-headers")
    network = _says_true(mapped_lines(headers, GET_ALL, "access-control-request-private-network"))
    preflight_fields(&fields, method, lines, network)
    fields.several_methods = several_methods
    borrow(origin, &span)
    preflight_request(&request, span, several, &fields)
    if not ask_now(engine, &request, FC_RSGI_SCOPE, args[0]):
        return _respond_rsgi(shim, args)
    answers = rsgi_answers(engine)
    decide_preflight(&engine.compiled, &request, &verdict)
    status = preflight_start(answers, &verdict)
    if status is None:
        return _respond_rsgi(shim, args)
    if unlikely(shim._counts):
        note(engine, verdict.reason, request.origin, None, True, False, None)
    given = Given.__new__(Given)
    given.pairs = preflight_pairs(&engine.compiled, answers, &request, &verdict, origin)
    given.status = status
    given.body = <bytes>PyTuple_GET_ITEM(answers.bodies, verdict.failures)
    given.proto = <object>args[1]
    return given


fc_set_am_send(<PyTypeObject*>Given, <sendfunc>_resume_given)

cdef RSGIShim _an_rsgi_shim = RSGIShim.__new__(RSGIShim)
cdef ternaryfunc _plain_rsgi = fc_set_vectorcall(
    <PyTypeObject*>RSGIShim, <char*>&_an_rsgi_shim.call - <char*><PyObject*>_an_rsgi_shim)
