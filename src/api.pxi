# The C API: what fastcors.h declares, over the three steps. It is for extension modules, and needs Python only to take
# hold of a policy, to let go of it, and to ask. The handle of a policy is the policy itself, with a reference.

cdef const char* reason_names[FC_REASONS]


cdef inline Span _span_of_text(fastcors_text text) noexcept nogil:
    cdef Span span
    span.p = <Bytes>text.data
    span.n = 0 if text.data == NULL else <Py_ssize_t>text.size
    return span


cdef void _preflight_of(PreflightFields* fields, const fastcors_request* given) noexcept nogil:
    """Fill in what a preflight requests."""
    cdef int i
    fields.method = _span_of_text(given.request_method)
    fields.several_methods = given.several_request_methods
    fields.private_network = is_text(_span_of_text(given.request_private_network), "true", 4)
    fields.n_lines = 0
    if given.request_headers != NULL:
        fields.n_lines = <int>min(given.request_headers_count, <uint32_t>FC_MAX_LINES)
    for i in range(fields.n_lines):
        fields.lines[i] = _span_of_text(given.request_headers[i])
        if fields.lines[i].p == NULL:
            fields.lines[i].p = <Bytes><const char*>""


cdef inline bint _is_preflight(const fastcors_request* given) noexcept nogil:
    return (
        given.origin.data != NULL and given.request_method.data != NULL
        and is_text(_span_of_text(given.method), "OPTIONS", 7))


cdef inline bint _is_made(const fastcors_request* given, const fastcors_verdict* said) noexcept nogil:
    """Whether both structs were made by their init functions."""
    return (
        given.size >= sizeof(fastcors_request) and given.version == FASTCORS_API_VERSION
        and said.size >= sizeof(fastcors_verdict) and said.version == FASTCORS_API_VERSION)


cdef int _decide_given(Engine engine, const fastcors_request* given, fastcors_verdict* said) noexcept nogil:
    cdef Request request
    cdef PreflightFields fields
    cdef Verdict* verdict = <Verdict*>said.state
    if not _is_made(given, said):
        return -1
    if _is_preflight(given):
        _preflight_of(&fields, given)
        preflight_request(&request, _span_of_text(given.origin), given.several_origins, &fields)
    else:
        actual_request(&request, _span_of_text(given.origin), given.several_origins)
    said.must_ask = 0
    if engine.asks:
        request.granted = given.granted == FASTCORS_GRANTED
        said.must_ask = given.granted == FASTCORS_UNKNOWN and must_ask(&engine.compiled, &request)
    decide(&engine.compiled, &request, verdict)
    said.kind = verdict.kind
    said.reason = exact_reason(&engine.compiled, verdict.reason, request.origin)
    said.allowed = said.reason <= FC_NOT_CORS
    said.status = status_of(&engine.compiled, verdict)
    return said.kind


cdef fastcors_written _write_given(
    Engine engine, const fastcors_request* given, const fastcors_verdict* said, char* out, size_t room
) noexcept nogil:
    cdef Request request
    cdef PreflightFields fields
    cdef fastcors_written written
    cdef const Verdict* verdict = <const Verdict*>said.state
    written.kind = -1
    written.status = 0
    written.size = 0
    if not _is_made(given, said):
        return written
    if verdict.parts & (part(FC_PART_METHOD_REQUESTED) | part(FC_PART_HEADERS_REQUESTED)):
        _preflight_of(&fields, given)
        preflight_request(&request, _span_of_text(given.origin), given.several_origins, &fields)
    else:
        actual_request(&request, _span_of_text(given.origin), given.several_origins)
    written.kind = said.kind
    written.status = said.status
    written.size = <size_t>block_size(engine.lines, &request, verdict)
    if written.size <= room:
        write_block(engine.lines, &request, verdict, <uint8_t*>out)
    return written


# The functions of the table.

cdef fastcors_policy* _policy_from_object(object policy) except NULL:
    if not isinstance(policy, Engine) or (<Engine>policy).asgi is None or (<Engine>policy).asgi is NO_ANSWERS:
        raise _wrong_type("policy", "a whole policy of the native engine", policy)
    Py_INCREF(policy)
    return <fastcors_policy*><PyObject*>policy


cdef void _policy_release(fastcors_policy* policy) noexcept:
    if policy != NULL:
        Py_DECREF(<object>policy)


cdef int _needs_python(const fastcors_policy* policy) noexcept nogil:
    return (<Engine>policy).asks


cdef int _decide(
    const fastcors_policy* policy, const fastcors_request* request, fastcors_verdict* verdict
) noexcept nogil:
    return _decide_given(<Engine>policy, request, verdict)


cdef int _ask_given(const fastcors_policy* policy, fastcors_request* given, PyObject* declared) except -1:
    """Fill in what the policy's function or expression says about the origin."""
    cdef Engine engine = <Engine>policy
    cdef Request request
    actual_request(&request, _span_of_text(given.origin), given.several_origins)
    method = PyBytes_FromStringAndSize(given.method.data, <Py_ssize_t>given.method.size)
    if declared == NULL:
        declared = <PyObject*>None
    ask(engine, &request, None, FC_GIVEN, declared, <PyObject*>method)
    given.granted = FASTCORS_GRANTED if request.granted else FASTCORS_NOT_GRANTED
    return 0


cdef fastcors_written _write_block(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, request, verdict, out, room)


cdef const char* _reason_name(int reason) noexcept nogil:
    return reason_names[reason] if 0 <= reason < FC_REASONS else NULL


cdef fastcors_api API


cdef object _make_api():
    """The capsule that fastcors_import() opens."""
    cdef fastcors_verdict verdict
    cdef int i
    if (
        <int>FASTCORS_PREFLIGHT != FC_KIND_PREFLIGHT or <int>FASTCORS_PRIVATE_NETWORK_NOT_ALLOWED != FC_REASONS - 1
        or sizeof(Verdict) > sizeof(verdict.state)
    ):
        raise ImportError("fastcors._core and fastcors.h do not fit together")
    for i in range(FC_REASONS):
        reason_names[i] = PyUnicode_AsUTF8AndSize(REASONS[i].value, NULL)
    API.size = sizeof(fastcors_api)
    API.version = FASTCORS_API_VERSION
    API.request_size = sizeof(fastcors_request)
    API.verdict_size = sizeof(fastcors_verdict)
    API.policy_from_object = _policy_from_object
    API.policy_release = _policy_release
    API.needs_python = _needs_python
    API.decide = _decide
    API.ask = _ask_given
    API.write_block = _write_block
    API.reason_name = _reason_name
    return PyCapsule_New(&API, "fastcors._core._C_API", NULL)


_C_API = _make_api()
