# Ask: what a policy with a regular expression or a function says about an origin, between find and decide.
#
# Here Python code runs, of the user's making, which may change any list of the request. So whatever is borrowed must
# be held by then, and not by such a list.

cdef bint is_open(const Policy* policy, const Request* request) noexcept nogil:
    """Whether the tables refuse a single, strict origin: all that is ever asked about."""
    cdef Origin origin
    if request.origin.p == NULL or request.several_origins or policy.any_origin or policy.reflect:
        return False
    if parse_origin(request.origin.p, request.origin.n, &origin) != FC_STRICT:
        return False
    # In its own words, as one more caller of check_origin would end its being inlined where it decides.
    return (
        _find_exact(&policy.origins, request.origin) == NULL
        and not _match_patterns(&policy.origins, &origin, FC_STRICT)
    )


cdef int _ask(Engine engine, Request* request, object granted) except -1:
    cdef object check = engine.origin_check
    if granted is not None:
        if granted is not True and granted is not False:
            raise _wrong_type("origin_granted", "True, False or None", granted)
        request.granted = check is not None and granted is True
    elif engine.asks_async:
        raise TypeError(ASYNCHRONOUS)
    elif is_open(&engine.policy, request):
        request.granted = check.allows(PyUnicode_DecodeASCII(<const char*>request.origin.p, request.origin.n, NULL))
    return 0


cdef inline int ask(Engine engine, Request* request, object granted) except -1:
    """Fill in request.granted; `granted` is what the caller of a public method says about it, or None."""
    request.granted = False
    if unlikely(engine.origin_check is not None or granted is not None):
        return _ask(engine, request, granted)
    return 0


cdef int _ask_now(Engine engine, Request* request) except -1:
    cdef object answer
    if not engine.asks_async:
        return 1 + _ask(engine, request, None)
    if is_open(&engine.policy, request):
        answer = engine.origin_check.cached(
            PyUnicode_DecodeASCII(<const char*>request.origin.p, request.origin.n, NULL))
        if answer is None:
            return 0
        request.granted = answer
    return 1


cdef inline int ask_now(Engine engine, Request* request) except -1:
    """The same for a shim. 0: the function must be awaited."""
    request.granted = False
    if unlikely(engine.origin_check is not None):
        return _ask_now(engine, request)
    return 1
