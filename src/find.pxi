# Find: the few values that matter, taken out of the server's own form in one pass.

cdef tuple _two_of(object item):
    """An item of a header list as a name and a value; None where it is not two things, whatever iterating over it
    raises, but for want of memory. Of a tuple its own items count, and nothing that a subclass overrides."""
    if PyTuple_Check(item):
        if PyTuple_GET_SIZE(item) != 2:
            return None
        return <object>PyTuple_GET_ITEM(item, 0), <object>PyTuple_GET_ITEM(item, 1)
    try:
        name, value = item
    except MemoryError:
        raise
    except Exception:
        return None
    return name, value


cdef list _clean_pairs(object headers):
    """The pairs of bytes or str in an odd header list, of those whose names are as long as one that matters. Other
    items are passed over: no request may raise, but for want of memory.

    TypeError for a container of another kind, which no request chooses."""
    cdef list pairs = []
    cdef Span span
    cdef object item, value
    cdef tuple both
    check_header_list(headers)
    for item in () if headers is None else headers:
        both = _two_of(item)
        if both is None or not borrow(both[0], &span) or (span.n != 6 and span.n < FC_SHORTEST_FIELD):
            continue
        value = both[1]
        if PyBytes_Check(value) or PyUnicode_Check(value):
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
    cdef int n
    method[0] = NULL
    preflight_clear(fields)
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
        n = fields.n_lines
        preflight_add(fields, name, value)
        if method[0] == NULL and fields.method.p != NULL:
            method[0] = fc_pair_value(item)
        elif kept is not None and fields.n_lines > n:
            PyList_Append(kept, <object>fc_pair_value(item))
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
    value = fc_get(mapping, key)
    if FC_FREE_THREADED:
        return taken(value)
    return None if value == NULL else <object>value


cdef inline bint _is_options(object method) except -1:
    cdef Span span
    return borrow(method, &span) and is_text(span, "OPTIONS", 7)


cdef object decide_asgi(Engine engine, object scope, object granted):
    """The decision on a scope of any form."""
    cdef object headers
    cdef bint options
    cdef object seen = None
    if not PyDict_CheckExact(scope):
        check_scope(scope, "an ASGI scope", "get")
    headers = _value(scope, "headers")
    options = _is_options(_value(scope, "method"))
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
    if FC_FREE_THREADED and PyList_CheckExact(headers):
        headers = copy_of(headers)
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


cdef inline bint _begins_with_pair(PyObject* headers) noexcept:
    """Whether a list or tuple begins with a pair of text, the name of exact bytes."""
    cdef PyObject* first
    if fc_row_size(headers) == 0:
        return False
    first = fc_row_items(headers)[0]
    return fc_pair_size(first) >= 0 and fc_pair_has_text(first)


cdef object _h2_method(object headers):
    """The value of :method in the pseudo-header fields that a list begins with (RFC 9113, section 8.3); None where it
    is there twice, or not at all."""
    cdef Span name
    cdef tuple both
    cdef object item
    cdef object method = None
    cdef bint found = False
    for item in headers:
        both = _two_of(item)
        if both is None or not borrow(both[0], &name) or name.n == 0 or name.p[0] != c":":
            break
        if is_text(name, ":method", 7):
            method = None if found else both[1]
            found = True
    return method


cdef object decide_h2(Engine engine, object headers, object granted, object path):
    """The decision on a header list of HTTP/2 or HTTP/3."""
    cdef object seen = None
    cdef bint options
    if FC_FREE_THREADED and PyList_CheckExact(headers):
        headers = copy_of(headers)
    if not fc_is_row(<PyObject*>headers) or not _begins_with_pair(<PyObject*>headers):
        headers = readable(headers)
        check_h2_list(headers)
    options = _is_options(_h2_method(headers))
    if unlikely(sees(engine, granted)):
        seen = engine.origin_check.request_of_h2(path, headers)
    return _decide_lines(engine, options, headers, granted, seen)


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
    cdef object origin
    cdef object requested_method = None
    cdef object lines = None
    cdef object network = None
    if not PyDict_CheckExact(environ):
        check_scope(environ, "a WSGI environ", "get")
    origin = _text_or_none(environ, "HTTP_ORIGIN")
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


# What stands for a value that is no text, or that an RSGI server has but keeps: a byte that is valid nowhere.
cdef str UNREADABLE = "\xff"


cdef str GET_ALL = "get_all"  # how an RSGI server's mapping gives the values of a name


cdef object _value_of(object headers, str name):
    """What a mapping with `get` alone has for a name: a list or tuple with an item for each line, or None."""
    cdef object value = headers.get(name)
    return value if value is None or PyList_Check(value) or PyTuple_Check(value) else [value]


cdef object _values_of(object headers, str how, str name):
    """What a mapping has for a name, by its method `how`; None where it has no line of it."""
    cdef PyObject* args[3]
    if how is not GET_ALL and how == "get":
        return _value_of(headers, name)
    if unlikely(fc_is_no_mapping(headers)):
        check_header_mapping(headers)
    if name not in headers:
        return None
    args[1], args[2] = <PyObject*>headers, <PyObject*>name
    try:
        return fc_call_method(how, args, 2)
    except AttributeError:
        if hasattr(headers, how):
            raise
    return [headers.get(name)]


cdef tuple _readable(object values):
    """Those that are text, of which there is one at least: a server leaves out what is not ASCII."""
    cdef list lines = []
    for value in values:
        if PyBytes_Check(value) or PyUnicode_Check(value):
            lines.append(value)
    return PyList_AsTuple(lines) if lines else (UNREADABLE,)


cdef tuple mapped_lines(object headers, str how, str name):
    """The values of the lines of a name in a mapping of headers; None where there is none."""
    cdef object values = _values_of(headers, how, name)
    return None if values is None else _readable(values)


cdef object mapped_line(object headers, str how, str name, bint* several):
    """The value of the first of these lines, and whether there are several; None where there is none."""
    cdef object values = _values_of(headers, how, name)
    cdef object value
    cdef tuple lines
    if values is None:
        return None
    if not FC_FREE_THREADED and PyList_CheckExact(values) and PyList_GET_SIZE(values) == 1:
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


cdef object _decide_mapped(
    Engine engine, bint options, object headers, str how, object granted, int kind, PyObject* place
):
    """The decision on a mapping of headers, which holds what it was made of; `place` is what a function sees."""
    cdef Request request
    cdef PreflightFields fields
    cdef Span span
    cdef bint several = False
    cdef bint several_methods = False
    cdef object origin = mapped_line(headers, how, "origin", &several)
    cdef object method = None
    cdef object lines = None
    cdef object network = None
    if origin is not None and options:
        method = mapped_line(headers, how, "access-control-request-method", &several_methods)
    if method is not None:
        lines = mapped_lines(headers, how, "access-control-request-headers")
        network = _says_true(mapped_lines(headers, how, "access-control-request-private-network"))
        lines = None if lines is None else lines[:FC_MAX_LINES]
    borrow(origin, &span)
    if method is None:
        actual_request(&request, span, several)
    else:
        preflight_fields(&fields, method, lines, network)
        fields.several_methods = several_methods
        preflight_request(&request, span, several, &fields)
    ask(engine, &request, granted, kind, place, NULL)
    return new_decision(engine, &request, origin, method, lines)


cdef object decide_rsgi(Engine engine, object scope, object granted):
    """The decision on an RSGI scope."""
    check_scope(scope, "an RSGI scope", "headers")
    return _decide_mapped(
        engine, _is_options(scope.method), scope.headers, GET_ALL, granted, FC_RSGI_SCOPE, <PyObject*>scope)


cdef list _pairs_of_dict(object headers):
    """The headers in a dictionary as pairs, of those whose names are as long as one that matters."""
    cdef list pairs = []
    cdef dict private
    cdef Span span
    if PyDict_CheckExact(headers):
        private = {}
        PyDict_Update(private, headers)  # in one step, unlike PyDict_Copy: no garbage collection comes in between
        headers = private
    for name, value in headers.items():
        if not borrow(name, &span) or (span.n != 6 and span.n < FC_SHORTEST_FIELD):
            continue
        if PyList_Check(value) or PyTuple_Check(value):
            for line in value:
                pairs.append((name, line))
        else:
            pairs.append((name, value))
    return pairs


cdef object decide_mapping(Engine engine, object method, object headers, object granted, object path):
    """The decision on a method and a mapping of headers."""
    cdef Span span
    cdef object seen = None
    cdef str how
    borrow_text(method, &span, "method")
    how = lines_method(headers)
    if how == "items":
        headers = pairs_of_dict(headers) if engine.sees_request else _pairs_of_dict(headers)
        return decide_pairs(engine, method, headers, granted, path)
    if unlikely(sees(engine, granted)):
        seen = engine.origin_check.request_of_mapping(method, path, headers)
    return _decide_mapped(
        engine, is_text(span, "OPTIONS", 7), headers, how, granted, FC_SEEN, <PyObject*>seen)


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
    if FC_FREE_THREADED and PyList_CheckExact(headers):
        headers = copy_of(headers)
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
