# The WSGI shim's hot objects (PEP 3333): the call that decides, the `start_response` that writes, and the iterable
# that sees an exception before the server does.

@cython.final
@cython.freelist(16)
cdef class Start:
    """The ``start_response`` that an application gets: it writes the policy's headers into the response."""

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef Engine engine
    cdef Verdict verdict
    cdef object origin
    cdef object inner
    cdef object environ  # None, but where a view may have a policy of its own
    cdef WSGIShim shim   # likewise
    cdef bint keep

    def __cinit__(self):
        self.call = <fc_call>_start_response


cdef object NO_VIEW = object()
cdef str POLICY_KEY = "fastcors.policy"  # as in fastcors.wsgi
cdef str SHIM_KEY = "fastcors.shim"


cdef object view_policy(object environ, object views):
    """The policy that a view has for itself, None where it has no CORS; NO_VIEW where the shim's own counts."""
    cdef PyObject* own = PyDict_GetItemWithError(environ, POLICY_KEY)
    cdef object request, rule
    if own != NULL:
        return <object>own
    request = _value(environ, "werkzeug.request") if views else None
    if request is None:
        return NO_VIEW
    rule = request.url_rule
    own = NULL if rule is None else PyDict_GetItemWithError(views, rule.endpoint)
    if own == NULL:
        return NO_VIEW
    if callable(<object>own):
        return (<object>own)(environ["REQUEST_METHOD"], NO_VIEW)
    return <object>own


cdef object _start_response(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef Start start = <Start>self
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    cdef Request request
    cdef object headers, own, decision
    if not 2 <= n <= 3 or names != NULL or start.inner is None:
        raise TypeError("start_response takes a status, a list of headers and, where there is one, exc_info")
    own = NO_VIEW if start.environ is None else view_policy(start.environ, start.shim._views)
    if own is not NO_VIEW:
        headers = <object>args[1]
        if own is not None:
            decision = own.decide_wsgi(start.environ)
            headers = decision.merge_wsgi(headers, on_conflict="keep" if start.keep else "replace")
    elif start.engine is None:
        headers = <object>args[1]
    else:
        borrow_optional(start.origin, &request.origin, "origin")
        request.n_asked_headers = 0
        headers = merge(start.engine, &request, &start.verdict, start.origin, <object>args[1], start.keep, True)
    # Servers tell "no exc_info" by the number of arguments: one that was not given is not made up.
    if n == 2:
        return start.inner(<object>args[0], headers)
    return start.inner(<object>args[0], headers, <object>args[2])


@cython.final
@cython.freelist(16)
cdef class Chunks:
    """The application's iterable, with the shim's answer to an exception that comes before its first bytes."""

    cdef object body
    cdef object chunks   # the iterator over it, once there is one
    cdef Start start
    cdef object shim     # None once there were bytes: what fails then is not answered

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject* chunk = NULL
        cdef object result
        try:
            if self.chunks is None:
                self.chunks = iter(self.body)
            chunk = PyIter_Next(self.chunks)
            if chunk == NULL and PyErr_Occurred() != NULL:
                fc_raise_again()
        except Exception as error:
            if self.shim is None:
                raise
            self.chunks = iter(self.shim._fail(error, self.start))
            self.shim = None
            chunk = PyIter_Next(self.chunks)
        if chunk == NULL:
            raise StopIteration
        result = <object>chunk
        Py_DECREF(result)
        if self.shim is not None and result:
            self.shim = None
        return result

    def close(self):
        """Close the application's iterable, if it can be closed."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


cdef class WSGIShim:
    """The hot path of ``fastcors.wsgi.CORSMiddleware``: a request that goes on to the application.

    Everything else (preflights, odd environments) is the subclass's, in Python.
    """

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef public object app
    cdef public object _rules     # None, a policy or a Router
    cdef public bint _keep        # on_conflict="keep"
    cdef public bint _guarded     # handle_errors
    cdef public bint _continue    # preflight_continue
    cdef public object _views     # None; or a dict: views may have policies of their own

    _router = Router

    def __cinit__(self):
        self.call = <fc_call>_call_wsgi

    @classmethod
    def _adopt(cls):
        """Make the instances of a subclass as quick to call; it says so when it is made."""
        fc_inherit_vectorcall(<PyTypeObject*>cls, _plain_wsgi)

    def __call__(self, environ, start_response):
        return run_wsgi(self, environ, start_response)


cdef object _call_wsgi(object self, PyObject** args, size_t nargsf, PyObject* names):
    if PyVectorcall_NARGS(nargsf) != 2 or names != NULL or not fc_has_vectorcall(self):
        return fc_call_plain(self, args, nargsf, names, _plain_wsgi)
    return run_wsgi(<WSGIShim>self, <object>args[0], <object>args[1])


cdef object run_wsgi(WSGIShim shim, object environ, object start_response):
    cdef object rules = shim._rules
    cdef object origin, body, wrapper
    cdef Engine engine = None
    cdef Request request
    cdef Start start
    cdef Chunks chunks
    if not PyDict_CheckExact(environ):
        return shim._respond(environ, start_response)
    if type(rules) is Router:
        rules = routed(<Router>rules, _value(environ, "PATH_INFO"), True)
    if rules is None and shim._views is None:
        return shim.app(environ, start_response)
    origin = _value(environ, "HTTP_ORIGIN")
    if origin is not None:
        if not PyUnicode_Check(origin):
            return shim._respond(environ, start_response)
        if _is_options(_value(environ, "REQUEST_METHOD")):
            body = None
            # Of several views, Python finds the one that the preflight is about.
            if isinstance(rules, Engine) and not shim._views and not shim._continue:
                body = answer_preflight(<Engine>rules, environ, origin, start_response)
            return shim._respond(environ, start_response) if body is None else body
    start = Start.__new__(Start)
    if isinstance(rules, Engine):
        engine = <Engine>rules
        borrow_optional(origin, &request.origin, "origin")
        request.asked_method.p = NULL
        request.several_origins = False
        ask(engine, &request, None)
        decide(&engine.policy, &request, &start.verdict)
    elif rules is not None:
        return shim._respond(environ, start_response)
    start.engine = engine
    start.origin = origin
    start.inner = start_response
    start.keep = shim._keep
    if shim._views is not None:
        start.environ = environ
        start.shim = shim
        environ[SHIM_KEY] = True
    if not shim._guarded:
        return shim.app(environ, start)
    try:
        body = shim.app(environ, start)
    except Exception as error:
        return shim._fail(error, start)
    if PyList_Check(body) or PyTuple_Check(body):
        return body  # these cannot raise, and servers look at their type
    wrapper = _value(environ, "wsgi.file_wrapper")
    if wrapper is not None and isinstance(wrapper, type) and isinstance(body, wrapper):
        return body
    chunks = Chunks.__new__(Chunks)
    chunks.body = body
    chunks.start = start
    chunks.shim = shim
    return chunks


cdef Start _a_start = Start.__new__(Start)
fc_set_vectorcall(<PyTypeObject*>Start, <char*>&_a_start.call - <char*><PyObject*>_a_start)

cdef WSGIShim _a_wsgi_shim = WSGIShim.__new__(WSGIShim)
cdef ternaryfunc _plain_wsgi = fc_set_vectorcall(
    <PyTypeObject*>WSGIShim, <char*>&_a_wsgi_shim.call - <char*><PyObject*>_a_wsgi_shim)
