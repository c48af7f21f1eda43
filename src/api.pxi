# The C API: what fastcors.h declares, over the three steps. It is for extension modules, and needs Python only to take
# hold of a policy, to let go of it, and to ask. The handle of a policy is the policy itself, with a reference.

cdef extern from *:
    """
    /* The policy at a place of a tuple; NULL where None stands there. */
    static inline PyObject *fc_policy_at(PyObject *policies, Py_ssize_t place) {
        PyObject *policy = PyTuple_GET_ITEM(policies, place);
        return policy == Py_None ? NULL : policy;
    }
    """
    PyObject* fc_policy_at(PyObject* policies, Py_ssize_t place) noexcept nogil

cdef const char* TRUE = "true"
# The ends of responses under a plan that explains, which Python would do in sentences: by reason, with its name as the
# body.
cdef tuple REASON_ENDS
cdef Span reason_ends[FC_REASONS]


cdef int make_reason_ends() except -1:
    global REASON_ENDS
    cdef int i
    REASON_ENDS = tuple([response_end(200, <bytes>fc_reason_names[i]) for i in range(FC_REASONS)])
    for i in range(FC_REASONS):
        borrow(REASON_ENDS[i], &reason_ends[i])
    return 0


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


cdef inline bint _is_verdict(const fastcors_verdict* said) noexcept nogil:
    """Whether a verdict was made by its init function."""
    return said.size >= sizeof(fastcors_verdict) and said.version == FASTCORS_API_VERSION


cdef inline bint _is_made(const fastcors_request* given, const fastcors_verdict* said) noexcept nogil:
    """Whether both structs were made by their init functions."""
    return given.size >= sizeof(fastcors_request) and given.version == FASTCORS_API_VERSION and _is_verdict(said)


cdef void _request_of(
    Request* request, PreflightFields* fields, const fastcors_request* given, bint preflight
) noexcept nogil:
    """Fill in a request; `preflight`: with what a preflight requests, which it does."""
    if preflight:
        _preflight_of(fields, given)
        preflight_request(request, _span_of_text(given.origin), given.several_origins, fields)
    else:
        actual_request(request, _span_of_text(given.origin), given.several_origins)


cdef void _decide_request(
    Engine engine, Request* request, int granted, Verdict* verdict, fastcors_verdict* said
) noexcept nogil:
    """Decide, and say what was decided."""
    said.must_ask = 0
    if engine.asks:
        request.granted = granted == FASTCORS_GRANTED
        said.must_ask = granted == FASTCORS_UNKNOWN and must_ask(&engine.compiled, request)
    decide(&engine.compiled, request, verdict)
    said.kind = verdict.kind
    said.reason = exact_reason(&engine.compiled, verdict.reason, request.origin)
    said.allowed = said.reason <= FC_NOT_CORS
    said.status = status_of(&engine.compiled, verdict)


cdef int _decide_given(Engine engine, const fastcors_request* given, fastcors_verdict* said) noexcept nogil:
    cdef Request request
    cdef PreflightFields fields
    if not _is_made(given, said):
        return -1
    _request_of(&request, &fields, given, _is_preflight(given))
    _decide_request(engine, &request, given.granted, <Verdict*>said.state, said)
    return said.kind


cdef inline void _repeated_of(
    Request* request, PreflightFields* fields, const fastcors_request* given, const Verdict* verdict
) noexcept nogil:
    """Make the request again, as far as the verdict's parts repeat it."""
    cdef uint32_t requested = part(FC_PART_METHOD_REQUESTED) | part(FC_PART_HEADERS_REQUESTED)
    _request_of(request, fields, given, verdict.parts & requested != 0)


cdef inline fastcors_written _nothing_written() noexcept nogil:
    cdef fastcors_written written
    written.kind = -1
    written.status = 0
    written.size = 0
    return written


cdef fastcors_written _merge_given(
    Engine engine, const fastcors_request* given, const fastcors_verdict* said, Span head, bint keep, char* out,
    size_t room
) noexcept nogil:
    cdef Request request
    cdef PreflightFields fields
    cdef fastcors_written written = _nothing_written()
    cdef const Verdict* verdict = <const Verdict*>said.state
    cdef Py_ssize_t size
    cdef int line
    if not _is_made(given, said):
        return written
    _repeated_of(&request, &fields, given, verdict)
    size = merge_head(
        head, engine.lines, &request, verdict, merge_rules(engine, verdict), keep, <uint8_t*>out,
        <Py_ssize_t>min(room, <size_t>PY_SSIZE_T_MAX), &line)
    written.kind = said.kind if size >= 0 else FASTCORS_HEAD_MALFORMED
    written.status = said.status
    written.size = <size_t>max(size, 0)
    return written


cdef enum:
    # The forms, beside those of fields.pxi.
    FC_BLOCK = FC_QPACK_SECTION + 1
    FC_RESPONSE
    FC_BODY


cdef size_t _put_form(
    Engine engine, int form, const Request* request, const Verdict* verdict, int reason, uint8_t* p, size_t room
) noexcept nogil:
    """Write a form of a verdict where it fits; return its size in any case."""
    cdef Output out
    cdef Span line
    cdef Span end = engine.responses.ends[verdict.failures if verdict.kind == FC_KIND_PREFLIGHT else 0]
    cdef Py_ssize_t size
    if verdict.kind != FC_KIND_PREFLIGHT:
        end.p = NULL
    elif end.p == NULL:
        end = reason_ends[reason]
    if form == FC_BLOCK:
        size = block_size(engine.lines, request, verdict)
    elif form == FC_RESPONSE:
        size = 0 if end.p == NULL else response_size(engine.lines, &engine.responses, end, request, verdict)
    elif form == FC_BODY:
        while next_line(&end, &line):
            pass
        size = 0 if end.p == NULL else end.n
    else:
        count_only(&out)
        put_fields(&out, engine, form, request, verdict, end)
        size = out.n
    if not 0 < <size_t>size <= room:
        return <size_t>size
    if form == FC_BLOCK:
        write_block(engine.lines, request, verdict, p)
    elif form == FC_RESPONSE:
        write_response(engine.lines, &engine.responses, end, request, verdict, p)
    elif form == FC_BODY:
        memcpy(p, end.p, <size_t>size)
    else:
        out.p = p
        out.room = size
        out.n = 0
        put_fields(&out, engine, form, request, verdict, end)
    return <size_t>size


cdef fastcors_written _write_given(
    Engine engine, int form, const fastcors_request* given, const fastcors_verdict* said, char* out, size_t room
) noexcept nogil:
    cdef Request request
    cdef PreflightFields fields
    cdef fastcors_written written = _nothing_written()
    cdef const Verdict* verdict = <const Verdict*>said.state
    if not _is_made(given, said):
        return written
    written.kind = said.kind
    written.status = said.status
    _repeated_of(&request, &fields, given, verdict)
    written.size = _put_form(engine, form, &request, verdict, said.reason, <uint8_t*>out, room)
    return written


cdef fastcors_written _write_head_given(
    Engine engine, const char* start, size_t size, Py_ssize_t* found, bint whole, fastcors_verdict* said, char* out,
    size_t room
) noexcept nogil:
    cdef Head head
    cdef Request request
    cdef Verdict verdict
    cdef fastcors_written written = _nothing_written()
    if not _is_verdict(said):
        return written
    read_head(<Bytes>start, <Bytes>start + size, NULL, &head)
    if found != NULL:
        found[0] = head.size
    request_of_head(&request, &head)
    _decide_request(engine, &request, FASTCORS_UNKNOWN, &verdict, said)
    written.kind = said.kind
    written.status = said.status
    whole = whole and verdict.kind == FC_KIND_PREFLIGHT
    written.size = _put_form(
        engine, FC_RESPONSE if whole else FC_BLOCK, &request, &verdict, said.reason, <uint8_t*>out, room)
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


cdef inline fastcors_text _text_of_span(Span span) noexcept nogil:
    cdef fastcors_text text
    text.data = <const char*>span.p
    text.size = <size_t>span.n
    return text


cdef Py_ssize_t _request_from_head(
    fastcors_request* given, const char* start, size_t size, fastcors_text* lines
) noexcept nogil:
    cdef Head head
    cdef PreflightFields* preflight = &head.fields.preflight
    cdef int i
    read_head(<Bytes>start, <Bytes>start + size, NULL, &head)
    given.method = _text_of_span(head.method)
    given.target = _text_of_span(head.target)
    given.origin = _text_of_span(head.fields.origin)
    given.request_method = _text_of_span(preflight.method)
    given.request_private_network.data = TRUE if preflight.private_network else NULL
    given.request_private_network.size = 4 if preflight.private_network else 0
    given.request_headers = lines
    given.request_headers_count = <uint32_t>preflight.n_lines
    given.several_origins = head.fields.several_origins
    given.several_request_methods = preflight.several_methods
    for i in range(preflight.n_lines):
        lines[i] = _text_of_span(preflight.lines[i])
    return head.size


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
    return _write_given(<Engine>policy, FC_BLOCK, request, verdict, out, room)


cdef fastcors_written _write_response(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, FC_RESPONSE, request, verdict, out, room)


cdef fastcors_written _write_body(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, FC_BODY, request, verdict, out, room)


cdef fastcors_written _write_hpack(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, FC_HPACK_LINES, request, verdict, out, room)


cdef fastcors_written _write_qpack(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, FC_QPACK_SECTION, request, verdict, out, room)


cdef fastcors_written _write_qpack_lines(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    char* out, size_t room
) noexcept nogil:
    return _write_given(<Engine>policy, FC_QPACK_LINES, request, verdict, out, room)


cdef fastcors_written _write_head_into(
    const fastcors_policy* policy, const char* head, size_t size, Py_ssize_t* found, int whole,
    fastcors_verdict* verdict, char* out, size_t room
) noexcept nogil:
    return _write_head_given(<Engine>policy, head, size, found, whole, verdict, out, room)


cdef fastcors_written _merge_head(
    const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
    const char* head, size_t size, int keep, char* out, size_t room
) noexcept nogil:
    cdef Span span
    span.p = <Bytes>head
    span.n = <Py_ssize_t>size
    return _merge_given(<Engine>policy, request, verdict, span, keep, out, room)


cdef fastcors_router* _router_from_object(object router) except NULL:
    if not isinstance(router, Router):
        raise _wrong_type("router", "a fastcors.embedding.Router of the native engine", router)
    for policy in (<Router>router).policies:
        if policy is not None:
            _policy_release(_policy_from_object(policy))  # TypeError: it is none
    Py_INCREF(router)
    return <fastcors_router*><PyObject*>router


cdef void _router_release(fastcors_router* router) noexcept:
    _policy_release(<fastcors_policy*>router)


cdef const fastcors_policy* _find_given(Router router, fastcors_text host, fastcors_text path) noexcept nogil:
    cdef uint32_t place = 0
    cdef PyObject* policy = NULL
    if _find_place_at(router, _span_of_text(host), _span_of_text(path), &place):
        policy = fc_policy_at(<PyObject*>router.policies, place)
    return <const fastcors_policy*>policy


cdef const fastcors_policy* _router_find(
    const fastcors_router* router, fastcors_text host, fastcors_text path
) noexcept nogil:
    return _find_given(<Router>router, host, path)


cdef const char* _reason_name(int reason) noexcept nogil:
    return fc_reason_names[reason] if 0 <= reason < FC_REASONS else NULL


cdef fastcors_api API


cdef object _make_api():
    """The capsule that fastcors_import() opens."""
    cdef fastcors_verdict verdict
    if (
        <int>FASTCORS_PREFLIGHT != FC_KIND_PREFLIGHT or <int>FASTCORS_PRIVATE_NETWORK_NOT_ALLOWED != FC_REASONS - 1
        or <int>FASTCORS_MAX_LINES != <int>FC_MAX_LINES or <int>FASTCORS_HEAD_MALFORMED != <int>FC_HEAD_MALFORMED
        or sizeof(Verdict) > sizeof(verdict.state)
    ):
        raise ImportError("fastcors._core and fastcors.h do not fit together")
    API.size = sizeof(fastcors_api)
    API.version = FASTCORS_API_VERSION
    API.request_size = sizeof(fastcors_request)
    API.verdict_size = sizeof(fastcors_verdict)
    API.policy_from_object = _policy_from_object
    API.policy_release = _policy_release
    API.needs_python = _needs_python
    API.request_from_head = _request_from_head
    API.decide = _decide
    API.ask = _ask_given
    API.write_block = _write_block
    API.write_response = _write_response
    API.merge_head = _merge_head
    API.router_from_object = _router_from_object
    API.router_release = _router_release
    API.router_find = _router_find
    API.reason_name = _reason_name
    API.write_hpack = _write_hpack
    API.write_qpack = _write_qpack
    API.write_qpack_lines = _write_qpack_lines
    API.write_body = _write_body
    API.write_head_into = _write_head_into
    return PyCapsule_New(&API, "fastcors._core._C_API", NULL)


_C_API = _make_api()
