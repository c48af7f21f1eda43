# The WSGI shim's hot objects (PEP 3333): the call that decides, the `start_response` that writes, and the iterable
# that sees an exception before the server does.

@cython.final
@cython.freelist(16)
cdef class Start:
    """The ``start_response`` that an application gets: it writes the policy's headers into the response."""

    cdef fc_call call    # where vectorcall looks; it must be set in every instance
    cdef tuple pairs     # of the answer, to write
    cdef object inner
    cdef bint keep
    cdef uint8_t rules   # what is merged beside the pairs
    cdef uint8_t reason  # that of the verdict

    def __cinit__(self):
        self.call = <fc_call>_start_response


@cython.final
@cython.freelist(16)
cdef class ViewStart:
    """The ``start_response`` that an application gets whose views may have policies of their own."""

    cdef fc_call call
    cdef Start start     # what to do where it has none; with no pairs: nothing
    cdef object environ
    cdef dict chosen     # where a view puts its policy
    cdef object policy   # what it was decided by
    cdef object ask      # says which policy a response gets
    cdef object shim     # None, or what takes note of that policy's decision once

    def __cinit__(self):
        self.call = <fc_call>_start_view


cdef str POLICY_KEY = "fastcors.policy"  # as in fastcors.wsgi
cdef str SHIM_KEY = "fastcors.shim"


cdef object view_policy(ViewStart view):
    """The policy that the response gets; None where it has no CORS."""
    cdef PyObject* own = fc_get(view.chosen, POLICY_KEY)
    if FC_FREE_THREADED and own != NULL:
        return taken(own)
    return <object>own if own != NULL else view.ask(view.environ, view.policy)


cdef object _start_response(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    cdef PyObject* inner[4]
    cdef list merged
    if unlikely(not 2 <= n <= 3 or names != NULL or (<Start>self).inner is None):
        raise TypeError("start_response takes a status, a list of headers and, where there is one, exc_info")
    inner[1] = args[0]
    inner[2] = args[1]
    if n == 3:  # servers tell "no exc_info" by the number of arguments: one that was not given is not made up
        inner[3] = args[2]
    if (<Start>self).pairs is not None:
        merged = merge((<Start>self).pairs, <object>args[1], (<Start>self).keep, (<Start>self).rules, True)
        inner[2] = <PyObject*>merged
    return fc_call_with((<Start>self).inner, inner, <size_t>n)


cdef inline Start _start_under(Engine engine, object origin, PyObject* environ):
    """Decide on an actual request."""
    cdef Request request
    cdef Verdict verdict
    cdef Span origin_span
    cdef Start start
    cdef tuple pairs
    borrow(origin, &origin_span)
    actual_request(&request, origin_span, False)
    ask(engine, &request, None, FC_ENVIRON, environ, NULL)
    decide_actual(&engine.compiled, &request, &verdict)
    pairs = answer_pairs(&engine.compiled, <PyObject*>engine.wsgi, &request, &verdict, <PyObject*>origin)
    start = Start.__new__(Start)
    start.pairs = pairs
    start.rules = merge_rules(engine, &verdict)
    start.reason = <uint8_t>verdict.reason
    return start


cdef int _note_view(ViewStart view, object own) except -1:
    """Take note of the decision that a response gets, by the policy of its view or None."""
    cdef object shim = view.shim
    view.shim = None
    shim._note(view.environ, None if own is None else own.decide_wsgi(view.environ))
    return 0


cdef object _start_view(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef ViewStart view = <ViewStart>self
    cdef Start start = view.start
    cdef PyObject* inner[4]
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    cdef object own, headers
    if not 2 <= n <= 3 or names != NULL or start is None:
        return _start_response(Start.__new__(Start), args, nargsf, names)  # which says what is wrong
    own = view_policy(view)
    if unlikely(view.shim is not None):
        _note_view(view, own)
    if own is view.policy:
        return _start_response(start, args, nargsf, NULL)
    headers = <object>args[1]
    if isinstance(own, Engine):  # here is no preflight: Python answers those, or its own start_response
        own = _start_under(
            <Engine>own, _text_or_none(view.environ, "HTTP_ORIGIN"), <PyObject*>view.environ)
        headers = merge((<Start>own).pairs, <object>args[1], start.keep, (<Start>own).rules, True)
    elif own is not None:  # the twin's
        decision = own.decide_wsgi(view.environ)
        headers = decision.merge_wsgi(headers, on_conflict="keep" if start.keep else "replace")
    inner[1] = args[0]
    inner[2] = <PyObject*>headers
    if n == 3:
        inner[3] = args[2]
    return fc_call_with(start.inner, inner, <size_t>n)


@cython.final
@cython.freelist(16)
cdef class Chunks:
    """The application's iterable, with the shim's response to an exception that comes before its first bytes."""

    cdef object body
    cdef object chunks   # the iterator over it, once there is one
    cdef object start    # the start_response that the application got
    cdef object shim     # None once there were bytes: what fails then gets no response

    cdef PyObject* _next(self) noexcept:
        """A new reference to what comes next. NULL: it came to its end, or an exception is set."""
        cdef PyObject* chunks
        if self.chunks is None:
            chunks = PyObject_GetIter(self.body)
            if chunks == NULL:
                return NULL
            self.chunks = <object>chunks
            Py_DECREF(self.chunks)
        return PyIter_Next(self.chunks)

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject* chunk = self._next()
        cdef object result
        if chunk == NULL and PyErr_Occurred() != NULL:
            if self.shim is None:
                fc_raise_again()
            self.chunks = iter(self.shim._fail(fc_take_exception(), self.start))
            self.shim = None
            chunk = self._next()
        if chunk == NULL:
            if PyErr_Occurred() != NULL:
                fc_raise_again()
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


cdef class WSGIShim(_Shim):
    """The hot path of ``fastcors.wsgi.CORSMiddleware``: a request that goes on to the application.

    Everything else (preflights, odd environments) is the subclass's, in Python.
    """

    cdef object policy_of_view_place  # of None; or of a callable: views may have policies of their own

    def __cinit__(self):
        self.call = <fc_call>_call_wsgi
        self.policy_of_view_place = new_place()

    @property
    def _policy_of_view(self):
        return policy_of_view(self)

    @_policy_of_view.setter
    def _policy_of_view(self, ask):
        if FC_FREE_THREADED:
            fc_put(<PyObject*>self.policy_of_view_place, ask)
        else:
            self.policy_of_view_place = ask

    @classmethod
    def _adopt(cls):
        """Make the instances of a subclass as quick to call; it says so when it is made."""
        need_python()
        fc_inherit_vectorcall(<PyTypeObject*>cls, _plain_wsgi)

    def __call__(self, environ, start_response):
        cdef PyObject* args[2]
        args[0], args[1] = <PyObject*>environ, <PyObject*>start_response
        return run_wsgi(self, args)


cdef inline object policy_of_view(WSGIShim shim):
    return fc_load(<PyObject*>shim.policy_of_view_place)


cdef inline bint has_views(WSGIShim shim, PyObject* asked) noexcept:
    """Whether views may have policies of their own; `asked` is what policy_of_view returned where it may change."""
    return not fc_is_none(asked) if FC_FREE_THREADED else shim.policy_of_view_place is not None


cdef object _call_wsgi(object self, PyObject** args, size_t nargsf, PyObject* names):
    if unlikely(PyVectorcall_NARGS(nargsf) != 2 or names != NULL or not fc_has_vectorcall(self)):
        return fc_call_plain(self, args, nargsf, names, _plain_wsgi)
    return run_wsgi(<WSGIShim>self, args)


cdef object _respond_wsgi(WSGIShim shim, PyObject** args):
    return shim._respond(<object>args[0], <object>args[1])


cdef object _failed_wsgi(WSGIShim shim, object start):
    """The response to the exception that is set, where it is one of an application's."""
    return shim._fail(fc_take_exception(), start)


cdef object _guarded_body(WSGIShim shim, object start, object environ, object body):
    """Wrap the body so that an exception before its first bytes gets a response; what cannot raise is left as it is."""
    cdef Chunks chunks
    cdef object wrapper = _value(environ, "wsgi.file_wrapper")
    if wrapper is not None and isinstance(wrapper, type) and isinstance(body, wrapper):
        return body  # servers look at its type
    chunks = Chunks.__new__(Chunks)
    chunks.body = body
    chunks.start = start
    chunks.shim = shim
    return chunks


cdef object run_wsgi(WSGIShim shim, PyObject** args):
    cdef object policy, origin, body, wrapper, ask, held
    cdef PyObject* requested_method
    cdef PyObject* asked = NULL
    cdef Start start
    if FC_FREE_THREADED:
        ask = policy_of_view(shim)  # before the policies, which may come in its place now
        asked = <PyObject*>ask
    policy = policies_of(shim)
    if unlikely(not fc_is_dict(args[0])):
        return _respond_wsgi(shim, args)
    if unlikely(not is_known_policy(policy)):
        if type(policy) is Router:
            policy = routed(<Router>policy, _value(<object>args[0], "PATH_INFO"), None, True)
        if policy is None and not has_views(shim, asked):
            return app_of(shim)(<object>args[0], <object>args[1])
        if policy is not None and not is_policy(policy):
            return _respond_wsgi(shim, args)
    origin = _value(<object>args[0], ORIGIN)
    if unlikely(origin is not None and not PyUnicode_Check(origin)):
        return _respond_wsgi(shim, args)
    if origin is not None:
        requested_method = fc_get(<object>args[0], REQUESTED_METHOD)
        if FC_FREE_THREADED:
            held = taken(requested_method)
        if unlikely(requested_method != NULL):
            body = _run_wsgi_preflight(shim, policy, asked, args, origin, requested_method)
            if body is not None:
                return body
    start = Start.__new__(Start) if policy is None else _start_under(<Engine>policy, origin, args[0])
    start.inner = <object>args[1]
    start.keep = shim._keep
    if unlikely(shim._notes and policy is not None):
        _note_start(shim, <Engine>policy, asked, start.reason, args[0], origin)
    wrapper = start if not has_views(shim, asked) else _view_start(
        shim, <object>args[0], policy, start, ask if FC_FREE_THREADED else policy_of_view(shim))
    return _run_wsgi_app(shim, args[0], wrapper)


cdef int _note_start(
    WSGIShim shim, Engine engine, PyObject* asked, int reason, PyObject* environ, object origin
) except -1:
    """Take note of the decision on an actual request; it is counted later where views have policies of their own."""
    cdef Span span
    cdef bint counts = shim._counts and not has_views(shim, asked)
    borrow(origin, &span)
    return note(engine, reason, span, <object>environ, counts, shim._tells, shim._also_tell)


cdef object _run_wsgi_preflight(
    WSGIShim shim, object policy, PyObject* asked, PyObject** args, object origin, PyObject* found
):
    """The answer to a request that may be a preflight; None where it is none."""
    cdef object requested_method = <object>found  # hold it, as to make the answer can run a garbage collection
    cdef object body = None
    cdef Span method
    if not borrow(requested_method, &method) or not _is_options(_value(<object>args[0], "REQUEST_METHOD")):
        return None
    # Of several views, Python finds the one that the preflight is about.
    if policy is not None and not has_views(shim, asked) and not shim._continue:
        body = answer_preflight(
            shim, <Engine>policy, <object>args[0], origin, requested_method, <object>args[1])
    return _respond_wsgi(shim, args) if body is None else body


cdef object _view_start(WSGIShim shim, object environ, object policy, Start start, object ask):
    cdef ViewStart view = ViewStart.__new__(ViewStart)
    cdef object chosen = _value(environ, SHIM_KEY)
    if type(chosen) is dict:
        view.chosen = chosen  # an outer shim's
    else:
        view.chosen = {}
        PyDict_SetItem(environ, SHIM_KEY, view.chosen)
    view.start = start
    view.environ = environ
    view.policy = policy
    view.ask = ask
    view.shim = shim if shim._notes else None
    return view


cdef inline object _run_wsgi_app(WSGIShim shim, PyObject* environ, object start_response):
    """Call the application, and see that an exception before its first bytes gets a response."""
    cdef PyObject* inner[3]
    cdef object app = app_of(shim)
    cdef object body
    inner[1] = environ
    inner[2] = <PyObject*>start_response
    if not shim._guarded:
        return fc_call_with(app, inner, 2)
    inner[0] = fc_call_or_null(app, inner, 2)
    if unlikely(inner[0] == NULL):
        return _failed_wsgi(shim, start_response)
    body = <object>inner[0]
    Py_DECREF(body)
    if PyList_Check(body) or PyTuple_Check(body):
        return body  # these cannot raise, and servers look at their type
    return _guarded_body(shim, start_response, <object>environ, body)


cdef Start _a_start = Start.__new__(Start)
fc_set_vectorcall(<PyTypeObject*>Start, <char*>&_a_start.call - <char*><PyObject*>_a_start)

cdef ViewStart _a_view_start = ViewStart.__new__(ViewStart)
fc_set_vectorcall(<PyTypeObject*>ViewStart, <char*>&_a_view_start.call - <char*><PyObject*>_a_view_start)

cdef WSGIShim _a_wsgi_shim = WSGIShim.__new__(WSGIShim)
cdef ternaryfunc _plain_wsgi = fc_set_vectorcall(
    <PyTypeObject*>WSGIShim, <char*>&_a_wsgi_shim.call - <char*><PyObject*>_a_wsgi_shim)
