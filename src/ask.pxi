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


cdef int _ask(Engine engine, Request* request, object granted) except -1:
    cdef object check = engine.origin_check
    if granted is not None:
        if granted is not True and granted is not False:
            raise _wrong_type("origin_granted", "True, False or None", granted)
        request.granted = check is not None and granted is True
    elif engine.asks_async:
        raise TypeError(ASYNCHRONOUS)
    elif must_ask(&engine.compiled, request):
        request.granted = check.allows(PyUnicode_DecodeASCII(<const char*>request.origin.p, request.origin.n, NULL))
    return 0


cdef inline int ask(Engine engine, Request* request, object granted) except -1:
    """Fill in request.granted; `granted` is what the caller of a public method says about it, or None."""
    request.granted = False
    if unlikely(engine.origin_check is not None or granted is not None):
        return _ask(engine, request, granted)
    return 0


cdef int _ask_now(Engine engine, Request* request) except -1:
    cdef object granted
    if not engine.asks_async:
        return 1 + _ask(engine, request, None)
    if must_ask(&engine.compiled, request):
        granted = engine.origin_check.cached(
            PyUnicode_DecodeASCII(<const char*>request.origin.p, request.origin.n, NULL))
        if granted is None:
            return 0
        request.granted = granted
    return 1


cdef inline int ask_now(Engine engine, Request* request) except -1:
    """Fill in request.granted for a shim; 1, or 0 where an asynchronous function must be awaited first."""
    request.granted = False
    if unlikely(engine.origin_check is not None):
        return _ask_now(engine, request)
    return 1
