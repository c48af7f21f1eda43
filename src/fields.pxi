# Fields: a verdict becomes the field lines of HTTP/2 and HTTP/3, in the order and with the content of the other forms.

cdef bytes QPACK_PREFIX = b"\x00\x00"  # Required Insert Count and Base of 0: RFC 9204, section 4.5.1


cdef Py_ssize_t fields_size(
    int table, const Span* lines, const Request* request, const Verdict* verdict
) noexcept nogil:
    """Bytes of the field lines of a verdict, without those of a status."""
    cdef Py_ssize_t size = 0
    cdef Py_ssize_t n
    cdef uint32_t left = verdict.parts
    cdef int i
    cdef Span name
    while left:
        i = fc_lowest(left)
        left &= left - 1
        name = line_name(lines[i])
        if part(i) & REPEATED:
            n = repeated_size(request, verdict, i)
            size += literal_size(table, name, n) + n
        else:
            size += field_size(table, name, line_value(lines[i], name.n))
    return size


cdef uint8_t* write_fields(
    int table, const Span* lines, const Request* request, const Verdict* verdict, uint8_t* out
) noexcept nogil:
    """Write these field lines; `out` has room for fields_size bytes. Returns where they end."""
    cdef uint32_t left = verdict.parts
    cdef int i
    cdef Py_ssize_t n
    cdef Span name
    while left:
        i = fc_lowest(left)
        left &= left - 1
        name = line_name(lines[i])
        if part(i) & REPEATED:
            n = repeated_size(request, verdict, i)
            out = write_literal(table, name, n, out)
            copy_repeated(request, verdict, i, out)
            out += n
        else:
            out = write_field(table, name, line_value(lines[i], name.n), out)
    return out


cdef bytes _field_line(int table, object name, object value):
    """One field line of text that is known to be ASCII."""
    cdef Span name_span, value_span
    cdef bytes line
    borrow(name, &name_span)
    borrow(value, &value_span)
    line = PyBytes_FromStringAndSize(NULL, field_size(table, name_span, value_span))
    write_field(table, name_span, value_span, <uint8_t*>PyBytes_AS_STRING(line))
    return line


cdef bytes field_lines(
    Engine engine, int table, const Request* request, const Verdict* verdict, object status, object body
):
    """The field lines of a verdict; those of the whole response to a preflight, which has a status.

    A 204 has no body, and so nothing that describes one (RFC 9110, section 15.3.5)."""
    cdef bytes lines = PyBytes_FromStringAndSize(NULL, fields_size(table, engine.lines, request, verdict))
    write_fields(table, engine.lines, request, verdict, <uint8_t*>PyBytes_AS_STRING(lines))
    if status is None:
        return lines
    lines = _field_line(table, b":status", str(status)) + lines
    for name, value in body_headers(status, b"" if status == 204 else body):
        lines += _field_line(table, name, value)
    return lines
