# Merge: the decision's headers into those of the application's response.
#
# The policy is the one authority: what the application set of the three headers that a response may carry once
# is taken out, also where nothing takes its place. A list that the application made is never changed.

cdef inline bint _is_ours(Span name) noexcept nogil:
    if name.n == 27:
        return is_name(name, "access-control-allow-origin", 27)
    if name.n == 29:
        return is_name(name, "access-control-expose-headers", 29)
    return name.n == 32 and is_name(name, "access-control-allow-credentials", 32)


cdef inline bint _lists(Span value, Bytes token, Py_ssize_t n) noexcept nogil:
    """Whether a comma list holds a token, in any letter case, or "*"."""
    cdef Bytes at = value.p
    cdef Bytes end = value.p + value.n
    cdef Bytes start
    cdef Bytes stop
    while at < end:
        while at < end and (is_ows(at[0]) or at[0] == c","):
            at += 1
        start = at
        while at < end and at[0] != c",":
            at += 1
        stop = at
        while stop > start and is_ows(stop[-1]):
            stop -= 1
        if stop - start == n and equal_lower(start, token, n):
            return True
        if stop - start == 1 and start[0] == c"*":
            return True
    return False


cdef object _text(object text):
    """A name or value of a response as str or bytes."""
    if PyBytes_Check(text) or PyUnicode_Check(text):
        return text
    if isinstance(text, (bytearray, memoryview)):
        return bytes(text)
    raise _wrong_type("a response header's name and value", "str or bytes", text)


cdef tuple _pair(object item):
    """An item of a response's header list: a name and a value."""
    try:
        name, value = item
    except Exception:
        raise TypeError("a response header must be a pair of a name and a value") from None
    return _text(name), _text(value)


cdef object _exact(object given, bint text):
    """A name or value in the exact type of the interface; past what a subclass overrides."""
    if text:
        if PyUnicode_Check(given):
            return PyUnicode_FromObject(given)
        return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(given), PyBytes_GET_SIZE(given), NULL)
    if PyBytes_CheckExact(given):
        return given
    if PyBytes_Check(given):
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(given), PyBytes_GET_SIZE(given))
    return PyUnicode_AsLatin1String(given)


cdef inline bint _is_exact(PyObject* item, bint text) noexcept:
    if not PyTuple_CheckExact(<object>item) or PyTuple_GET_SIZE(<object>item) != 2:
        return False
    if text:
        return fc_is_exact_str(PyTuple_GET_ITEM(<object>item, 0)) and fc_is_exact_str(PyTuple_GET_ITEM(<object>item, 1))
    return (
        fc_is_exact_bytes(PyTuple_GET_ITEM(<object>item, 0)) and fc_is_exact_bytes(PyTuple_GET_ITEM(<object>item, 1)))


cdef inline bint _stays(PyObject* item, bint text) noexcept:
    """Whether a header goes into the response as it is: an exact pair, and neither ours nor Vary."""
    cdef Span name
    if not _is_exact(item, text):
        return False
    if text:
        name.n = fc_str_length(PyTuple_GET_ITEM(<object>item, 0))
    else:
        name.n = fc_bytes_length(PyTuple_GET_ITEM(<object>item, 0))
    if name.n != 4 and name.n != 27 and name.n != 29 and name.n != 32:
        return True
    if text and not fc_str_is_ascii(PyTuple_GET_ITEM(<object>item, 0)):
        return True
    if text:
        name.p = fc_str_data(PyTuple_GET_ITEM(<object>item, 0))
    else:
        name.p = fc_bytes_data(PyTuple_GET_ITEM(<object>item, 0))
    return not _is_ours(name) and not is_name(name, "vary", 4)


cdef inline object _merge_plain(
    Engine engine, const Request* request, const Verdict* verdict, object origin, object headers, bint text
):
    """The common case: a list of pairs in which nothing has to go or to change, and an answer that is ready but for
    the origin. None: it is another one."""
    cdef uint32_t parts = verdict.parts
    cdef tuple ready, pair
    cdef Py_ssize_t n, i, lead, rest
    cdef list merged
    if not PyList_CheckExact(headers) or engine.expose_present:
        return None
    if parts == engine.policy.actual_refused:
        ready = engine.refused_str if text else engine.refused_headers
        lead = 0
    elif parts == engine.policy.actual and not parts & part(FC_PART_TIMING):
        ready = engine.allowed_str if text else engine.allowed_headers
        lead = 1
    elif parts == engine.policy.none and not text:
        ready = engine.none_headers
        lead = 0
    else:
        return None
    n = PyList_GET_SIZE(headers)
    for i in range(n):
        if not _stays(PyList_GET_ITEM(headers, i), text):
            return None
    rest = PyTuple_GET_SIZE(ready)
    pair = None
    if lead:
        pair = origin_pair(request, origin, text)
    merged = PyList_New(n + lead + rest)
    if PyList_GET_SIZE(headers) != n:
        return None  # a garbage collection came in between, and ran somebody's code
    for i in range(n):
        fc_list_fill(merged, i, PyList_GET_ITEM(headers, i))
    if lead:
        fc_list_fill(merged, n, <PyObject*>pair)
    for i in range(rest):
        fc_list_fill(merged, n + lead + i, PyTuple_GET_ITEM(ready, i))
    return merged


# What "*" never exposes: the safelisted names, which every page sees, and those that no page may see (Fetch:
# CORS-safelisted and forbidden response-header name).
cdef frozenset NOT_EXPOSED = frozenset((
    "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma",
    "set-cookie", "set-cookie2"))


cdef object _present_names(list headers, bint text):
    """The names for Access-Control-Expose-Headers that a response carries; "" where there is none."""
    cdef dict names = {}
    cdef Span span
    for item in headers:
        if borrow(item[0], &span) and is_token(span.p, span.n):
            name = item[0].lower() if text else item[0].lower().decode("ascii")
            if name not in NOT_EXPOSED and not name.startswith("access-control-"):
                names[name] = None
    return ", ".join(names)


cdef int _merge_vary(list merged, list varies, tuple ours, bint text) except -1:
    """Add to Vary what is not there yet: to the last line that the application set, or as a line of ours."""
    cdef Span value, token
    cdef object wanted, line
    cdef list missing = []
    cdef Py_ssize_t at
    if not varies:
        merged.append(ours)
        return 0
    for wanted in (ours[1].split(", ") if text else ours[1].split(b", ")):
        lowered = wanted.lower()
        borrow(lowered, &token)
        for at in varies:
            line = merged[at][1]
            if text and not line.isascii():
                line = line.encode("latin-1", "replace")
            borrow(line, &value)
            if _lists(value, token.p, token.n):
                break
        else:
            missing.append(wanted)
    if missing:
        at = varies[-1]
        name, line = merged[at]
        if text:
            merged[at] = (name, ", ".join([line, *missing] if line.strip(" \t") else missing))
        else:
            merged[at] = (name, b", ".join([line, *missing] if line.strip(b" \t") else missing))
    return 0


cdef inline bint _sets_origin(list headers) except -1:
    cdef Span name
    for item in headers:
        borrow(<object>PyTuple_GET_ITEM(item, 0), &name)
        if is_name(name, "access-control-allow-origin", 27):
            return True
    return False


cdef list merge(
    Engine engine, const Request* request, const Verdict* verdict, object origin, object headers, bint keep, bint text
):
    """The application's headers and the verdict's, in a new list; with `keep` the application's own alone, and Vary,
    where it answered for itself. What `request` borrows must outlive the call, which can run Python code."""
    cdef Span name
    cdef list merged, pairs
    cdef list varies = None
    cdef object item
    cdef object present = ""
    cdef uint32_t parts = verdict.parts
    cdef int i
    merged = _merge_plain(engine, request, verdict, origin, headers, text)
    if merged is not None:
        return merged
    pairs = [item if _is_exact(<PyObject*>item, text) else _pair(item) for item in headers]
    keep = keep and _sets_origin(pairs)
    if keep:
        parts &= part(FC_PART_VARY) | part(FC_PART_VARY_PREFLIGHT)
    merged = []
    for item in pairs:
        borrow(<object>PyTuple_GET_ITEM(item, 0), &name)
        if not keep and _is_ours(name):
            continue
        if is_name(name, "vary", 4):
            if varies is None:
                varies = []
            varies.append(len(merged))
        if not _is_exact(<PyObject*>item, text):
            item = (_exact(item[0], text), _exact(item[1], text))
        merged.append(item)

    if engine.expose_present and not keep and verdict.kind == FC_KIND_ACTUAL and verdict.reason == FC_OK:
        present = _present_names(merged, text)
        if present:
            parts |= part(FC_PART_EXPOSE)
    for i in range(FC_PARTS):
        if not parts & part(i):
            continue
        if i == FC_PART_VARY or i == FC_PART_VARY_PREFLIGHT:
            _merge_vary(merged, varies, (engine.wsgi_pairs if text else engine.asgi_pairs)[i], text)
        elif i == FC_PART_EXPOSE and engine.expose_present:
            merged.append((PART_NAMES[i], present) if text else (ASGI_NAMES[i], present.encode("ascii")))
        else:
            append_part(merged, engine, request, verdict, i, origin, text)
    return merged
