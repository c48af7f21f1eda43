# Decide: a request in, a verdict out. C only: no Python object, no allocation, no lock, no unbounded work.
#
# "Fetch" is https://fetch.spec.whatwg.org/.

cdef extern from *:
    """
    enum { FC_KIND_NONE, FC_KIND_ACTUAL, FC_KIND_PREFLIGHT };

    /* In the order of fastcors.Reason; name_reasons checks that they agree. */
    enum {
        FC_OK, FC_NOT_CORS,
        FC_ORIGIN_MALFORMED, FC_ORIGIN_NULL, FC_ORIGIN_MULTIPLE, FC_ORIGIN_NOT_ALLOWED,
        FC_METHOD_MALFORMED, FC_METHOD_NOT_ALLOWED,
        FC_HEADER_NOT_ALLOWED, FC_HEADERS_MALFORMED, FC_HEADERS_TOO_LARGE,
        FC_PRIVATE_NETWORK_NOT_ALLOWED,
        FC_REASONS
    };
    static const char *const fc_reason_names[FC_REASONS] = {
        "ok", "not-cors",
        "origin-malformed", "origin-null", "origin-multiple", "origin-not-allowed",
        "method-malformed", "method-not-allowed",
        "header-not-allowed", "headers-malformed", "headers-too-large",
        "private-network-not-allowed",
    };

    /* The steps of a preflight that failed. */
    enum { FC_FAILED_ORIGIN = 1, FC_FAILED_METHOD = 2, FC_FAILED_NAMES = 4, FC_FAILED_NETWORK = 8, FC_OUTCOMES = 16 };

    /* The parts of an answer, in the order in which they are written: as fastcors._config.plan.Part. */
    enum {
        FC_PART_ORIGIN_ANY, FC_PART_ORIGIN, FC_PART_CREDENTIALS,
        FC_PART_METHODS, FC_PART_METHODS_SAFELISTED, FC_PART_METHOD_REQUESTED,
        FC_PART_HEADERS, FC_PART_HEADERS_REQUESTED, FC_PART_MAX_AGE, FC_PART_PRIVATE_NETWORK, FC_PART_EXPOSE,
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
    const char* const fc_reason_names[]
    enum:
        FC_FAILED_ORIGIN
        FC_FAILED_METHOD
        FC_FAILED_NAMES
        FC_FAILED_NETWORK
        FC_OUTCOMES
    enum:
        FC_PART_ORIGIN_ANY
        FC_PART_ORIGIN
        FC_PART_CREDENTIALS
        FC_PART_METHODS
        FC_PART_METHODS_SAFELISTED
        FC_PART_METHOD_REQUESTED
        FC_PART_HEADERS
        FC_PART_HEADERS_REQUESTED
        FC_PART_MAX_AGE
        FC_PART_PRIVATE_NETWORK
        FC_PART_EXPOSE
        FC_PART_TIMING_ANY
        FC_PART_TIMING
        FC_PART_VARY
        FC_PART_VARY_PREFLIGHT
        FC_PARTS


cdef struct CompiledPlan:
    Origins origins
    Table methods           # beyond GET, HEAD and POST
    Table headers           # lower-case
    # What fastcors._config.plan.Plan says, under the same names where it has one.
    bint any_origin         # the list of origins is "*"
    bint reflect
    bint loose_origins
    bint bare               # a host with no scheme may be allowed
    bint odd                # one of these two, which is all that most requests are looked at for
    bint needs_form         # an origin that is not listed whole can be allowed without being granted
    bint null
    bint safelists
    bint any_method
    bint any_name
    bint any_name_authorizes
    bint private_network
    bint every_failure
    bint filters_names
    bint names_as_sent
    # What an answer is made of, as sets of parts.
    uint32_t none
    uint32_t allowed
    uint32_t refused
    uint32_t bare_allowed
    uint32_t bare_refused
    uint32_t accepted
    uint32_t accepted_usual  # of a preflight that requests no private network
    uint32_t refused_origin
    uint32_t refused_method
    uint32_t refused_names
    uint32_t refused_network
    uint32_t garbled
    int accepted_status
    int refused_status


cdef struct Request:
    # Made by one of the constructors in request.pxi, which leave nothing out.
    Span origin             # p is NULL: there is none
    Span requested_method   # Access-Control-Request-Method of a preflight; p is NULL: it is none
    const Span* requested_headers  # lines of Access-Control-Request-Headers
    int n_requested_headers        # how many lines
    bint several_origins
    bint several_methods
    bint private_network    # Access-Control-Request-Private-Network: true
    bint granted            # the regular expression or the function allows the origin


cdef struct Verdict:
    int kind
    int reason
    uint32_t parts
    int failures            # of a preflight: a bit for each step that failed, FC_FAILED_...
    int names               # how many of the requested names passed
    Py_ssize_t names_bytes  # their length with what stands between two
    bint names_filtered     # where some passed: others among them did not, and `names_passed` says which
    uint64_t names_passed[2]  # a bit for each of the requested names, of which there are FC_MAX_HEADER_NAMES at most
    bint names_as_sent      # where some passed: they are written in their own letter case, with ", " between two
    Span offender           # the element of the requested headers that did not pass
    int listed              # number of the origin's prepared answer; FC_NOT_PREPARED: it has none


cdef inline uint32_t part(int number) noexcept nogil:
    return <uint32_t>1 << number


cdef inline bint begins_with_origin(uint32_t parts) noexcept nogil:
    """Whether the first line of an answer repeats the request's origin."""
    return parts & (part(FC_PART_ORIGIN) | part(FC_PART_ORIGIN_ANY)) == part(FC_PART_ORIGIN)


cdef bint _lists_folded(const CompiledPlan* plan, Span value) noexcept nogil:
    """Whether an origin is listed whole in another letter case, where that makes no difference."""
    cdef uint8_t text[FC_MAX_ORIGIN]
    cdef uint8_t upper = 0
    cdef Span folded
    cdef const Slot* slot
    cdef Py_ssize_t i
    if not plan.loose_origins or value.n > FC_MAX_ORIGIN:
        return False
    for i in range(value.n):
        upper |= fc_class[value.p[i]]
        text[i] = lower(value.p[i])
    if not upper & FC_UPPER:
        return False
    folded.p = text
    folded.n = value.n
    slot = _find_exact(&plan.origins, folded)
    return slot != NULL and slot.value != FC_ANY_PORT


# No inline here: where one of these stood in the functions that decide, the compiler would no longer inline what they
# always need.

cdef bint _is_bare(Span value) noexcept nogil:
    if value.n > 6 and value.p[5] == c":" and value.p[6] == c"/":
        return False  # "https:/", as nearly always
    return is_bare_host(value.p, value.n)


cdef bint is_odd(const CompiledPlan* plan, Span value) noexcept nogil:
    """Whether a value that no browser sends may be allowed: a host with no scheme, or what looks like an origin."""
    if plan.bare and is_bare_host(value.p, value.n):
        return True
    return plan.loose_origins and is_loose_origin(value.p, value.n)


cdef bint _match_odd(const CompiledPlan* plan, Span value, bint granted) noexcept nogil:
    """Whether a value passes that no browser sends and that is not listed as it is."""
    if _lists_folded(plan, value):
        return True
    if plan.bare and _is_bare(value):
        return plan.any_origin or plan.reflect or granted
    return plan.loose_origins and (plan.reflect or granted) and is_loose_origin(value.p, value.n)


cdef inline int why_refused(const CompiledPlan* plan, Span value) noexcept nogil:
    """The precise reason behind FC_ORIGIN_NOT_ALLOWED; worked out only for a Decision that somebody looks at."""
    cdef Origin origin
    if unlikely(plan.bare) and _is_bare(value):
        return FC_ORIGIN_NOT_ALLOWED
    if parse_origin(value.p, value.n, &origin) != FC_INVALID:
        return FC_ORIGIN_NOT_ALLOWED
    return FC_ORIGIN_MALFORMED if memchr(value.p, c",", <size_t>value.n) == NULL else FC_ORIGIN_MULTIPLE


cdef int _match_form(const CompiledPlan* plan, Span value, bint granted) noexcept nogil:
    """FC_OK, or that an origin is refused which is not listed whole, where patterns or `granted` may allow it."""
    cdef Origin origin
    cdef int grade
    if unlikely(plan.odd) and _match_odd(plan, value, granted):
        return FC_OK
    if plan.any_origin or plan.reflect or granted:
        grade = parse_origin(value.p, value.n, &origin)
        if grade == FC_STRICT or (plan.any_origin and grade != FC_INVALID):
            return FC_OK
    # Most of what no pattern stands for is refused before its every byte has been looked at.
    if not split_origin(value.p, value.n, &origin) or not _match_patterns(&plan.origins, &origin, FC_STRICT):
        return FC_ORIGIN_NOT_ALLOWED
    grade = parse_origin(value.p, value.n, &origin)
    if grade == FC_STRICT or (grade != FC_INVALID and _match_patterns(&plan.origins, &origin, grade)):
        return FC_OK
    return FC_ORIGIN_NOT_ALLOWED


cdef inline int match_origin(const CompiledPlan* plan, Span value, bint granted, int* listed) noexcept nogil:
    """FC_OK, or that the origin is refused (Fetch, section 4.10, "CORS check", with the grammar of section 3.2).

    An origin that is `granted` passes where it has that grammar. why_refused gives the precise reason."""
    cdef const Slot* slot
    listed[0] = FC_NOT_PREPARED
    if value.n > FC_MAX_ORIGIN or value.n == 0:
        return FC_ORIGIN_MALFORMED
    slot = _find_exact(&plan.origins, value)
    if slot != NULL:
        if slot.value >= FC_PREPARED:
            listed[0] = <int>(slot.value - FC_PREPARED)
        return FC_OK
    if is_text(value, "null", 4):
        return FC_OK if plan.null or plan.any_origin else FC_ORIGIN_NULL
    if granted or plan.needs_form:
        return _match_form(plan, value, granted)
    return FC_ORIGIN_NOT_ALLOWED


cdef inline bint is_safelisted(Span method) noexcept nogil:
    """Whether a preflight is not needed for the method (Fetch, section 2.2.1, "CORS-safelisted method")."""
    return is_text(method, "GET", 3) or is_text(method, "POST", 4) or is_text(method, "HEAD", 4)


cdef inline bint is_forbidden(Span method) noexcept nogil:
    """Whether no script may use the method, in any letter case (Fetch, section 2.2.1, "forbidden method")."""
    return is_name(method, "trace", 5) or is_name(method, "track", 5) or is_name(method, "connect", 7)


cdef inline int match_method(const CompiledPlan* plan, Span method) noexcept nogil:
    """Methods are compared byte for byte: "patch" is not PATCH (Fetch, section 4.8, "CORS-preflight fetch")."""
    cdef const Table* listed = &plan.methods
    if plan.safelists and is_safelisted(method):
        return FC_OK
    if method.n > FC_MAX_METHOD:
        return FC_METHOD_MALFORMED
    if table_find(listed, hash_bytes(method.p, method.n, listed.seed), method.p, method.n) != NULL:
        return FC_OK
    if not is_token(method.p, method.n):
        return FC_METHOD_MALFORMED
    return FC_OK if plan.any_method and not is_forbidden(method) else FC_METHOD_NOT_ALLOWED


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


cdef inline int match_names(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """Every requested name must be allowed. Fills in how many names passed, and the first that did not; the walk goes
    on behind that under a plan that filters."""
    cdef Walk walk
    cdef int step = FC_END
    cdef int at = -1
    verdict.names_filtered = plan.filters_names
    verdict.names_passed[0] = verdict.names_passed[1] = 0
    verdict.names_as_sent = plan.names_as_sent
    walk_start(&walk, request.requested_headers, request.n_requested_headers)
    while True:
        step = walk_next(&walk)
        if step != FC_NAME:
            break
        at += 1
        if not (
            _lists_name(&plan.headers, walk.name)
            or (plan.any_name and (
                # "*" does not stand for Authorization (Fetch, section 2.2.2, "CORS non-wildcard request-header name").
                plan.any_name_authorizes or not is_name(walk.name, "authorization", 13)))
        ):
            if verdict.offender.p == NULL:
                verdict.offender = walk.name
            if plan.filters_names:
                continue
            return FC_HEADER_NOT_ALLOWED
        verdict.names_passed[at >> 6] |= <uint64_t>1 << (at & 63)
        verdict.names += 1
        verdict.names_bytes += walk.name.n + (verdict.names > 1) * (1 + plan.names_as_sent)
    if step == FC_END:
        return FC_OK if verdict.offender.p == NULL else FC_HEADER_NOT_ALLOWED
    if step == FC_TOO_LARGE:
        verdict.offender.p = NULL
        return FC_HEADERS_TOO_LARGE
    verdict.offender = walk.name
    return FC_HEADERS_MALFORMED


cdef inline void _fail(Verdict* verdict, int step, int reason, uint32_t parts) noexcept nogil:
    """Take down that a step failed, the first of which gives the reason; `parts` are those of an answer to that."""
    if verdict.failures == 0:
        verdict.reason = reason
        verdict.parts = parts
    else:
        verdict.parts &= parts
    verdict.failures |= step


cdef inline void _decide_preflight(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """Decide on a preflight, of which the origin has been decided on (Fetch, section 4.8, "CORS-preflight fetch")."""
    cdef int reason
    verdict.failures = 0
    verdict.parts = plan.accepted
    if verdict.reason != FC_OK:
        verdict.failures = FC_FAILED_ORIGIN
        verdict.parts = plan.refused_origin
        if not plan.every_failure:
            return

    # A browser sends one requested method. Where there are several, none of them counts.
    reason = FC_METHOD_MALFORMED if request.several_methods else match_method(plan, request.requested_method)
    if reason != FC_OK:
        _fail(verdict, FC_FAILED_METHOD, reason,
              plan.refused_method if reason == FC_METHOD_NOT_ALLOWED else plan.garbled)
        if not plan.every_failure:
            return

    if request.n_requested_headers > 0:
        reason = match_names(plan, request, verdict)
        if reason != FC_OK:
            _fail(verdict, FC_FAILED_NAMES, reason,
                  plan.refused_names if reason == FC_HEADER_NOT_ALLOWED else plan.garbled)
    if not request.private_network:
        verdict.parts &= ~part(FC_PART_PRIVATE_NETWORK)
    elif not plan.private_network and (verdict.failures == 0 or plan.every_failure):
        _fail(verdict, FC_FAILED_NETWORK, FC_PRIVATE_NETWORK_NOT_ALLOWED, plan.refused_network)

    # The answer leaves out the parts that the preflight did not request.
    if verdict.names == 0:
        verdict.parts &= ~part(FC_PART_HEADERS_REQUESTED)
    if plan.safelists and is_safelisted(request.requested_method):
        verdict.parts &= ~part(FC_PART_METHOD_REQUESTED)


cdef inline void _decide_origin(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """Decide on the origin, which both kinds of request begin with and which is there."""
    if request.several_origins:
        verdict.reason = FC_ORIGIN_MULTIPLE
    else:
        verdict.reason = match_origin(plan, request.origin, request.granted, &verdict.listed)


cdef inline void _begin(Verdict* verdict) noexcept nogil:
    verdict.names = 0
    verdict.names_bytes = 0
    verdict.offender.p = NULL
    verdict.offender.n = 0
    verdict.listed = FC_NOT_PREPARED


cdef inline void decide_actual(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """The verdict on a request that is no preflight."""
    _begin(verdict)
    if request.origin.p == NULL:
        verdict.kind = FC_KIND_NONE
        verdict.reason = FC_NOT_CORS
        verdict.parts = plan.none
        return
    _decide_origin(plan, request, verdict)
    verdict.kind = FC_KIND_ACTUAL
    verdict.parts = plan.allowed if verdict.reason == FC_OK else plan.refused
    if unlikely(plan.bare) and _is_bare(request.origin):
        verdict.parts = plan.bare_allowed if verdict.reason == FC_OK else plan.bare_refused


cdef void decide_preflight(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """The verdict on a preflight."""
    _begin(verdict)
    _decide_origin(plan, request, verdict)
    verdict.kind = FC_KIND_PREFLIGHT
    _decide_preflight(plan, request, verdict)


cdef inline void decide(const CompiledPlan* plan, const Request* request, Verdict* verdict) noexcept nogil:
    """The one decision. `verdict` says what to write; every form of output is made from it."""
    if request.requested_method.p != NULL:
        decide_preflight(plan, request, verdict)
    else:
        decide_actual(plan, request, verdict)


cdef inline int status_of(const CompiledPlan* plan, const Verdict* verdict) noexcept nogil:
    """The status to answer a preflight with; 0 for other requests, to which the application responds."""
    if verdict.kind != FC_KIND_PREFLIGHT:
        return 0
    return plan.refused_status if verdict.failures else plan.accepted_status
