# decide: what a request gets. C only: no Python object, no allocation, no lock, nothing that grows with the input.

cdef extern from *:
    """
    enum { FC_KIND_NONE, FC_KIND_ACTUAL, FC_KIND_PREFLIGHT };

    /* In the order of fastcors.Reason; the import of the module checks that they agree. */
    enum {
        FC_OK, FC_NOT_CORS,
        FC_ORIGIN_MALFORMED, FC_ORIGIN_NULL, FC_ORIGIN_MULTIPLE, FC_ORIGIN_NOT_ALLOWED,
        FC_METHOD_MALFORMED, FC_METHOD_NOT_ALLOWED,
        FC_HEADER_NOT_ALLOWED, FC_HEADERS_MALFORMED, FC_HEADERS_TOO_LARGE,
        FC_PRIVATE_NETWORK_NOT_ALLOWED,
        FC_REASONS
    };

    /* The parts of an answer, in the order in which they are written. */
    enum {
        FC_PART_ORIGIN_ANY, FC_PART_ORIGIN, FC_PART_CREDENTIALS,
        FC_PART_METHODS, FC_PART_METHODS_SAFELISTED, FC_PART_METHOD_ASKED, FC_PART_HEADERS, FC_PART_HEADERS_ASKED,
        FC_PART_MAX_AGE, FC_PART_PRIVATE_NETWORK, FC_PART_EXPOSE,
        FC_PART_TIMING_ANY, FC_PART_TIMING, FC_PART_VARY, FC_PART_VARY_PREFLIGHT,
        FC_PARTS
    };
    """
    enum:
        FC_KIND_NONE
        FC_KIND_ACTUAL
        FC_KIND_PREFLIGHT
    enum:
        FC_OK
        FC_NOT_CORS
        FC_ORIGIN_MALFORMED
        FC_ORIGIN_NULL
        FC_ORIGIN_MULTIPLE
        FC_ORIGIN_NOT_ALLOWED
        FC_METHOD_MALFORMED
        FC_METHOD_NOT_ALLOWED
        FC_HEADER_NOT_ALLOWED
        FC_HEADERS_MALFORMED
        FC_HEADERS_TOO_LARGE
        FC_PRIVATE_NETWORK_NOT_ALLOWED
        FC_REASONS
    enum:
        FC_PART_ORIGIN_ANY
        FC_PART_ORIGIN
        FC_PART_CREDENTIALS
        FC_PART_METHODS
        FC_PART_METHODS_SAFELISTED
        FC_PART_METHOD_ASKED
        FC_PART_HEADERS
        FC_PART_HEADERS_ASKED
        FC_PART_MAX_AGE
        FC_PART_PRIVATE_NETWORK
        FC_PART_EXPOSE
        FC_PART_TIMING_ANY
        FC_PART_TIMING
        FC_PART_VARY
        FC_PART_VARY_PREFLIGHT
        FC_PARTS


cdef struct Policy:
    Origins origins
    Table methods           # beyond GET, HEAD and POST
    Table headers           # lower-case
    bint any_origin         # "*": the answers do not depend on the origin
    bint reflect
    bint null_origin
    bint any_method
    bint any_header
    bint credentials
    bint private_network
    bint debug
    # What an answer is made of, as sets of parts.
    uint32_t none
    uint32_t actual
    uint32_t actual_refused
    uint32_t preflight
    uint32_t preflight_refused


cdef struct Request:
    # Made by one of the constructors in request.pxi, which leave nothing out.
    Span origin             # p is NULL: there is none
    Span asked_method       # Access-Control-Request-Method of a preflight; p is NULL: it is none
    const Span* asked_headers
    int n_asked_headers     # lines
    bint several_origins
    bint several_methods
    bint private_network    # Access-Control-Request-Private-Network: true
    bint granted            # what is no table's has been asked about, and allows the origin


cdef struct Verdict:
    int kind
    int reason
    uint32_t parts
    int names               # how many of the requested names passed
    Py_ssize_t names_bytes  # their length with a comma between two
    Span offender           # the element of the requested headers that did not pass
    int listed              # number of the origin's prepared answer; FC_NOT_PREPARED: it has none


cdef inline uint32_t part(int number) noexcept nogil:
    return <uint32_t>1 << number


cdef inline bint _needs_form(const Policy* policy) noexcept nogil:
    """Whether an origin that is not listed whole can be allowed."""
    return (
        policy.any_origin or policy.reflect or policy.origins.any_port or policy.origins.wild.slots != NULL)


cdef inline int why_refused(Span value) noexcept nogil:
    """The reason for FC_ORIGIN_NOT_ALLOWED, for a decision that is looked at: nobody else waits for it."""
    cdef Origin origin
    if parse_origin(value.p, value.n, &origin) != FC_INVALID:
        return FC_ORIGIN_NOT_ALLOWED
    return FC_ORIGIN_MALFORMED if memchr(value.p, c",", <size_t>value.n) == NULL else FC_ORIGIN_MULTIPLE


cdef int _check_form(const Policy* policy, Span value, bint granted) noexcept nogil:
    """The same of what is not listed whole, under a policy that looks at more than its list."""
    cdef Origin origin
    cdef int grade
    if policy.any_origin or policy.reflect or granted:
        grade = parse_origin(value.p, value.n, &origin)
        if grade == FC_STRICT or (policy.any_origin and grade != FC_INVALID):
            return FC_OK
    # Most of what no pattern stands for is refused before its every byte has been looked at.
    if not split_origin(value.p, value.n, &origin) or not _match_patterns(&policy.origins, &origin, FC_STRICT):
        return FC_ORIGIN_NOT_ALLOWED
    grade = parse_origin(value.p, value.n, &origin)
    if grade == FC_STRICT or (grade != FC_INVALID and _match_patterns(&policy.origins, &origin, grade)):
        return FC_OK
    return FC_ORIGIN_NOT_ALLOWED


cdef inline int check_origin(const Policy* policy, Span value, bint granted, int* listed) noexcept nogil:
    """FC_OK, or that the origin is refused (Fetch: "CORS check", with the strict grammar of its ABNF); why_refused
    says more. What is `granted` passes where it is of that grammar."""
    cdef const Slot* slot
    listed[0] = FC_NOT_PREPARED
    if value.n > FC_MAX_ORIGIN or value.n == 0:
        return FC_ORIGIN_MALFORMED
    slot = _find_exact(&policy.origins, value)
    if slot != NULL:
        if slot.value >= FC_PREPARED:
            listed[0] = <int>(slot.value - FC_PREPARED)
        return FC_OK
    if is_text(value, "null", 4):
        return FC_OK if policy.null_origin or policy.any_origin else FC_ORIGIN_NULL
    if granted or _needs_form(policy):
        return _check_form(policy, value, granted)
    return FC_ORIGIN_NOT_ALLOWED


cdef inline bint is_safelisted(Span method) noexcept nogil:
    """Fetch: CORS-safelisted method."""
    return is_text(method, "GET", 3) or is_text(method, "POST", 4) or is_text(method, "HEAD", 4)


cdef inline bint is_forbidden(Span method) noexcept nogil:
    """Fetch: forbidden method, in any letter case."""
    return is_name(method, "trace", 5) or is_name(method, "track", 5) or is_name(method, "connect", 7)


cdef inline int check_method(const Policy* policy, Span method) noexcept nogil:
    """Methods are compared byte for byte: "patch" is not PATCH (Fetch: CORS-preflight fetch)."""
    cdef const Table* listed = &policy.methods
    if is_safelisted(method):
        return FC_OK
    if method.n > FC_MAX_METHOD:
        return FC_METHOD_MALFORMED
    if table_find(listed, hash_bytes(method.p, method.n, listed.seed), method.p, method.n) != NULL:
        return FC_OK
    if not is_token(method.p, method.n):
        return FC_METHOD_MALFORMED
    return FC_OK if policy.any_method and not is_forbidden(method) else FC_METHOD_NOT_ALLOWED


cdef bint _lists_lowered(const Table* listed, Span name) noexcept nogil:
    cdef uint8_t text[FC_MAX_HEADER_BYTES]
    cdef Py_ssize_t i
    cdef uint8_t upper = 0
    for i in range(name.n):
        upper |= fc_class[name.p[i]]
        text[i] = lower(name.p[i])
    if not upper & FC_UPPER:
        return False
    return table_find(listed, hash_bytes(text, name.n, listed.seed), text, name.n) != NULL


cdef inline bint _lists_name(const Table* listed, Span name) noexcept nogil:
    """Whether a name is listed, in any letter case. The listed ones are in lower case, as is what browsers send."""
    if table_find(listed, hash_bytes(name.p, name.n, listed.seed), name.p, name.n) != NULL:
        return True
    return _lists_lowered(listed, name)


cdef inline int check_headers(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """Every requested name must be allowed. Fills in which names passed, and the first that did not."""
    cdef Walk walk
    cdef int step = FC_END
    walk_start(&walk, request.asked_headers, request.n_asked_headers)
    while True:
        step = walk_next(&walk)
        if step != FC_NAME:
            break
        if not (
            _lists_name(&policy.headers, walk.name)
            or (policy.any_header and (
                # Fetch: "*" never stands for Authorization, a CORS non-wildcard request-header name.
                policy.credentials or not is_name(walk.name, "authorization", 13)))
        ):
            verdict.offender = walk.name
            return FC_HEADER_NOT_ALLOWED
        verdict.names += 1
        verdict.names_bytes += walk.name.n + (verdict.names > 1)
    if step == FC_END:
        return FC_OK
    if step == FC_TOO_LARGE:
        return FC_HEADERS_TOO_LARGE
    verdict.offender = walk.name
    return FC_HEADERS_MALFORMED


cdef inline void _refuse_preflight(const Policy* policy, Verdict* verdict, uint32_t earned) noexcept nogil:
    # Outside debug a refusal tells nothing. In debug the browser gets what the request had earned before it
    # failed, so that its console names the step that failed; never a max-age. Only what a browser can cause
    # earns anything: for a request garbled on its way, an earned header could let through what is refused here.
    verdict.parts = policy.preflight_refused | (earned if policy.debug else 0)


cdef inline void _decide_preflight(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """Fetch: CORS-preflight fetch, seen from the server. The first failure decides."""
    cdef uint32_t origin_parts = part(FC_PART_ORIGIN_ANY) | part(FC_PART_ORIGIN) | part(FC_PART_CREDENTIALS)
    cdef uint32_t method_parts = part(FC_PART_METHODS) | part(FC_PART_METHOD_ASKED)
    cdef uint32_t parts = policy.preflight
    cdef uint32_t earned = 0
    if verdict.reason != FC_OK:
        _refuse_preflight(policy, verdict, 0)
        return

    verdict.reason = FC_METHOD_MALFORMED if request.several_methods else check_method(policy, request.asked_method)
    if verdict.reason != FC_OK:
        if verdict.reason == FC_METHOD_NOT_ALLOWED:
            # Without a list of methods Fetch lets a request with an upload listener go on, whatever its method.
            earned = (parts & origin_parts) | part(FC_PART_METHODS_SAFELISTED)
        _refuse_preflight(policy, verdict, earned)
        return
    if is_safelisted(request.asked_method):
        parts &= ~part(FC_PART_METHOD_ASKED)

    if request.n_asked_headers > 0:
        verdict.reason = check_headers(policy, request, verdict)
    if verdict.reason != FC_OK:
        if verdict.reason == FC_HEADER_NOT_ALLOWED:
            earned = parts & (origin_parts | method_parts)
            if verdict.names > 0:
                earned |= part(FC_PART_HEADERS_ASKED)
        _refuse_preflight(policy, verdict, earned)
        return
    if verdict.names == 0:
        parts &= ~part(FC_PART_HEADERS_ASKED)

    if request.private_network:
        if not policy.private_network:
            verdict.reason = FC_PRIVATE_NETWORK_NOT_ALLOWED
            _refuse_preflight(policy, verdict, parts & ~part(FC_PART_MAX_AGE))
            return
        parts |= part(FC_PART_PRIVATE_NETWORK)
    verdict.parts = parts


cdef inline void _decide_origin(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """What both kinds of request begin with: the origin, which there is."""
    if request.several_origins:
        verdict.reason = FC_ORIGIN_MULTIPLE
    else:
        verdict.reason = check_origin(policy, request.origin, request.granted, &verdict.listed)


cdef inline void _begin(Verdict* verdict) noexcept nogil:
    verdict.names = 0
    verdict.names_bytes = 0
    verdict.offender.p = NULL
    verdict.offender.n = 0
    verdict.listed = FC_NOT_PREPARED


cdef inline void decide_actual(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """The verdict on a request that is no preflight."""
    _begin(verdict)
    if request.origin.p == NULL:
        verdict.kind = FC_KIND_NONE
        verdict.reason = FC_NOT_CORS
        verdict.parts = policy.none
        return
    _decide_origin(policy, request, verdict)
    verdict.kind = FC_KIND_ACTUAL
    verdict.parts = policy.actual if verdict.reason == FC_OK else policy.actual_refused


cdef void decide_preflight(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """The verdict on a preflight."""
    _begin(verdict)
    _decide_origin(policy, request, verdict)
    verdict.kind = FC_KIND_PREFLIGHT
    _decide_preflight(policy, request, verdict)


cdef inline void decide(const Policy* policy, const Request* request, Verdict* verdict) noexcept nogil:
    """The one decision. `verdict` says what to write; every form of output is made from it."""
    if request.asked_method.p != NULL:
        decide_preflight(policy, request, verdict)
    else:
        decide_actual(policy, request, verdict)
