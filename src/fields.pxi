# Fields: a verdict becomes the field lines of HTTP/2 and HTTP/3, in the order and with the content of the other forms.

cdef enum:
    # The forms. The first two are those of lines alone; a section has the prefix in front.
    FC_HPACK_LINES = FC_HPACK
    FC_QPACK_LINES = FC_QPACK
    FC_QPACK_SECTION


cdef struct Indices:
    # Where the static tables have the parts of a policy, and their names; FC_NOT_STATIC where they do not.
    uint8_t parts[2][FC_PARTS]
    uint8_t names[2][FC_PARTS]


cdef void find_indices(Indices* indices, const Span* lines) noexcept nogil:
    """Fill in the indices of the prepared lines of a policy."""
    cdef int table, i
    cdef Span name
    for i in range(FC_PARTS):
        name = line_name(lines[i])
        for table in range(2):
            indices.names[table][i] = <uint8_t>static_name(table, name)
            indices.parts[table][i] = FC_NOT_STATIC
            if not part(i) & REPEATED:
                indices.parts[table][i] = <uint8_t>static_field(table, name, line_value(lines[i], name.n))


cdef inline void put_repeated(Output* out, const Request* request, const Verdict* verdict, int number) noexcept nogil:
    """Put the value that a part repeats."""
    cdef Py_ssize_t n = repeated_size(request, verdict, number)
    if 0 < n <= out.room - out.n:
        copy_repeated(request, verdict, number, out.p + out.n)
    out.n += n


cdef void put_fields(
    Output* out, Engine engine, int form, const Request* request, const Verdict* verdict, Span end
) noexcept nogil:
    """Put the fields of a verdict. `end` is that of the HTTP/1.1 response to a preflight, and without bytes for another
    request: so of a whole response there is `:status` in front, and what describes the body behind."""
    cdef int table = FC_HPACK if form == FC_HPACK_LINES else FC_QPACK
    cdef const Indices* indices = &engine.indices
    cdef uint32_t left = verdict.parts
    cdef int i
    cdef Span name, value
    if form == FC_QPACK_SECTION:
        put(out, <Bytes><const char*>"\x00\x00", 2)  # Required Insert Count and Base: RFC 9204, section 4.5.1
    if end.p != NULL:
        name.p = <Bytes><const char*>":status"
        name.n = 7
        value.p = engine.responses.starts[verdict.failures != 0].p + 9  # "HTTP/1.1 204 No Content"
        value.n = 3
        put_field(out, table, name, value)
    while left:
        i = fc_lowest(left)
        left &= left - 1
        name = line_name(engine.lines[i])
        if indices.parts[table][i] != FC_NOT_STATIC:
            put_index(out, table, indices.parts[table][i])
        elif part(i) & REPEATED:
            put_literal(out, table, indices.names[table][i], name, repeated_size(request, verdict, i))
            put_repeated(out, request, verdict, i)
        else:
            value = line_value(engine.lines[i], name.n)
            put_literal(out, table, indices.names[table][i], name, value.n)
            put(out, value.p, value.n)
    while next_line(&end, &value):
        name = line_name(value)
        put_field(out, table, name, line_value(value, name.n))


cdef bytes fields_of(Engine engine, int form, const Request* request, const Verdict* verdict, Span end):
    """The fields as bytes."""
    cdef Output out
    cdef bytes fields
    count_only(&out)
    put_fields(&out, engine, form, request, verdict, end)
    fields = PyBytes_FromStringAndSize(NULL, out.n)
    out.p = <uint8_t*>PyBytes_AS_STRING(fields)
    out.room = out.n
    out.n = 0
    put_fields(&out, engine, form, request, verdict, end)
    return fields
