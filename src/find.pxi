# Find: the few values that matter, taken out of the server's own form in one pass.

cdef list _clean_pairs(object headers):
    """The pairs of an odd header list: what is no pair of str or bytes is passed over, as nothing that a request
    holds may raise. TypeError for a container of another kind, which no request chooses."""
    cdef list pairs = []
    cdef Span span
    cdef object item, name, value
    check_header_list(headers)
    for item in () if headers is None else headers:
        try:
            name, value = item
        except Exception:
            continue
        if borrow(name, &span) and (PyBytes_Check(value) or PyUnicode_Check(value)):
            pairs.append((PyBytes_FromStringAndSize(<const char*>span.p, span.n), value))
    return pairs


cdef enum:
    FC_ASKED_METHOD = 29  # bytes of the shortest name of a preflight's own, Access-Control-Request-Method


cdef struct Found:
    # Values of the request, borrowed from its header list; NULL where there is none.
    PyObject* origin
    PyObject* asked_method
    bint several_origins
    bint several_methods
    bint private_network
    Py_ssize_t asks      # where a preflight's fields begin, if it is one; the length of the list: it is none
    Span* lines          # room for FC_MAX_LINES lines of requested headers
    int n_lines
    PyObject* kept       # a list that holds what they are borrowed from, or NULL


cdef inline bint scan_origin(PyObject* headers, Found* found) noexcept:
    """Find the origin in a list of pairs of bytes, in one pass. False: something in it is no such pair."""
    cdef Py_ssize_t n = fc_list_size(headers)
    cdef Py_ssize_t asks = n
    cdef Py_ssize_t i, size
    cdef PyObject* item
    cdef PyObject* origin = NULL
    cdef Span name
    cdef bint several = False
    for i in range(n):
        item = fc_list_item(headers, i)
        size = fc_pair_size(item)
        if size == 6:
            name.p = fc_pair_name(item)
            name.n = size
            if is_name(name, "origin", 6):
                if not fc_pair_has_text(item):
                    return False
                several = origin != NULL
                origin = fc_pair_value(item) if origin == NULL else origin
        elif <size_t>size >= FC_ASKED_METHOD:
            if size < 0:
                return False
            if asks == n and lower(fc_pair_name(item)[0]) == c"a":
                asks = i
    found.origin = origin
    found.several_origins = several
    found.asks = asks
    return True


cdef int scan_preflight(PyObject* headers, Found* found) except -1:
    """Find what else a preflight holds, after scan_origin, which found all pairs good; `lines` has room for it.
    0: something in it is no text."""
    cdef Py_ssize_t i
    cdef PyObject* item
    cdef Span name
    cdef Span value
    found.asked_method = NULL
    found.several_methods = found.private_network = False
    found.n_lines = 0
    for i in range(found.asks, fc_list_size(headers)):
        item = fc_list_item(headers, i)
        name.n = fc_pair_size(item)
        if name.n < FC_ASKED_METHOD:
            continue
        name.p = fc_pair_name(item)
        if lower(name.p[0]) != c"a":
            continue
        if not borrow_value(fc_pair_value(item), &value):
            return 0
        if is_name(name, "access-control-request-method", 29):
            if found.asked_method != NULL:
                found.several_methods = True
            else:
                found.asked_method = fc_pair_value(item)
        elif is_name(name, "access-control-request-headers", 30):
            if found.n_lines < FC_MAX_LINES:
                found.lines[found.n_lines] = value
                found.n_lines += 1
                if found.kept != NULL:
                    PyList_Append(<object>found.kept, <object>fc_pair_value(item))
        elif is_name(name, "access-control-request-private-network", 38):
            if is_text(value, "true", 4):
                found.private_network = True
    return 1


cdef inline int request_of(const Found* found, Request* request) except -1:
    """What is decided on, of a preflight: all that was found, borrowed."""
    request.method.p = <Bytes><const char*>"OPTIONS"
    request.method.n = 7
    borrow_value(found.origin, &request.origin)
    borrow_value(found.asked_method, &request.asked_method)
    request.several_origins = found.several_origins
    request.several_methods = found.several_methods
    request.private_network = found.private_network
    request.asked_headers = found.lines
    request.n_asked_headers = found.n_lines
    request.granted = False
    return 0


cdef inline object _value(object mapping, str key):
    """What a scope or an environment holds, or None; with no method made and bound on the way where it is a dict."""
    cdef PyObject* value
    if not PyDict_CheckExact(mapping):
        return mapping.get(key)
    value = PyDict_GetItemWithError(mapping, key)
    return None if value == NULL else <object>value


cdef inline bint _is_options(object method) except -1:
    cdef Span span
    return borrow(method, &span) and is_text(span, "OPTIONS", 7)


cdef object find_asgi(Engine engine, object scope, object granted):
    cdef Request request
    cdef Found found
    cdef Span lines[FC_MAX_LINES]
    cdef list asked = []
    cdef object asked_headers
    cdef object origin = None
    cdef object asked_method = None
    cdef object headers = _value(scope, "headers")
    cdef object method = _value(scope, "method")
    if not borrow(method, &request.method):
        method = "GET"
        borrow(method, &request.method)
    if not PyList_CheckExact(headers) or not scan_origin(<PyObject*>headers, &found):
        headers = _clean_pairs(headers)
        scan_origin(<PyObject*>headers, &found)
    request.several_origins = found.several_origins
    request.several_methods = request.private_network = False
    if found.origin != NULL:
        origin = <object>found.origin
        if is_text(request.method, "OPTIONS", 7):
            found.lines = lines
            found.kept = <PyObject*>asked
            if not scan_preflight(<PyObject*>headers, &found):
                headers = _clean_pairs(headers)
                asked.clear()
                scan_origin(<PyObject*>headers, &found)
                scan_preflight(<PyObject*>headers, &found)
            if found.asked_method != NULL:
                asked_method = <object>found.asked_method
            request.several_methods = found.several_methods
            request.private_network = found.private_network
    borrow_optional(origin, &request.origin, "origin")
    borrow_optional(asked_method, &request.asked_method, "request_method")
    request.asked_headers = lines
    asked_headers = PyList_AsTuple(asked) if asked else None
    request.n_asked_headers = borrow_lines(asked_headers, lines)
    ask(engine, &request, granted)
    return new_decision(engine, &request, origin, asked_method, asked_headers)


cdef str ASKED_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"


cdef inline object _text_or_none(object environ, str key):
    cdef object value = _value(environ, key)
    return value if PyBytes_Check(value) or PyUnicode_Check(value) else None


cdef object find_wsgi(Engine engine, object environ, object granted):
    cdef Request request
    cdef Span lines[FC_MAX_LINES]
    cdef object method = _text_or_none(environ, "REQUEST_METHOD")
    cdef object origin = _text_or_none(environ, "HTTP_ORIGIN")
    cdef object asked_method = None
    cdef object asked = None
    cdef object network = None
    if method is None:
        method = "GET"
    borrow(method, &request.method)
    if origin is not None and is_text(request.method, "OPTIONS", 7):
        asked_method = _text_or_none(environ, ASKED_METHOD)
        asked = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
        network = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK")
    borrow_request(&request, lines, method, origin, asked_method, asked, network)
    ask(engine, &request, granted)
    return new_decision(engine, &request, origin, asked_method, asked)


cdef tuple answer_asgi(Engine engine, object headers):
    cdef Request request
    cdef Verdict verdict
    cdef Found found
    cdef object origin
    found.origin = NULL
    found.several_origins = False
    if not PyList_CheckExact(headers) or not scan_origin(<PyObject*>headers, &found):
        headers = _clean_pairs(headers)
        scan_origin(<PyObject*>headers, &found)
    if found.origin == NULL:
        if engine.asks_async:
            raise TypeError(ASYNCHRONOUS)
        return engine.none_headers
    # Hold it: asking can run Python code, and that could change the list that it was found in.
    origin = <object>found.origin
    borrow(origin, &request.origin)
    request.asked_method.p = NULL
    request.several_origins = found.several_origins
    ask(engine, &request, None)
    decide(&engine.policy, &request, &verdict)
    if verdict.listed != FC_NOT_PREPARED:
        return engine.listed_headers[verdict.listed]
    if verdict.parts == engine.policy.actual_refused:
        return engine.refused_headers
    return tuple(write_pairs(engine, &request, &verdict, origin, False))
