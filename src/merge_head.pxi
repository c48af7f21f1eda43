# Merging into the head of an HTTP/1 response as it came over the wire: by the rules of merge.pxi, and C only.
#
# One pass checks the head and marks the lines that a policy has a say in. A second one goes over the merged head in its
# order, and looks into the marks alone: what lies between them is copied as it is, many lines at a time.
#
# RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.

cdef uint32_t VARIES = part(FC_PART_VARY) | part(FC_PART_VARY_PREFLIGHT)


cdef enum:
    FC_THEIRS = 1
    FC_OURS = 2
    FC_MAX_MARKS = 4
    FC_LINE_BY_LINE = -1


cdef struct HeadMerge:
    # What is merged, and what was seen in the head.
    Span head
    const Span* lines        # of the policy
    const Request* request
    const Verdict* verdict
    int rules                # those of merge_rules
    bint keep                # whether nothing of theirs is taken out
    bint exposes             # whether the names that the merged head has are listed
    uint32_t ours            # the parts that become lines of their own
    HeadWalk fields          # at the first field
    Py_ssize_t varies        # how many fields named Vary
    Field vary               # the last of them
    bint completes           # whether it gets the names that are missing
    int n_marks
    Span marks[FC_MAX_MARKS]  # lines that are not copied as they are, perhaps; those that do not fit are in the last


cdef struct JoinedWalk:
    # Where a walk over the lines of a merged head stands.
    HeadWalk walk
    int mark        # the next mark, or the one in which it stands; or FC_LINE_BY_LINE
    Field field     # the line that the last step came to, where it is theirs; or the lines before the mark
    int number      # the part, where it is ours
    uint32_t left   # the parts that are still to come
    bint placed     # whether the place of ours was passed
    bint ended      # whether all of theirs were


cdef inline void put_unfolded(Output* out, Bytes p, Py_ssize_t n) noexcept nogil:
    """Put folded lines as one: two spaces stand for each line break but a last one (RFC 9112, section 5.2)."""
    cdef Py_ssize_t i = 0
    cdef Bytes found
    while True:
        found = <Bytes>memchr(p + i, c"\r", <size_t>(n - i))
        if found == NULL or found - p + 2 >= n:
            put(out, p + i, n - i)
            return
        put(out, p + i, found - p - i)
        put(out, <Bytes><const char*>"  ", 2)
        i = found - p + 2


cdef inline Span _our_name(const HeadMerge* merge, int number) noexcept nogil:
    return line_name(merge.lines[number])


cdef bint _has_line(const HeadMerge* merge, Span name) noexcept nogil:
    """Whether a verdict has a line of this name, other than of the exposed names, which are added to."""
    cdef uint32_t left = merge.verdict.parts & ~part(FC_PART_EXPOSE)
    cdef Span ours
    cdef int number
    while left:
        number = fc_lowest(left)
        left &= left - 1
        ours = _our_name(merge, number)
        if ours.n == name.n and equal_folded(ours.p, name.p, name.n):
            return True
    return False


cdef inline bint _is_taken_out(const HeadMerge* merge, Span name) noexcept nogil:
    """Whether a field of theirs goes."""
    if name.n < 15 or merge.keep or not is_policys(name, merge.rules):
        return False
    return not merge.rules & FC_LEAVES or _has_line(merge, name)


cdef bint _lists_everywhere(const HeadMerge* merge, Bytes token, Py_ssize_t n) noexcept nogil:
    """Whether one of several fields named Vary has a name in its list."""
    cdef HeadWalk walk = merge.fields
    cdef Field field
    while next_field(&walk, &field) == FC_A_FIELD:
        if is_name(field.name, "vary", 4) and lists(field.value, token, n):
            return True
    return False


cdef bint _is_missing(const HeadMerge* merge, int number, Bytes token, Py_ssize_t n) noexcept nogil:
    """Whether a name of one of our parts is in no Vary of theirs, and in no part of ours that completes it before."""
    cdef uint32_t before = merge.verdict.parts & VARIES & (part(number) - 1)
    cdef int other
    if merge.varies == 1:
        if lists(merge.vary.value, token, n):
            return False
    elif _lists_everywhere(merge, token, n):
        return False
    while before and merge.completes:
        other = fc_lowest(before)
        before &= before - 1
        if lists(_our_value(merge, other), token, n):
            return False
    return True


cdef inline Span _our_value(const HeadMerge* merge, int number) noexcept nogil:
    """The value of a constant line of ours."""
    return line_value(merge.lines[number], _our_name(merge, number).n)


cdef int _put_missing(Output* out, const HeadMerge* merge, int number, int listed) noexcept nogil:
    """Put those names of our Vary that theirs has not, behind the names that are `listed` already; return how many
    there are then."""
    cdef Span value = _our_value(merge, number)
    cdef Bytes at = value.p
    cdef Bytes end = value.p + value.n
    cdef Bytes start
    while at < end:
        start = at
        while at < end and at[0] != c",":
            at += 1
        if _is_missing(merge, number, start, at - start):
            if listed:
                put(out, <Bytes><const char*>", ", 2)
            put(out, start, at - start)
            listed += 1
        at += 2
    return listed


cdef int _count_missing(const HeadMerge* merge, int number) noexcept nogil:
    cdef Output nothing
    count_only(&nothing)
    return _put_missing(&nothing, merge, number, 0)


cdef void _put_vary(Output* out, const HeadMerge* merge) noexcept nogil:
    """Put the last Vary of theirs with the names that are missing."""
    cdef uint32_t left = merge.verdict.parts & VARIES
    cdef int listed = merge.vary.value.n > 0
    put(out, merge.vary.name.p, merge.vary.name.n)
    put(out, <Bytes><const char*>": ", 2)
    put_unfolded(out, merge.vary.value.p, merge.vary.value.n)
    while left:
        listed = _put_missing(out, merge, fc_lowest(left), listed)
        left &= left - 1
    put(out, <Bytes><const char*>"\r\n", 2)


cdef void _put_part(Output* out, const HeadMerge* merge, int number) noexcept nogil:
    """Put a line of ours."""
    cdef Span line = merge.lines[number]
    if part(number) & VARIES and merge.varies:
        put(out, line.p, _our_name(merge, number).n + 2)
        _put_missing(out, merge, number, 0)
    else:
        put(out, line.p, line.n)
        if not part(number) & REPEATED:
            return
        put_repeated(out, merge.request, merge.verdict, number)
    put(out, <Bytes><const char*>"\r\n", 2)


cdef inline void walk_joined(JoinedWalk* joined, const HeadMerge* merge) noexcept nogil:
    """Begin a walk over the lines of the merged head, one by one."""
    joined.walk = merge.fields
    joined.mark = FC_LINE_BY_LINE
    joined.left = merge.ours
    joined.placed = joined.ended = False


cdef inline void walk_marks(JoinedWalk* joined, const HeadMerge* merge) noexcept nogil:
    """Begin a walk over the merged head, its status line included, in which lines between two marks are one step."""
    walk_joined(joined, merge)
    joined.walk.at = merge.head.p
    joined.mark = 0


cdef inline bint _step_to_mark(JoinedWalk* joined, const HeadMerge* merge) noexcept nogil:
    """Step over all lines before the next mark, or those behind the last one. False: there are none."""
    cdef Bytes at = joined.walk.at
    cdef Bytes stop = merge.head.p + merge.head.n - 2  # the empty line
    cdef const Span* mark = &merge.marks[joined.mark]
    if joined.mark < merge.n_marks and at == mark.p + mark.n:
        joined.mark += 1
        mark += 1
    if joined.mark < merge.n_marks:
        stop = mark.p
    if at >= stop:
        return False
    joined.field.line.p = at
    joined.field.line.n = stop - at
    joined.field.folded = False
    joined.walk.at = stop
    return True


cdef int next_joined(JoinedWalk* joined, const HeadMerge* merge) noexcept nogil:
    """Step to the next line of the merged head, FC_THEIRS or FC_OURS; 0: there is none. Ours come where the first was
    that is taken out, or else at the end, so they come to the same place where a head is merged twice."""
    while True:
        if joined.placed and joined.left:
            joined.number = fc_lowest(joined.left)
            joined.left &= joined.left - 1
            return FC_OURS
        if joined.ended:
            return 0
        if joined.mark != FC_LINE_BY_LINE and _step_to_mark(joined, merge):
            return FC_THEIRS
        if next_field(&joined.walk, &joined.field) != FC_A_FIELD:
            joined.placed = joined.ended = True
        elif _is_taken_out(merge, joined.field.name):
            joined.placed = True
        else:
            return FC_THEIRS


cdef inline Span _name_of(const JoinedWalk* joined, const HeadMerge* merge, int whose) noexcept nogil:
    return joined.field.name if whose == FC_THEIRS else _our_name(merge, joined.number)


cdef bint _came_before(const JoinedWalk* joined, const HeadMerge* merge, int whose) noexcept nogil:
    """Whether an earlier line of the merged head has the name of this one."""
    cdef JoinedWalk walk
    cdef Span name = _name_of(joined, merge, whose)
    cdef Span other
    cdef int step
    walk_joined(&walk, merge)
    while True:
        step = next_joined(&walk, merge)
        if step == 0:
            return False
        other = _name_of(&walk, merge, step)
        if other.p == name.p:
            return False
        if other.n == name.n and equal_folded(other.p, name.p, name.n):
            return True


cdef void _put_exposed(Output* out, const HeadMerge* merge) noexcept nogil:
    """Put the line that lists the names that the merged head has, each once; none where it has none."""
    cdef JoinedWalk joined
    cdef Span name
    cdef int step
    cdef bint any_name = False
    walk_joined(&joined, merge)
    while True:
        step = next_joined(&joined, merge)
        if step == 0:
            break
        name = _name_of(&joined, merge, step)
        if is_exposable(name) and not _came_before(&joined, merge, step):
            if any_name:
                put(out, <Bytes><const char*>", ", 2)
            else:
                put(out, <Bytes><const char*>"Access-Control-Expose-Headers: ", 31)
            put_lower(out, name)
            any_name = True
    if any_name:
        put(out, <Bytes><const char*>"\r\n", 2)


cdef void _survey_vary(HeadMerge* merge) noexcept nogil:
    """See whether our names are missing in their Vary, which gets them; or we, where theirs stays, in a line."""
    cdef uint32_t left = merge.ours & VARIES if merge.varies else 0
    cdef bint any_missing = False
    cdef bint is_missing
    cdef int number
    merge.completes = left != 0 and not merge.rules & FC_LEAVES
    while left:
        number = fc_lowest(left)
        left &= left - 1
        is_missing = _count_missing(merge, number) > 0
        any_missing |= is_missing
        if merge.completes or not is_missing:
            merge.ours &= ~part(number)
    merge.completes &= any_missing


cdef inline void _mark(HeadMerge* merge, Span line) noexcept nogil:
    cdef int last = merge.n_marks - 1
    cdef Bytes end = line.p + line.n
    if last >= 0 and (last == FC_MAX_MARKS - 1 or merge.marks[last].p + merge.marks[last].n == line.p):
        merge.marks[last].n = end - merge.marks[last].p
    else:
        merge.marks[merge.n_marks] = line
        merge.n_marks += 1


cdef int _survey(HeadMerge* merge, bint keep, int* line) noexcept nogil:
    """Check the head, and mark in it what the policy has a say in; 0, or a fault, and its line."""
    cdef HeadWalk walk
    cdef Field field
    cdef bint sets_origin = False
    cdef int found = walk_head(&walk, merge.head)
    line[0] = walk.line
    if found < 0:
        return found
    merge.fields = walk
    merge.varies = 0
    merge.n_marks = 0
    merge.keep = found < 200  # an informational response is not the response (RFC 9110, section 15.2)
    merge.ours = 0 if merge.keep else merge.verdict.parts
    while True:
        found = next_field(&walk, &field)
        if found != FC_A_FIELD:
            break
        if field.name.n == 4 and is_name(field.name, "vary", 4):
            merge.varies += 1
            merge.vary = field
            merge.vary.value = without_blanks(field.value)
        elif field.name.n >= 15 and is_policys(field.name, FC_OWNS_TIMING):
            sets_origin |= is_name(field.name, "access-control-allow-origin", 27)
        elif not field.folded:
            continue
        _mark(merge, field.line)
    line[0] = walk.line
    if found < 0:
        return found
    if not merge.keep and sets_origin and (keep or merge.rules & FC_LEAVES):
        merge.keep = True
        merge.ours &= VARIES
    merge.exposes = not merge.keep and (merge.rules & FC_EXPOSES_PRESENT) != 0
    _survey_vary(merge)
    return 0


cdef Py_ssize_t merge_head(
    Span head, const Span* lines, const Request* request, const Verdict* verdict, int rules, bint keep,
    uint8_t* out, Py_ssize_t room, int* line
) noexcept nogil:
    """Write the head of a response with the policy's headers, where there is room; return its bytes in any case, of
    which no more than `room` were written; or a fault, and its line. `rules` are those of merge_rules."""
    cdef HeadMerge merge
    cdef JoinedWalk joined
    cdef Output output
    cdef int step
    cdef int ours = 0
    cdef int fault
    merge.head = head
    merge.lines = lines
    merge.request = request
    merge.verdict = verdict
    merge.rules = rules
    fault = _survey(&merge, keep, line)
    if fault < 0:
        return fault
    output.p = out
    output.room = room
    output.n = 0
    walk_marks(&joined, &merge)
    while True:
        step = next_joined(&joined, &merge)
        if step == 0:
            break
        if step == FC_OURS:
            _put_part(&output, &merge, joined.number)
            ours += 1
            if ours == 2 and merge.exposes:  # after the origin and the credentials
                _put_exposed(&output, &merge)
        elif merge.completes and joined.field.line.p == merge.vary.line.p:
            _put_vary(&output, &merge)
        elif joined.field.folded:
            put_unfolded(&output, joined.field.line.p, joined.field.line.n)
        else:
            put(&output, joined.field.line.p, joined.field.line.n)
    put(&output, <Bytes><const char*>"\r\n", 2)
    return output.n


cdef enum:
    FC_USUAL_HEAD = 4096  # bytes of a merged head that is written on the stack


cdef bytes merged_head(
    Span head, const Span* lines, const Request* request, const Verdict* verdict, int rules, bint keep
):
    """The head with the policy's headers, as bytes. ValueError: it is none."""
    cdef uint8_t usual[FC_USUAL_HEAD]
    cdef int line
    cdef bytes merged
    cdef Py_ssize_t n = merge_head(head, lines, request, verdict, rules, keep, usual, FC_USUAL_HEAD, &line)
    if n < 0:
        raise head_error(<int>n, line)
    if n <= FC_USUAL_HEAD:
        return PyBytes_FromStringAndSize(<char*>usual, n)
    merged = PyBytes_FromStringAndSize(NULL, n)
    merge_head(head, lines, request, verdict, rules, keep, <uint8_t*>PyBytes_AS_STRING(merged), n, &line)
    return merged


cdef object bytes_of(object head):
    """The bytes of a head that a caller gave: its own, or else a copy, which no other thread can change."""
    cdef Py_buffer view
    if PyBytes_Check(head):
        return head
    if not hold_bytes(&view, head):
        raise _wrong_type("head", "bytes, a bytearray or a memoryview", head)
    try:
        return PyBytes_FromStringAndSize(<char*>view.buf, view.len)
    finally:
        PyBuffer_Release(&view)
