# Find: the few values that matter, taken out of the server's own form in one pass.

cdef list _clean_pairs(object headers):
    """The pairs of bytes or str in an odd header list. Other items are passed over: no request may raise, but for want
    of memory.

    TypeError for a container of another kind, which no request chooses."""
    cdef list pairs = []
    cdef Span span
    cdef object item, name, value
    check_header_list(headers)
    for item in () if headers is None else headers:
        try:
            name, value = item
        except MemoryError:
            raise
        except Exception:
            continue
        if borrow(name, &span) and (PyBytes_Check(value) or PyUnicode_Check(value)):
            pairs.append((PyBytes_FromStringAndSize(<const char*>span.p, span.n), value))
    return pairs


cdef struct Found:
    # The origin of a request, and where to look on.
    PyObject* origin        # borrowed from the header list; NULL: there is none
    bint several_origins
    Py_ssize_t first_field  # index of the first header that may be Access-Control-Request-…; the length if none is


cdef inline bint scan_origin(PyObject* headers, Found* found) noexcept:
    """Find the origin in a list or tuple of pairs of bytes, in one pass. False: something in it is no such pair."""
    cdef PyObject** items = fc_row_items(headers)
    cdef Py_ssize_t n = fc_row_size(headers)
    cdef Py_ssize_t first_field = n
    cdef Py_ssize_t i, size
    cdef PyObject* item
    cdef PyObject* origin = NULL
    cdef Span name
    cdef bint several = False
    cdef bint whole = True
    for i in range(n):
        item = items[i]
        size = fc_pair_size(item)
        if size == 6:
            name.p = fc_pair_name(item)
            name.n = size
            if is_name(name, "origin", 6):
                if not fc_pair_has_text(item):
                    whole = False
                    break
                several = origin != NULL
                origin = fc_pair_value(item) if origin == NULL else origin
        elif <size_t>size >= FC_SHORTEST_FIELD:
            if size < 0:
                whole = False
                break
            if first_field == n and is_letter(fc_pair_name(item)[0], c"a"):
                first_field = i
    found.origin = origin
    found.several_origins = several
    found.first_field = first_field
    return whole


cdef int scan_preflight(
    PyObject* headers, Py_ssize_t first_field, PreflightFields* fields, PyObject** method, list kept
) except -1:
    """Find what a preflight requests, from the first of its own fields on; what is no pair of bytes is passed over.
    0: something is no text.

    For who is to hold them, `method` becomes the method's object, or NULL, and the lines of requested headers are added
    to `kept`, unless that is None."""
    cdef PyObject** items = fc_row_items(headers)
    cdef Py_ssize_t i
    cdef PyObject* item
    cdef Span name
    cdef Span value
    method[0] = NULL
    fields.method.p = NULL
    fields.method.n = 0
    fields.several_methods = fields.private_network = False
    fields.n_lines = 0
    for i in range(first_field, fc_row_size(headers)):
        item = items[i]
        name.n = fc_pair_size(item)
        if name.n < FC_SHORTEST_FIELD:
            continue
        name.p = fc_pair_name(item)
        if not is_letter(name.p[0], c"a"):
            continue
        if not borrow_value(fc_pair_value(item), &value):
            return 0
        if is_name(name, "access-control-request-method", 29):
            if method[0] != NULL:
                fields.several_methods = True
            else:
                method[0] = fc_pair_value(item)
                fields.method = value
        elif is_name(name, "access-control-request-headers", 30):
            if fields.n_lines < FC_MAX_LINES:
                fields.lines[fields.n_lines] = value
                fields.n_lines += 1
                if kept is not None:
                    PyList_Append(kept, <object>fc_pair_value(item))
        elif is_name(name, "access-control-request-private-network", 38):
            if is_text(value, "true", 4):
                fields.private_network = True
    return 1


cdef list _clean_origin(object headers, Found* found):
    """A clean list of odd headers, and the origin in it."""
    cdef list pairs = _clean_pairs(headers)
    scan_origin(<PyObject*>pairs, found)
    return pairs


cdef inline object _value(object mapping, str key):
    """The value of a key of a scope or an environment, or None; of a plain dict without a bound method."""
    cdef PyObject* value
    if not PyDict_CheckExact(mapping):
        return mapping.get(key)
    value = PyDict_GetItemWithError(mapping, key)
    return None if value == NULL else <object>value


cdef inline bint _is_options(object method) except -1:
    cdef Span span
    return borrow(method, &span) and is_text(span, "OPTIONS", 7)


cdef object decide_asgi(Engine engine, object scope, object granted):
    """The decision on a scope of any form."""
    cdef object headers = _value(scope, "headers")
    cdef bint options = _is_options(_value(scope, "method"))
    cdef object seen = None
    if unlikely(sees(engine, granted)):
        headers = readable(headers)
        seen = engine.origin_check.request_of_scope(scope, headers)
    # The last look-up is done: what is found is not changed before it is held.
    return _decide_lines(engine, options, headers, granted, seen)


cdef object decide_pairs(Engine engine, object method, object headers, object granted, object path):
    """The decision on a method and header pairs of any form."""
    cdef Span span
    cdef object seen = None
    borrow_text(method, &span, "method")
    if unlikely(sees(engine, granted)):
        headers = readable(headers)
        seen = engine.origin_check.request_of_pairs(method, path, headers)
    return _decide_lines(engine, is_text(span, "OPTIONS", 7), headers, granted, seen)


cdef object _decide_lines(Engine engine, bint options, object headers, object granted, object seen):
    """The decision on header pairs of any form, which holds what it was made of; `seen` is what a function sees."""
    cdef Request request
    cdef Found found
    cdef PreflightFields fields
    cdef Span origin_span
    cdef PyObject* method
    cdef list kept = []
    cdef object lines = None
    cdef object origin = None
    cdef object requested_method = None
    if not fc_is_row(<PyObject*>headers) or not scan_origin(<PyObject*>headers, &found):
        headers = _clean_origin(headers, &found)
    if found.origin != NULL:
        origin = <object>found.origin
        if options:
            if not scan_preflight(<PyObject*>headers, found.first_field, &fields, &method, kept):
                kept = []
                headers = _clean_origin(headers, &found)
                scan_preflight(<PyObject*>headers, found.first_field, &fields, &method, kept)
            if method != NULL:
                requested_method = <object>method
                lines = PyList_AsTuple(kept) if kept else None
    borrow(origin, &origin_span)
    if requested_method is None:
        actual_request(&request, origin_span, found.several_origins)
    else:
        preflight_request(&request, origin_span, found.several_origins, &fields)
    ask(engine, &request, granted, FC_SEEN, <PyObject*>seen, NULL)
    return new_decision(engine, &request, origin, requested_method, lines)


cdef list _lines_of(object getall, str name):
    """The lines of a header field in a multidict."""
    cdef list lines = []
    for line in getall(name, ()):
        if PyBytes_Check(line) or PyUnicode_Check(line):
            lines.append(line)
    return lines


cdef object decide_multidict(Engine engine, object method, object headers, object granted, object path):
    """The decision on a method and a multidict of headers, which holds what it was made of."""
    cdef Request request
    cdef PreflightFields fields
    cdef Span span, origin_span
    cdef list origins, methods
    cdef object lines = None
    cdef object origin = None
    cdef object requested_method = None
    cdef object seen = None
    borrow_text(method, &span, "method")
    getall = getattr(headers, "getall", None)
    if getall is None:
        raise _wrong_type("headers", "a multidict, which has getall(name, default)", headers)
    if unlikely(sees(engine, granted)):
        seen = engine.origin_check.request_of_multidict(method, path, getall)
    origins = _lines_of(getall, "origin")
    if origins:
        origin = origins[0]
        if is_text(span, "OPTIONS", 7):
            methods = _lines_of(getall, "access-control-request-method")
            if methods:
                requested_method = methods[0]
                lines = tuple(_lines_of(getall, "access-control-request-headers")[:FC_MAX_LINES]) or None
                preflight_fields(&fields, requested_method, lines, None)
                fields.several_methods = len(methods) > 1
                for network in _lines_of(getall, "access-control-request-private-network"):
                    borrow(network, &span)
                    if is_text(span, "true", 4):
                        fields.private_network = True
    borrow(origin, &origin_span)
    if requested_method is None:
        actual_request(&request, origin_span, len(origins) > 1)
    else:
        preflight_request(&request, origin_span, len(origins) > 1, &fields)
    ask(engine, &request, granted, FC_SEEN, <PyObject*>seen, NULL)
    return new_decision(engine, &request, origin, requested_method, lines)


cdef str ORIGIN = "HTTP_ORIGIN"
cdef str REQUESTED_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"


cdef inline object _text_or_none(object environ, str key):
    cdef object value = _value(environ, key)
    return value if PyBytes_Check(value) or PyUnicode_Check(value) else None


cdef object decide_wsgi(Engine engine, object environ, object granted):
    """The decision on an environment of any form, which holds what it was made of."""
    cdef Request request
    cdef PreflightFields fields
    cdef Span origin_span
    cdef object origin = _text_or_none(environ, "HTTP_ORIGIN")
    cdef object requested_method = None
    cdef object lines = None
    cdef object network = None
    if origin is not None and _is_options(_value(environ, "REQUEST_METHOD")):
        requested_method = _text_or_none(environ, REQUESTED_METHOD)
    borrow(origin, &origin_span)
    if requested_method is None:
        actual_request(&request, origin_span, False)
    else:
        lines = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
        network = _text_or_none(environ, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK")
        preflight_fields(&fields, requested_method, lines, network)
        preflight_request(&request, origin_span, False, &fields)
    ask(engine, &request, granted, FC_ENVIRON, <PyObject*>environ, NULL)
    return new_decision(engine, &request, origin, requested_method, lines)


cdef extern from *:
    """
    /* Whether it is a container of Python's own that is no mapping. */
    static inline int fc_is_no_mapping(PyObject *given) {
        return PyType_HasFeature(Py_TYPE(given), Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS
            | Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_BYTES_SUBCLASS) || PyAnySet_Check(given)
            || PyByteArray_Check(given);
    }
    """
    bint fc_is_no_mapping(object given) noexcept


cdef str UNREADABLE = "\xff"  # a value that an RSGI server has but does not hand over: a byte that is valid nowhere


cdef object _values_of(object headers, str name):
    """What the headers of an RSGI scope, a mapping, have for a name; None where it has no line."""
    cdef PyObject* args[3]
    if unlikely(fc_is_no_mapping(headers)):
        check_header_mapping(headers)
    if name not in headers:
        return None
    args[1], args[2] = <PyObject*>headers, <PyObject*>name
    try:
        return fc_call_method("get_all", args, 2)
    except AttributeError:
        if hasattr(headers, "get_all"):
            raise
    return [headers.get(name)]


cdef tuple _readable(object values):
    """Those that are text, of which there is one at least: a server leaves out what is not ASCII."""
    cdef list lines = []
    for value in values:
        if PyBytes_Check(value) or PyUnicode_Check(value):
            lines.append(value)
    return PyList_AsTuple(lines) if lines else (UNREADABLE,)


cdef tuple rsgi_lines(object headers, str name):
    """The values of the lines of a name in the headers of an RSGI scope; None where there is none."""
    cdef object values = _values_of(headers, name)
    return None if values is None else _readable(values)


cdef object rsgi_line(object headers, str name, bint* several):
    """The value of the first of these lines, and whether there are several; None where there is none."""
    cdef object values = _values_of(headers, name)
    cdef object value
    cdef tuple lines
    if values is None:
        return None
    if PyList_CheckExact(values) and PyList_GET_SIZE(values) == 1:
        value = <object>PyList_GET_ITEM(values, 0)
        if PyUnicode_CheckExact(value):
            return value
    lines = _readable(values)
    several[0] = PyTuple_GET_SIZE(lines) > 1
    return lines[0]


cdef object _says_true(tuple lines):
    """What preflight_fields takes for a field that is true in one of its lines."""
    cdef Span span
    for line in lines or ():
        borrow(line, &span)
        if is_text(span, "true", 4):
            return line
    return None


cdef object decide_rsgi(Engine engine, object scope, object granted):
    """The decision on an RSGI scope, which holds what it was made of."""
    cdef Request request
    cdef PreflightFields fields
    cdef Span span
    cdef bint several = False
    cdef bint several_methods = False
    cdef object headers = scope.headers
    cdef object origin = rsgi_line(headers, "origin", &several)
    cdef object method = None
    cdef object lines = None
    cdef object network = None
    if origin is not None and _is_options(scope.method):
        method = rsgi_line(headers, "access-control-request-method", &several_methods)
    if method is not None:
        lines = rsgi_lines(headers, "access-control-request-headers")
        network = _says_true(rsgi_lines(headers, "access-control-request-private-network"))
        lines = None if lines is None else lines[:FC_MAX_LINES]
    borrow(origin, &span)
    if method is None:
        actual_request(&request, span, several)
    else:
        preflight_fields(&fields, method, lines, network)
        fields.several_methods = several_methods
        preflight_request(&request, span, several, &fields)
    ask(engine, &request, granted, FC_RSGI_SCOPE, <PyObject*>scope, NULL)
    return new_decision(engine, &request, origin, method, lines)


cdef tuple _headers_after_a_look(Engine engine, object headers):
    """The headers of the response to an actual request, where a function sees the request."""
    if engine.asks_async:
        raise TypeError(ASYNCHRONOUS)
    headers = readable(headers)
    return tuple(_decide_lines(engine, False, headers, None, engine.origin_check.request_of_headers(headers)).headers)


cdef tuple response_headers(Engine engine, object headers):
    """The headers of the response to an actual request, in a tuple that is mostly shared."""
    cdef Request request
    cdef Verdict verdict
    cdef Found found
    cdef Span origin_span
    cdef object origin
    if unlikely(engine.sees_request):
        return _headers_after_a_look(engine, headers)
    if not fc_is_row(<PyObject*>headers) or not scan_origin(<PyObject*>headers, &found):
        headers = _clean_origin(headers, &found)
    if found.origin == NULL:
        if engine.asks_async:
            raise TypeError(ASYNCHRONOUS)
        return engine.asgi.none
    origin = <object>found.origin
    borrow(origin, &origin_span)
    actual_request(&request, origin_span, found.several_origins)
    ask(engine, &request, None, FC_SEEN, NULL, NULL)
    decide_actual(&engine.compiled, &request, &verdict)
    if verdict.listed != FC_NOT_PREPARED:
        return engine.asgi.listed[verdict.listed]
    if verdict.parts == engine.compiled.refused:
        return engine.asgi.refused
    return tuple(write_pairs(engine.asgi, &request, &verdict, origin))
