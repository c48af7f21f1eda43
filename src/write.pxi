# The writers: a verdict becomes headers. Four forms, one content; nearly all of it was built with the policy.

cdef extern from *:
    """
    /* The number of the lowest bit that is set; one is. */
    #if defined(__GNUC__)
    #define fc_lowest(bits) __builtin_ctz(bits)
    #elif defined(_MSC_VER)
    #include <intrin.h>
    static __inline int fc_lowest(uint32_t bits) {
        unsigned long number;
        _BitScanForward(&number, bits);
        return (int)number;
    }
    #else
    static inline int fc_lowest(uint32_t bits) {
        int number = 0;
        while (!(bits >> number & 1)) number++;
        return number;
    }
    #endif
    """
    int fc_lowest(uint32_t bits) noexcept nogil

cdef uint32_t REPEATED = (
    part(FC_PART_ORIGIN) | part(FC_PART_TIMING) | part(FC_PART_METHOD_REQUESTED) | part(FC_PART_HEADERS_REQUESTED))

# The header that each part is a line of, in the form of WSGI, of ASGI and of RSGI.
cdef tuple PART_NAMES, ASGI_NAMES, RSGI_NAMES
cdef dict LOWER_NAMES


cdef int name_parts(tuple names) except -1:
    """Take the names of the headers, in the order of the parts."""
    global PART_NAMES, ASGI_NAMES, RSGI_NAMES, LOWER_NAMES
    if len(names) != FC_PARTS:
        raise ImportError("fastcors._core and fastcors._config.plan do not fit together")
    PART_NAMES = names
    LOWER_NAMES = {name: name.lower() for name in names}
    RSGI_NAMES = tuple([LOWER_NAMES[name] for name in names])
    ASGI_NAMES = tuple([name.encode() for name in RSGI_NAMES])
    return 0


cdef void copy_names(const Request* request, const Verdict* verdict, uint8_t* out) noexcept nogil:
    """Write the requested names that passed, verdict.names_bytes bytes."""
    cdef Walk walk
    cdef int at = -1
    cdef int left = verdict.names
    walk_start(&walk, request.requested_headers, request.n_requested_headers)
    while left > 0:
        walk_next(&walk)
        at += 1
        if verdict.names_filtered and not verdict.names_passed[at >> 6] >> (at & 63) & 1:
            continue
        left -= 1
        if left < verdict.names - 1:
            out[0] = c","
            out += 1
            if verdict.names_as_sent:
                out[0] = c" "
                out += 1
        if verdict.names_as_sent:
            memcpy(out, walk.name.p, <size_t>walk.name.n)
        else:
            copy_lower(out, walk.name.p, walk.name.n)
        out += walk.name.n


cdef inline Py_ssize_t repeated_size(const Request* request, const Verdict* verdict, int number) noexcept nogil:
    """Bytes of the value of a part that repeats something of the request."""
    if number == FC_PART_METHOD_REQUESTED:
        return request.requested_method.n
    if number == FC_PART_HEADERS_REQUESTED:
        return verdict.names_bytes
    return request.origin.n


cdef inline void copy_repeated(const Request* request, const Verdict* verdict, int number, uint8_t* out) noexcept nogil:
    if number == FC_PART_METHOD_REQUESTED:
        memcpy(out, request.requested_method.p, <size_t>request.requested_method.n)
    elif number == FC_PART_HEADERS_REQUESTED:
        copy_names(request, verdict, out)
    else:
        memcpy(out, request.origin.p, <size_t>request.origin.n)


cdef inline Span line_name(Span line) noexcept nogil:
    """The name of a header in its prepared HTTP/1.1 line."""
    cdef Span name
    name.p = line.p
    name.n = <Bytes>memchr(line.p, c":", <size_t>line.n) - line.p
    return name


cdef inline Span line_value(Span line, Py_ssize_t name_n) noexcept nogil:
    """The value of a header in its prepared line, which is whole."""
    cdef Span value
    value.p = line.p + name_n + 2
    value.n = line.n - name_n - 4
    return value


cdef inline Py_ssize_t block_size(const Span* lines, const Request* request, const Verdict* verdict) noexcept nogil:
    """Bytes of the HTTP/1.1 header block of a verdict."""
    cdef Py_ssize_t size = 0
    cdef uint32_t left = verdict.parts
    cdef int i
    while left:
        i = fc_lowest(left)
        left &= left - 1
        size += lines[i].n
        if part(i) & REPEATED:
            size += repeated_size(request, verdict, i) + 2
    return size


cdef inline uint8_t* write_block(
    const Span* lines, const Request* request, const Verdict* verdict, uint8_t* out
) noexcept nogil:
    """Write the block; `out` has room for block_size bytes. Returns where it ends. A line that repeats something of
    the request is kept up to its value."""
    cdef uint32_t left = verdict.parts
    cdef int i
    while left:
        i = fc_lowest(left)
        left &= left - 1
        memcpy(out, lines[i].p, <size_t>lines[i].n)
        out += lines[i].n
        if part(i) & REPEATED:
            copy_repeated(request, verdict, i, out)
            out += repeated_size(request, verdict, i)
            memcpy(out, "\r\n", 2)
            out += 2
    return out


cdef inline object _repeated_value(
    const Request* request, const Verdict* verdict, int number, object origin, bint text
):
    """The value that a part repeats, as a Python object; the origin is the caller's own object if of the exact type."""
    cdef bytes value
    if number == FC_PART_ORIGIN or number == FC_PART_TIMING:
        return exact_str(origin, request.origin) if text else exact_bytes(origin, request.origin)
    value = PyBytes_FromStringAndSize(NULL, repeated_size(request, verdict, number))
    copy_repeated(request, verdict, number, <uint8_t*>PyBytes_AS_STRING(value))
    return value.decode("ascii") if text else value


cdef inline tuple origin_pair(Answers answers, const Request* request, object origin):
    """The header that repeats an allowed origin."""
    if answers.text:
        return (answers.names[FC_PART_ORIGIN], exact_str(origin, request.origin))
    return (answers.names[FC_PART_ORIGIN], exact_bytes(origin, request.origin))


cdef inline int append_part(
    list out, Answers answers, const Request* request, const Verdict* verdict, int number, object origin
) except -1:
    if part(number) & REPEATED:
        out.append((answers.names[number], _repeated_value(request, verdict, number, origin, answers.text)))
    else:
        out.append(answers.pairs[number])
    return 0


cdef list write_pairs(Answers answers, const Request* request, const Verdict* verdict, object origin):
    """A new list of new or shared pairs, in the form of an interface."""
    cdef list out = []
    cdef uint32_t left = verdict.parts
    cdef int i
    while left:
        i = fc_lowest(left)
        left &= left - 1
        append_part(out, answers, request, verdict, i, origin)
    return out


cdef tuple _new_pairs(Answers answers, const Request* request, const Verdict* verdict, PyObject* origin):
    """The pairs of an answer that is not ready."""
    return PyList_AsTuple(write_pairs(answers, request, verdict, None if origin == NULL else <object>origin))


cdef inline tuple answer_pairs(
    const CompiledPlan* compiled, PyObject* answers, const Request* request, const Verdict* verdict, PyObject* origin
):
    """The pairs of an answer in a tuple, a shared, prepared one where there is one. `answers` is the form of an
    interface, borrowed from its engine, and the origin is borrowed too; NULL where there is none."""
    if verdict.kind != FC_KIND_PREFLIGHT:
        if verdict.listed != FC_NOT_PREPARED:
            return <tuple>PyTuple_GET_ITEM((<Answers>answers).listed, verdict.listed)
        if verdict.parts == compiled.refused:
            return (<Answers>answers).refused
        if verdict.parts == compiled.none:
            return (<Answers>answers).none
    return _new_pairs(<Answers>answers, request, verdict, origin)
