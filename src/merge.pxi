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


cdef extern from *:
    """
    /* Whether an item of a header list is a pair of two texts of the exact type, bytes or str. */
    static inline int fc_is_pair_of(PyObject *item, PyTypeObject *type) {
        return PyTuple_CheckExact(item) && PyTuple_GET_SIZE(item) == 2
            && Py_IS_TYPE(PyTuple_GET_ITEM(item, 0), type) && Py_IS_TYPE(PyTuple_GET_ITEM(item, 1), type);
    }
    #define fc_is_exact(item, text) fc_is_pair_of(item, (text) ? &PyUnicode_Type : &PyBytes_Type)

    /* Whether a name is as long as Vary, or as one of the three that are ours. */
    #define fc_is_looked_at(n) \
        ((n) <= 32 && ((UINT64_C(1) << 4 | UINT64_C(1) << 27 | UINT64_C(1) << 29 | UINT64_C(1) << 32) >> (n) & 1))
    """
    bint fc_is_exact(PyObject* item, bint text) noexcept
    bint fc_is_looked_at(Py_ssize_t n) noexcept


cdef inline bint _stays(PyObject* item, bint text) noexcept:
    """Whether a header goes into the response as it is: an exact pair, and neither ours nor Vary."""
    cdef PyObject* first
    cdef Span name
    if unlikely(not fc_is_exact(item, text)):
        return False
    first = fc_pair_first(item)
    name.n = fc_str_length(first) if text else fc_bytes_length(first)
    if not fc_is_looked_at(name.n):
        return True
    if text and not fc_str_is_ascii(first):
        return True
    name.p = fc_str_data(first) if text else fc_bytes_data(first)
    return not _is_ours(name) and not is_name(name, "vary", 4)


cdef inline list _merge_plain(list answer, object headers, bint text):
    """The common case: a list of pairs in which nothing has to go or to change. None: it is another one."""
    cdef Py_ssize_t n = PyList_GET_SIZE(headers)
    cdef Py_ssize_t more = PyList_GET_SIZE(answer)
    cdef Py_ssize_t i
    cdef PyObject* item
    cdef list merged = PyList_New(n + more)
    if unlikely(PyList_GET_SIZE(headers) != n):
        return None  # a garbage collection came in between, and ran somebody's code
    for i in range(n):
        item = PyList_GET_ITEM(headers, i)
        if unlikely(not _stays(item, text)):
            return None
        fc_list_fill(merged, i, item)
    for i in range(more):
        fc_list_fill(merged, n + i, PyList_GET_ITEM(answer, i))
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


cdef inline bint _comes_after_expose(Span name) noexcept nogil:
    return is_name(name, "vary", 4) or is_name(name, "timing-allow-origin", 19)


cdef list _merge_any(list answer, object headers, bint keep, bint exposes, bint text):
    """The same for every iterable of headers, whatever is in it."""
    cdef Span name
    cdef list merged, pairs
    cdef list varies = None
    cdef object item, pair
    cdef object present = ""
    cdef bint is_vary
    pairs = [item if fc_is_exact(<PyObject*>item, text) else _pair(item) for item in headers]
    keep = keep and _sets_origin(pairs)
    merged = []
    for item in pairs:
        borrow(<object>PyTuple_GET_ITEM(item, 0), &name)
        if not keep and _is_ours(name):
            continue
        if is_name(name, "vary", 4):
            if varies is None:
                varies = []
            varies.append(len(merged))
        if not fc_is_exact(<PyObject*>item, text):
            item = (_exact(item[0], text), _exact(item[1], text))
        merged.append(item)

    if exposes and not keep:
        present = _present_names(merged, text)
    for pair in (*answer, None):
        if pair is not None:
            borrow(pair[0], &name)
        if present and (pair is None or _comes_after_expose(name)):
            merged.append(
                (PART_NAMES[FC_PART_EXPOSE], present) if text
                else (ASGI_NAMES[FC_PART_EXPOSE], present.encode("ascii")))
            present = ""
        if pair is None:
            break
        is_vary = is_name(name, "vary", 4)
        if is_vary:
            _merge_vary(merged, varies, pair, text)
        elif not keep:
            merged.append(pair)
    return merged


cdef inline list merge(list answer, object headers, bint keep, bint exposes, bint text):
    """The application's headers and the pairs of an answer, both left as they are, in a new list; with `keep` the
    application's own alone, and Vary, where it answered for itself. `exposes`: the names that the response carries are
    listed as well."""
    cdef list merged
    if PyList_CheckExact(headers) and not exposes:
        merged = _merge_plain(answer, headers, text)
        if merged is not None:
            return merged
    return _merge_any(answer, headers, keep, exposes, text)


cdef inline bint exposes_present(Engine engine, const Verdict* verdict) noexcept:
    """Whether an answer is to list the names that the response carries, as "*" with credentials cannot."""
    return engine.expose_present and verdict.kind == FC_KIND_ACTUAL and verdict.reason == FC_OK
