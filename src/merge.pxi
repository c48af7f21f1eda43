# Merge: the policy's headers join those of the application's response.
#
# The policy is the one authority for CORS. So every header of CORS that the application set is taken out, also where
# the policy puts none in its place; a header is one of CORS where its name begins with "access-control-", which
# includes those that a later standard defines. One that stayed would widen the policy, because browsers join the lines
# of a name (Fetch, section 2.2.2, "get, decode, and split"). A list that the application made is never changed.
#
# "Fetch" is https://fetch.spec.whatwg.org/.

cdef object _as_text(object text):
    """A name or value of a response as str or bytes."""
    if PyBytes_Check(text) or PyUnicode_Check(text):
        return text
    if isinstance(text, (bytearray, memoryview)):
        return bytes(text)
    raise _wrong_type("a response header's name and value", "str or bytes", text)


cdef tuple _pair(object item):
    """An item of a response's header list: a name and a value."""
    cdef tuple both = _two_of(item)
    if both is None:
        raise TypeError("a response header must be a pair of a name and a value")
    return _as_text(both[0]), _as_text(both[1])


cdef object _as_exact(object given, bint text):
    """A name or value in the exact type of the interface; methods that a subclass overrides are not called."""
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

    """
    bint fc_is_exact(PyObject* item, bint text) noexcept


cdef inline bint _name_stays(PyObject* first, bint text) noexcept:
    """Whether the policy has no say in a header of this name, which is of the exact type."""
    cdef Span name
    name.n = fc_str_length(first) if text else fc_bytes_length(first)
    if name.n < 15 and name.n != 4:
        return True
    if text and not fc_str_is_ascii(first):
        return False
    name.p = fc_str_data(first) if text else fc_bytes_data(first)
    if name.n == 4:
        return not is_name(name, "vary", 4)
    return not is_policys(name, FC_OWNS_TIMING)


cdef inline bint _stays(PyObject* item, bint text) noexcept:
    """Whether a header surely goes into the response as it is: an exact pair, which the policy has no say in."""
    if unlikely(not fc_is_exact(item, text)):
        return False
    return _name_stays(fc_pair_first(item), text)


cdef inline list _merge_plain(tuple answer, object headers, bint text):
    """The common case: a list of pairs in which nothing has to go or to change. None: it is another one."""
    cdef Py_ssize_t n = PyList_GET_SIZE(headers)
    cdef Py_ssize_t more = PyTuple_GET_SIZE(answer)
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
        fc_list_fill(merged, n + i, PyTuple_GET_ITEM(answer, i))
    return merged


cdef object _present_names(list headers, bint text):
    """The names for Access-Control-Expose-Headers that a response carries, each once; "" where there is none."""
    cdef dict names = {}
    cdef Span span
    for item in headers:
        if borrow(item[0], &span) and is_token(span.p, span.n) and is_exposable(span):
            names[item[0].lower() if text else item[0].lower().decode("ascii")] = None
    return ", ".join(names)


cdef object _merge_vary(list merged, list varies, tuple ours, bint apart, bint text):
    """Add the missing names to Vary: to the last line that the application set, and return None; or return them as a
    line of ours, where that is kept `apart`."""
    cdef Span value, token
    cdef object wanted, line
    cdef list missing = []
    cdef Py_ssize_t at
    for wanted in (ours[1].split(", ") if text else ours[1].split(b", ")):
        borrow(wanted, &token)
        for at in varies:
            line = merged[at][1]
            if text and not line.isascii():
                line = line.encode("latin-1", "replace")
            borrow(line, &value)
            if lists(value, token.p, token.n):
                break
        else:
            missing.append(wanted)
    if missing and apart:
        return (ours[0], ", ".join(missing) if text else b", ".join(missing))
    if missing:
        at = varies[-1]
        name, line = merged[at]
        if text:
            merged[at] = (name, ", ".join([line, *missing] if line.strip(" \t") else missing))
        else:
            merged[at] = (name, b", ".join([line, *missing] if line.strip(b" \t") else missing))
    return None


cdef inline bint _sets_origin(list headers) except -1:
    cdef Span name
    for item in headers:
        borrow(<object>PyTuple_GET_ITEM(item, 0), &name)
        if is_name(name, "access-control-allow-origin", 27):
            return True
    return False


cdef inline uint8_t merge_rules(Engine engine, const Verdict* verdict) noexcept nogil:
    """The set of what is merged beside the verdict's own pairs (FC_EXPOSES_PRESENT, FC_OWNS_TIMING); mostly empty."""
    cdef uint8_t rules = FC_OWNS_TIMING if engine.owns_timing else 0
    if engine.leaves:
        rules |= FC_LEAVES
    if engine.expose_present and verdict.kind == FC_KIND_ACTUAL and verdict.reason == FC_OK:
        rules |= FC_EXPOSES_PRESENT
    return rules


cdef bint _is_odd_cors(object name) except -1:
    """Whether the name of a header begins as those of CORS do, where some character of it is beyond latin-1."""
    return PyUnicode_Check(name) and PyUnicode_FromObject(name)[:15].lower() == "access-control-"


cdef bint _is_written(tuple answer, Span name) except -1:
    """Whether an answer has a line of this name, other than of the exposed names, which are added to."""
    cdef Span ours
    if is_name(name, "access-control-expose-headers", 29):
        return False
    for pair in answer:
        borrow(pair[0], &ours)
        if ours.n == name.n and equal_folded(ours.p, name.p, name.n):
            return True
    return False


cdef inline bint _goes(object name, Span span, uint8_t rules, tuple answer) except -1:
    """Whether a header of the application is taken out."""
    if is_policys(span, rules):
        return not rules & FC_LEAVES or _is_written(answer, span)
    return not rules & FC_LEAVES and span.n == 1 and span.p[0] == 0xff and _is_odd_cors(name)


cdef int _add_pairs(
    list merged, Py_ssize_t at, list varies, tuple answer, bint keep, bint apart, bint text
) except -1:
    """Put the policy's pairs where they belong; of those, Vary alone where the application's own are kept."""
    cdef Span name
    cdef list ours = []
    for pair in answer:
        borrow(pair[0], &name)
        if not is_name(name, "vary", 4):
            if not keep:
                ours.append(pair)
        elif varies is None:
            ours.append(pair)
        else:
            line = _merge_vary(merged, varies, pair, apart, text)
            if line is not None:
                ours.append(line)
    merged[at:at] = ours
    return 0


cdef int _expose_present(list merged, Py_ssize_t at, uint8_t rules, bint text) except -1:
    """List the names that the response carries, after the origin and the credentials."""
    cdef object names = _present_names(merged, text)
    if names:
        if text:
            pair = ((RSGI_NAMES if rules & FC_LOWERS_NAMES else PART_NAMES)[FC_PART_EXPOSE], names)
        else:
            pair = (ASGI_NAMES[FC_PART_EXPOSE], names.encode("ascii"))
        merged.insert(at + 2, pair)
    return 0


cdef list _merge_any(tuple answer, object headers, bint keep, uint8_t rules, bint text):
    """Merge with any iterable of headers, whatever is in it.

    The policy's pairs come where the first one was that is taken out, or else at the end. So they come to the same
    place where a response is merged twice."""
    cdef Span name
    cdef list merged, pairs
    cdef list varies = None
    cdef object item
    cdef Py_ssize_t at = -1
    pairs = []  # by hand: a comprehension lets go of what it does not hold where memory is short
    for item in headers:
        pairs.append(item if fc_is_exact(<PyObject*>item, text) else _pair(item))
    keep = (keep or rules & FC_LEAVES) and _sets_origin(pairs)
    merged = []
    for item in pairs:
        borrow(<object>PyTuple_GET_ITEM(item, 0), &name)
        if not keep and _goes(<object>PyTuple_GET_ITEM(item, 0), name, rules, answer):
            if at < 0:
                at = len(merged)
            continue
        if is_name(name, "vary", 4):
            if varies is None:
                varies = []
            varies.append(len(merged))
        if not fc_is_exact(<PyObject*>item, text):
            item = (_as_exact(item[0], text), _as_exact(item[1], text))
        merged.append(item)
    if at < 0:
        at = len(merged)
    _add_pairs(merged, at, varies, answer, keep, rules & FC_LEAVES, text)
    if rules & FC_EXPOSES_PRESENT and not keep:
        _expose_present(merged, at, rules, text)
    return merged


cdef inline list merge(tuple answer, object headers, bint keep, uint8_t rules, bint text):
    """The application's headers and the pairs of an answer, both left as they are, in a new list; with `keep` the
    application's own alone, and Vary, where it set its own. `rules` are those of merge_rules."""
    cdef list private
    if FC_FREE_THREADED and PyList_CheckExact(headers):
        private = copy_of(headers)
        return _merge(answer, private, keep, rules, text)
    return _merge(answer, headers, keep, rules, text)


cdef inline list _merge(tuple answer, object headers, bint keep, uint8_t rules, bint text):
    cdef list merged
    if PyList_CheckExact(headers) and not rules & FC_EXPOSES_PRESENT:
        merged = _merge_plain(answer, headers, text)
        if merged is not None:
            return merged
    return _merge_any(answer, headers, keep, rules, text)


# Responses that keep their headers in a multidict.

cdef bint _all_stay(object names) except -1:
    """Whether nothing in a multidict with these names has to go or to change."""
    for name in names:
        if not PyUnicode_Check(name):
            return False
        fc_ready(name)
        if not _name_stays(<PyObject*>name, True):
            return False
    return True


cdef object merge_multidict(tuple answer, object headers, bint keep, uint8_t rules):
    """A copy of a multidict of an application's headers, with the pairs of an answer. `rules` are those of
    merge_rules."""
    cdef object merged
    cdef object pairs = answer
    cdef bint stay = not rules & FC_EXPOSES_PRESENT and _all_stay(headers)
    if not stay:
        pairs = _merge_any(answer, headers.items(), keep, rules, True)
    merged = headers.copy()
    if not stay:
        merged.clear()
    for pair in pairs:
        merged.add(pair[0], pair[1])
    return merged


# Responses that keep their headers in a mapping without letter case: a dict of names in lower case, each with the name
# as it is sent, and its value.


cdef bint _store_stays(object store) noexcept:
    """Whether nothing in a store has to go or to change: an exact dict of names that the policy has no say in."""
    cdef Py_ssize_t at = 0
    cdef PyObject* name
    cdef PyObject* value
    if not PyDict_CheckExact(store):
        return False
    while PyDict_Next(store, &at, &name, &value):
        if not fc_is_exact_str(name) or not _name_stays(name, True):
            return False
    return True


def merge_store(policy, origin, store, /):
    """Put the headers for an actual request with this Origin, a ``str`` or None, into the store of a response.

    False: nothing was done, as something in the store has to go or to change, or as the policy is not this engine's,
    has to wait for its function, or has one that sees the request.
    """
    cdef Engine engine
    cdef Request request
    cdef Verdict verdict
    cdef Span span
    cdef tuple answer
    cdef object copied
    cdef bint stays
    if not is_policy(policy) or not (origin is None or PyUnicode_Check(origin)):
        return False
    engine = <Engine>policy
    if engine.asks_async or engine.sees_request or engine.leaves:
        return False
    borrow(origin, &span)
    actual_request(&request, span, False)
    ask(engine, &request, None, FC_SEEN, <PyObject*>None, NULL)
    decide_actual(&engine.compiled, &request, &verdict)
    answer = answer_pairs(&engine.compiled, <PyObject*>engine.wsgi, &request, &verdict, <PyObject*>origin)
    # From here on nothing runs Python code, so the store stays as it is seen.
    if merge_rules(engine, &verdict) & FC_EXPOSES_PRESENT:
        return False
    if FC_FREE_THREADED and PyDict_CheckExact(store):
        copied = PyDict_Copy(store)
        stays = _store_stays(copied)
    else:
        stays = _store_stays(store)
    if not stays:
        return False
    for pair in answer:
        PyDict_SetItem(store, LOWER_NAMES[(<tuple>pair)[0]], pair)
    return True
