# The answers of a policy that are ready before any request, in the form of one gateway interface.

@cython.final
cdef class Answers:
    """Lists of pairs that all requests share: of lower-case bytes, of lower-case str, or of Title-Case str.

    They are nobody's to change, and never handed out: a response gets a list of its own.
    """

    cdef bint text         # the pairs are of str
    cdef tuple names       # the header that each part is a line of
    cdef tuple pairs       # of each part that repeats nothing of the request; None where it is never written
    cdef tuple none        # what a request with no origin gets; as a refused one, but for a drop-in
    cdef tuple refused
    cdef tuple listed      # for each listed origin, by its number
    # Preflights: what an accepted one gets beside its origin, None where more of the request is repeated. By the steps
    # that failed: how the answer begins (of ASGI the first message but for its headers, of RSGI the status, of WSGI the
    # status line; None where Python writes the body), what comes after the policy's pairs, and the body (of ASGI as a
    # message).
    cdef list accepted
    cdef tuple starts
    cdef tuple ends
    cdef tuple bodies


cdef enum:
    # The gateway interfaces.
    FC_ASGI
    FC_RSGI
    FC_WSGI


cdef Answers NO_ANSWERS = Answers.__new__(Answers)  # of a policy that is not whole yet
NO_ANSWERS.none = NO_ANSWERS.refused = NO_ANSWERS.listed = ()
NO_ANSWERS.starts = (None,) * FC_OUTCOMES
NO_ANSWERS.ends = ([],) * FC_OUTCOMES
NO_ANSWERS.bodies = (b"",) * FC_OUTCOMES


cdef list _constant(Answers answers, uint32_t parts):
    cdef int i
    cdef list made = []
    for i in range(FC_PARTS):
        if parts & part(i):
            made.append(answers.pairs[i])
    return made


cdef object _start(object status, int interface):
    if interface == FC_ASGI:
        return {"type": "http.response.start", "status": status, "headers": None}
    return status_line(status) if interface == FC_WSGI else status


cdef list _end(object status, object body, int interface):
    headers = body_headers(status, body)
    if interface == FC_ASGI:
        return encoded(headers)
    return headers if interface == FC_WSGI else lowered(headers)


cdef object _body(object body, int interface):
    return {"type": "http.response.body", "body": body, "more_body": False} if interface == FC_ASGI else body


cdef Answers make_answers(const CompiledPlan* compiled, object plan, int interface):
    """The answers of a policy, but for those to listed origins, which are added later."""
    cdef Answers answers = Answers.__new__(Answers)
    cdef bint text = interface != FC_ASGI
    cdef int failures
    cdef list pairs = []
    cdef list starts = []
    cdef list ends = []
    cdef list bodies = []
    answers.text = text
    answers.names = ASGI_NAMES if interface == FC_ASGI else RSGI_NAMES if interface == FC_RSGI else PART_NAMES
    for name, value in zip(answers.names, plan.values):
        pairs.append(None if value is None else (name, value if text else value.encode("latin-1")))
    answers.pairs = PyList_AsTuple(pairs)
    answers.none = PyList_AsTuple(_constant(answers, compiled.none))
    answers.refused = PyList_AsTuple(_constant(answers, compiled.refused))
    answers.listed = ()
    for failures in range(FC_OUTCOMES):
        status = plan.refused_status if failures else plan.accepted_status
        body = body_of(plan, failures)
        starts.append(None if plan.explains and failures else _start(status, interface))
        ends.append(_end(status, body, interface))
        bodies.append(_body(body, interface))
    answers.starts = tuple(starts)
    answers.ends = tuple(ends)
    answers.bodies = tuple(bodies)
    if not compiled.accepted & REPEATED & ~part(FC_PART_ORIGIN):
        answers.accepted = _constant(answers, compiled.accepted_usual & ~REPEATED) + ends[0]
    return answers
