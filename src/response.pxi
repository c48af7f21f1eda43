# Response: a whole HTTP/1.1 response to a preflight: status line, block, what describes the body, empty line, body.
# Everything but the block is made with the policy.

cdef struct Responses:
    Span starts[2]           # the status line of an accepted preflight, and of a refused one
    Span ends[FC_OUTCOMES]   # what follows the block, by the steps that failed; p is NULL: Python writes it, to explain


cdef tuple response_texts(object plan):
    """The texts of a plan that borrow_responses borrows: two that a response begins with, and one for each end."""
    cdef int failures
    cdef dict ends = {}  # most plans have one for all refusals
    cdef list texts = [response_start(plan.accepted_status), response_start(plan.refused_status)]
    for failures in range(FC_OUTCOMES):
        if failures and plan.explains:
            texts.append(None)
            continue
        key = (failures > 0, body_of(plan, failures))
        if key not in ends:
            ends[key] = response_end(plan.refused_status if failures else plan.accepted_status, key[1])
        texts.append(ends[key])
    return PyList_AsTuple(texts)


cdef int borrow_responses(tuple texts, Responses* responses) except -1:
    """Fill in the spans of the texts, which the caller keeps."""
    cdef int i
    for i in range(2):
        borrow(texts[i], &responses.starts[i])
    for i in range(FC_OUTCOMES):
        borrow(texts[2 + i], &responses.ends[i])
    return 0


cdef inline bint next_line(Span* end, Span* line) noexcept nogil:
    """Take a header line off the end of a response. False: there is none, and nothing but the body is left."""
    if end.p == NULL:
        return False
    line.p = end.p
    line.n = <Bytes>memchr(end.p, c"\n", <size_t>end.n) - end.p + 1
    end.p += line.n
    end.n -= line.n
    return line.n > 2


cdef inline Py_ssize_t response_size(
    const Span* lines, const Responses* responses, Span end, const Request* request, const Verdict* verdict
) noexcept nogil:
    """Bytes of the whole response to a preflight; `end` is the one of `responses`, or what Python wrote."""
    return responses.starts[verdict.failures != 0].n + block_size(lines, request, verdict) + end.n


cdef inline void write_response(
    const Span* lines, const Responses* responses, Span end, const Request* request, const Verdict* verdict,
    uint8_t* out
) noexcept nogil:
    """Write the response; `out` has room for response_size bytes."""
    cdef Span start = responses.starts[verdict.failures != 0]
    if start.p != NULL:  # of a policy that was never made there is none
        memcpy(out, start.p, <size_t>start.n)
    out = write_block(lines, request, verdict, out + start.n)
    memcpy(out, end.p, <size_t>end.n)
