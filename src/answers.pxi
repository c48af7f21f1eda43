# The answers of a policy that are ready before anybody asks, in the form of one gateway interface.

@cython.final
cdef class Answers:
    """Lists of pairs that all requests share: of lower-case bytes, or of Title-Case str.

    They are nobody's to change, and never handed out: a response gets a list of its own.
    """

    cdef tuple pairs       # of each part that repeats nothing of the request; None where it is never written
    cdef list none         # what a request with no origin gets; as a refused one, but for a drop-in
    cdef list refused
    cdef list listed       # for each listed origin, by its number
    # Preflights: what an accepted one gets beside its origin, None where more of the request is repeated. How the
    # answers begin: of ASGI the first message but for its headers, of WSGI the status line; None where there is a
    # body, which Python writes. And what comes after the policy's pairs.
    cdef list accepted
    cdef object accepted_start
    cdef object rejected_start
    cdef list accepted_end
    cdef list rejected_end


cdef Answers NO_ANSWERS = Answers.__new__(Answers)  # of a policy that is not whole yet
NO_ANSWERS.none = []
NO_ANSWERS.refused = []
NO_ANSWERS.listed = []


cdef list _values(object settings):
    """What each part says that does not repeat something of the request; None: the part is never written."""
    cdef list values = [None] * FC_PARTS
    cdef str vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if settings.allow_private_network:
        vary += ", Access-Control-Request-Private-Network"
    values[FC_PART_ORIGIN_ANY] = "*"
    values[FC_PART_CREDENTIALS] = "true"
    values[FC_PART_METHODS] = methods_line(settings)
    values[FC_PART_METHODS_SAFELISTED] = "GET, HEAD, POST"
    values[FC_PART_HEADERS] = ", ".join(settings.allow_headers)
    values[FC_PART_MAX_AGE] = str(settings.max_age)
    values[FC_PART_PRIVATE_NETWORK] = "true"
    values[FC_PART_EXPOSE] = ", ".join(settings.expose_headers)
    values[FC_PART_TIMING_ANY] = timing_line(settings)
    values[FC_PART_VARY] = "Origin"
    values[FC_PART_VARY_PREFLIGHT] = vary
    return values


cdef list _constant(Answers answers, uint32_t parts):
    cdef int i
    cdef list made = []
    for i in range(FC_PARTS):
        if parts & part(i):
            made.append(answers.pairs[i])
    return made


cdef object _start(object status, bint text):
    return status_line(status) if text else {"type": "http.response.start", "status": status, "headers": None}


cdef list _end(object status, bint text):
    if status == 204:
        return []  # RFC 9110, section 8.6: a 204 has no Content-Length
    return [("Content-Length", "0") if text else (b"content-length", b"0")]


cdef Answers make_answers(const Policy* policy, object settings, list values, bint text):
    """All but those for listed origins."""
    cdef Answers answers = Answers.__new__(Answers)
    cdef list pairs = []
    for name, value in zip(PART_NAMES if text else ASGI_NAMES, values):
        pairs.append(None if value is None else (name, value if text else value.encode()))
    answers.pairs = PyList_AsTuple(pairs)
    answers.none = _constant(answers, policy.none)
    answers.refused = _constant(answers, policy.actual_refused)
    answers.listed = []
    answers.accepted_start = _start(settings.preflight_status, text)
    answers.accepted_end = _end(settings.preflight_status, text)
    if not policy.debug:
        answers.rejected_start = _start(settings.preflight_failure_status, text)
        answers.rejected_end = _end(settings.preflight_failure_status, text)
    if not policy.preflight & ASKED & ~part(FC_PART_ORIGIN):
        answers.accepted = _constant(answers, policy.preflight & ~ASKED) + answers.accepted_end
    return answers
