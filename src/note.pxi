# Note: a decision is counted, and the application is told of it, where its shim is to.

cdef str OUTCOME_KEY = "fastcors"  # as in fastcors._shims.options


cdef inline int exact_reason(const CompiledPlan* plan, int reason, Span origin) noexcept nogil:
    """The reason of a verdict; where the origin is refused, whether for its form or because no pattern covers it."""
    return why_refused(plan, origin) if reason == FC_ORIGIN_NOT_ALLOWED else reason


cdef int note(
    Engine engine, int reason, Span origin, object place, bint counts, bint tells, object also
) except -1:
    """Count a decision, of which a verdict has the reason, and put its outcome into the scope or the environment.

    Python code can run here. The caller holds what is borrowed and used afterwards."""
    cdef object outcome
    reason = exact_reason(&engine.compiled, reason, origin)
    if counts:
        fc_count(&engine.counted[reason])
    if tells:
        outcome = <object>PyTuple_GET_ITEM(engine.outcomes, reason)
        PyDict_SetItem(place, OUTCOME_KEY, outcome)
        if also is not None:
            also(place, outcome)
    return 0
