# Ask: a policy's regular expression or function says whether it allows an origin, between find and decide.
#
# The user's Python code runs here, and it may change any list of the request. So the caller holds whatever is
# borrowed, and holds it by something else than such a list.

cdef bint must_ask(const CompiledPlan* plan, const Request* request) noexcept nogil:
    """Whether the tables leave it to the expression or function: there is one origin, a strict one under nearly every
    plan, and they refuse it."""
    cdef Origin origin
    cdef Span value = request.origin
    if value.p == NULL or request.several_origins or plan.any_origin or plan.reflect:
        return False
    if _find_exact(&plan.origins, value) != NULL:
        return False
    if parse_origin(value.p, value.n, &origin) != FC_STRICT and not (plan.odd and is_odd(plan, value)):
        return False
    return _match_form(plan, value, False) != FC_OK


cdef enum:
    # What a request is made of, as `place`. A function may see of it what the policy's `vary` declares.
    FC_SEEN     # what it sees, ready
    FC_GIVEN    # what a caller gave as `request`; `more` is the method
    FC_SCOPE    # an ASGI scope
    FC_RSGI_SCOPE
    FC_ENVIRON  # a WSGI environment


cdef object _seen(object check, int kind, PyObject* place, PyObject* more):
    """What the function sees of a request beside its origin."""
    if kind == FC_SCOPE:
        return check.request_of_scope(<object>place, _value(<object>place, HEADERS))
    if kind == FC_RSGI_SCOPE:
        return check.request_of_rsgi(<object>place)
    if kind == FC_ENVIRON:
        return check.request_of_environ(<object>place)
    if kind == FC_GIVEN:
        return check.request_of(<object>more, <object>place)
    return <object>place


cdef inline bint sees(Engine engine, object granted) noexcept:
    """Whether a function may be asked that sees the request."""
    return engine.sees_request and granted is None and not engine.asks_async


cdef inline object _origin_text(const Request* request):
    """The origin of a request that somebody is asked about, of which the grammar is ASCII."""
    return PyUnicode_DecodeASCII(<const char*>request.origin.p, request.origin.n, NULL)


cdef int _ask(Engine engine, Request* request, object granted, int kind, PyObject* place, PyObject* more) except -1:
    cdef object check = engine.origin_check
    cdef object seen = None
    if granted is not None:
        if granted is not True and granted is not False:
            raise _wrong_type("origin_granted", "True, False or None", granted)
        request.granted = check is not None and granted is True
        return 0
    if engine.asks_async:
        raise TypeError(ASYNCHRONOUS)
    if engine.sees_request:
        seen = _seen(check, kind, place, more)
    if must_ask(&engine.compiled, request):
        if engine.sees_request:
            request.granted = check.allows(_origin_text(request), seen)
        else:
            request.granted = check.allows(_origin_text(request))
    return 0


cdef inline int ask(
    Engine engine, Request* request, object granted, int kind, PyObject* place, PyObject* more
) except -1:
    """Fill in request.granted; `granted` is what the caller of a public method says about it, or None. The caller holds
    the request's origin, `place` and `more`."""
    request.granted = False
    if unlikely(engine.origin_check is not None or granted is not None):
        return _ask(engine, request, granted, kind, place, more)
    return 0


cdef int _ask_now(Engine engine, Request* request, int kind, PyObject* place) except -1:
    cdef object granted
    cdef object check = engine.origin_check
    if not engine.asks_async:
        return 1 + _ask(engine, request, None, kind, place, NULL)
    if must_ask(&engine.compiled, request):
        if engine.sees_request:
            granted = check.cached(_origin_text(request), _seen(check, kind, place, NULL))
        else:
            granted = check.cached(_origin_text(request))
        if granted is None:
            return 0
        request.granted = granted
    return 1


cdef inline int ask_now(Engine engine, Request* request, int kind, PyObject* place) except -1:
    """Fill in request.granted for a shim; 1, or 0 where an asynchronous function must be awaited first."""
    request.granted = False
    if unlikely(engine.origin_check is not None):
        return _ask_now(engine, request, kind, place)
    return 1
