# Merging into the head of an HTTP/1 response as it came over the wire: by the rules of merge.pxi, and C only.
#
# One pass checks the head and marks the fields that a policy has a say in. Then only these are looked at: what lies
# between them is copied as it is, many lines at a time. A head with folded lines or with very many such fields is gone
# through line by line instead.
#
# RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.

cdef uint32_t VARIES = part(FC_PART_VARY) | part(FC_PART_VARY_PREFLIGHT)


cdef enum:
    FC_THEIRS = 1
    FC_OURS = 2
    FC_MAX_MARKS = 16
    FC_LINE_BY_LINE = -1
    # What a field of theirs is to the policy.
    FC_ANY_FIELD = 0
    FC_VARY_FIELD
    FC_POLICYS_FIELD  # one that the policy alone may set


cdef struct Mark:
    # A field that a policy has a say in.
    Field field
    int kind


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
    bint sets_origin         # whether a field is named Access-Control-Allow-Origin
    Py_ssize_t varies        # how many fields named Vary
    Field vary               # the last of them
    bint completes           # whether it gets the names of ours that it has not
    int n_marks              # or FC_LINE_BY_LINE
    Mark marks[FC_MAX_MARKS]


cdef struct JoinedWalk:
    # Where a walk over the lines of a merged head stands, one by one.
    HeadWalk walk
    Field field     # the line that the last step came to, where it is theirs
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
            put_apart(out, p + i, n - i)
            return
        put_apart(out, p + i, found - p - i)
        put_two(out, c" ", c" ")
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


cdef inline int _kind_of(const HeadMerge* merge, Span name) noexcept nogil:
    """What a field of theirs is to the policy, by its name, which is a token."""
    if name.n == 4:
        return FC_VARY_FIELD if begins_as(name.p, "vary", 4) else FC_ANY_FIELD
    if name.n < 15:
        return FC_ANY_FIELD
    if begins_as(name.p, "access-control-", 15):
        return FC_POLICYS_FIELD
    if name.n == 19 and merge.rules & FC_OWNS_TIMING and begins_as(name.p, "timing-allow-origin", 19):
        return FC_POLICYS_FIELD
    return FC_ANY_FIELD


cdef inline bint _is_taken_out(const HeadMerge* merge, Span name, int kind) noexcept nogil:
    """Whether a field of theirs goes."""
    if kind != FC_POLICYS_FIELD or merge.keep:
        return False
    return not merge.rules & FC_LEAVES or _has_line(merge, name)


cdef bint _lists_everywhere(const HeadMerge* merge, Bytes token, Py_ssize_t n) noexcept nogil:
    """Whether one of several fields named Vary has a name in its list."""
    cdef HeadWalk walk = merge.fields
    cdef Field field
    while next_field(&walk, &field) == FC_A_FIELD:
        if is_named(field.name, "vary", 4) and lists(field.value, token, n):
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
    cdef Bytes stop
    while at < end:
        stop = <Bytes>memchr(at, c",", <size_t>(end - at))
        if stop == NULL:
            stop = end
        if _is_missing(merge, number, at, stop - at):
            if listed:
                put_two(out, c",", c" ")
            put_apart(out, at, stop - at)
            listed += 1
        at = stop + 2
    return listed


cdef bint _any_missing(const HeadMerge* merge, int number) noexcept nogil:
    cdef Output nothing
    count_only(&nothing)
    return _put_missing(&nothing, merge, number, 0) > 0


cdef bint _put_vary(Output* out, const HeadMerge* merge, Bytes copied) noexcept nogil:
    """Put what lies before the last Vary of theirs, and that up to its line break, with the names that are missing.
    False: none is, and nothing was put."""
    cdef const Field* vary = &merge.vary
    cdef Bytes behind_name = vary.name.p + vary.name.n
    cdef uint32_t left = merge.verdict.parts & VARIES
    cdef Py_ssize_t before = out.n
    cdef int theirs = vary.value.n > 0
    cdef int listed = theirs
    if vary.value.p == behind_name + 2 and behind_name[1] == c" " and not vary.folded:  # as nearly always
        put_apart(out, copied, vary.value.p + vary.value.n - copied)
    else:
        put_apart(out, copied, behind_name - copied)
        put_two(out, c":", c" ")
        put_unfolded(out, vary.value.p, vary.value.n)
    while left:
        listed = _put_missing(out, merge, fc_lowest(left), listed)
        left &= left - 1
    if listed == theirs:
        out.n = before
        return False
    return True


cdef void _put_part(Output* out, const HeadMerge* merge, int number) noexcept nogil:
    """Put a line of ours."""
    cdef Span line = merge.lines[number]
    if part(number) & VARIES and merge.varies:
        put_apart(out, line.p, _our_name(merge, number).n + 2)
        _put_missing(out, merge, number, 0)
    else:
        put_apart(out, line.p, line.n)
        if not part(number) & REPEATED:
            return
        put_repeated(out, merge.request, merge.verdict, number)
    put_two(out, c"\r", c"\n")


cdef inline void walk_joined(JoinedWalk* joined, const HeadMerge* merge) noexcept nogil:
    """Begin a walk over the lines of the merged head."""
    joined.walk = merge.fields
    joined.left = merge.ours
    joined.placed = joined.ended = False


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
        if next_field(&joined.walk, &joined.field) != FC_A_FIELD:
            joined.placed = joined.ended = True
        elif _is_taken_out(merge, joined.field.name, _kind_of(merge, joined.field.name)):
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
                put_two(out, c",", c" ")
            else:
                put_apart(out, <Bytes><const char*>"Access-Control-Expose-Headers: ", 31)
            put_lower(out, name)
            any_name = True
    if any_name:
        put_two(out, c"\r", c"\n")


cdef void _leave_vary(HeadMerge* merge) noexcept nogil:
    """Where their Vary stays as it is: keep those lines of ours of which a name is missing there."""
    cdef uint32_t left = merge.ours & VARIES
    cdef int number
    while left:
        number = fc_lowest(left)
        left &= left - 1
        if not _any_missing(merge, number):
            merge.ours &= ~part(number)


cdef inline int _sees(HeadMerge* merge, const Field* field) noexcept nogil:
    """See what a field is to the policy."""
    cdef int kind = _kind_of(merge, field.name)
    if kind == FC_VARY_FIELD:
        merge.varies += 1
        merge.vary = field[0]
        merge.vary.value = without_blanks(field.value)
    elif kind == FC_POLICYS_FIELD and is_named(field.name, "access-control-allow-origin", 27):
        merge.sets_origin = True
    return kind


cdef inline void _see_nothing(HeadMerge* merge) noexcept nogil:
    merge.sets_origin = False
    merge.varies = 0
    merge.n_marks = 0


cdef int _mark_fields(HeadMerge* merge) noexcept nogil:
    """Mark the fields that the policy has a say in, and return the status code; 0: the head is not as nearly all are,
    or is none."""
    cdef Lines lines
    cdef Field field
    cdef Bytes stop
    cdef int left = FC_MAX_FIELDS
    cdef int status, kind
    _see_nothing(merge)
    begin_lines(&lines, merge.head.p, merge.head.p + merge.head.n)
    field.folded = False
    status = 0
    while True:
        stop = next_break(&lines)
        if stop == NULL:
            return 0
        if status == 0:
            status = code_of_line(lines.at, stop - lines.at)
            if status == 0:
                return 0
            begin_fields(&merge.fields, stop + 2, lines.end)
        elif stop == lines.at:
            return status if stop + 2 == lines.end else 0
        else:
            if left == 0 or not read_field(lines.at, stop, lines.end, &field.name, &field.value):
                return 0
            left -= 1
            if field.name.n == 4 or field.name.n >= 15:
                field.line.p = lines.at
                field.line.n = stop + 2 - lines.at
                kind = _sees(merge, &field)
                if kind:
                    if merge.n_marks == FC_MAX_MARKS:
                        return 0
                    merge.marks[merge.n_marks].field = field
                    merge.marks[merge.n_marks].kind = kind
                    merge.n_marks += 1
        step_over(&lines, stop)


cdef int _look_line_by_line(HeadMerge* merge, int* line) noexcept nogil:
    """Look at each field of any head; return the status code, or a fault, and its line."""
    cdef int status = walk_head(&merge.fields, merge.head)
    cdef HeadWalk walk = merge.fields
    cdef Field field
    cdef int found = status
    _see_nothing(merge)
    merge.n_marks = FC_LINE_BY_LINE
    if status > 0:
        found = next_field(&walk, &field)
        while found == FC_A_FIELD:
            _sees(merge, &field)
            found = next_field(&walk, &field)
    line[0] = walk.line
    return found if found < 0 else status


cdef int _survey(HeadMerge* merge, bint keep, int* line) noexcept nogil:
    """Check the head, and see in it what the policy has a say in; 0, or a fault, and its line."""
    cdef int status = _mark_fields(merge)
    if unlikely(status == 0):
        status = _look_line_by_line(merge, line)
        if status < 0:
            return status
    merge.keep = status < 200  # an informational response is not the response (RFC 9110, section 15.2)
    merge.ours = 0 if merge.keep else merge.verdict.parts
    if not merge.keep and merge.sets_origin and (keep or merge.rules & FC_LEAVES):
        merge.keep = True
        merge.ours &= VARIES
    merge.exposes = not merge.keep and (merge.rules & FC_EXPOSES_PRESENT) != 0
    merge.completes = False
    if merge.varies and merge.ours & VARIES:
        if merge.rules & FC_LEAVES:
            _leave_vary(merge)
        else:
            merge.completes = True
            merge.ours &= ~VARIES
    return 0


cdef void _put_our_lines(Output* out, const HeadMerge* merge) noexcept nogil:
    """Put the lines of ours."""
    cdef uint32_t left = merge.ours
    cdef int before = 2 if merge.exposes else -1  # the names of the head come after the origin and the credentials
    while left and before:
        _put_part(out, merge, fc_lowest(left))
        left &= left - 1
        before -= 1
    if merge.exposes:
        _put_exposed(out, merge)
    while left:
        _put_part(out, merge, fc_lowest(left))
        left &= left - 1


cdef void _put_theirs(
    Output* out, const HeadMerge* merge, const Field* field, int kind, Bytes* copied, bint* placed
) noexcept nogil:
    """Put what becomes of a field of theirs, and what lies before it: the head is `copied` up to there. A field that
    stays as it is goes with what lies behind it."""
    cdef Bytes end = field.line.p + field.line.n
    if merge.completes and field.line.p == merge.vary.line.p and _put_vary(out, merge, copied[0]):
        copied[0] = end - 2
    elif _is_taken_out(merge, field.name, kind):
        put_apart(out, copied[0], field.line.p - copied[0])
        copied[0] = end
        if not placed[0]:
            _put_our_lines(out, merge)
            placed[0] = True
    elif field.folded:
        put_apart(out, copied[0], field.line.p - copied[0])
        put_unfolded(out, field.line.p, field.line.n)
        copied[0] = end


cdef void _put_line_by_line(Output* out, const HeadMerge* merge, Bytes* copied, bint* placed) noexcept nogil:
    """Put what becomes of each field of theirs."""
    cdef HeadWalk walk = merge.fields
    cdef Field field
    while next_field(&walk, &field) == FC_A_FIELD:
        _put_theirs(out, merge, &field, _kind_of(merge, field.name), copied, placed)


cdef Py_ssize_t merge_head(
    Span head, const Span* lines, const Request* request, const Verdict* verdict, int rules, bint keep,
    uint8_t* out, Py_ssize_t room, int* line
) noexcept nogil:
    """Write the head of a response with the policy's headers, where there is room; return its bytes in any case, of
    which no more than `room` were written; or a fault, and its line. `rules` are those of merge_rules.

    Our lines come where the first was that is taken out, or else at the end, so they come to the same place where a
    head is merged twice."""
    cdef HeadMerge merge
    cdef Output output
    cdef Bytes copied = head.p
    cdef bint placed = False
    cdef int i
    cdef int fault
    merge.head = head
    merge.lines = lines
    merge.request = request
    merge.verdict = verdict
    merge.rules = rules
    fault = _survey(&merge, keep, line)
    if unlikely(fault < 0):
        return fault
    output.p = out
    output.room = room
    output.n = 0
    if unlikely(merge.n_marks == FC_LINE_BY_LINE):
        _put_line_by_line(&output, &merge, &copied, &placed)
    for i in range(merge.n_marks):
        _put_theirs(&output, &merge, &merge.marks[i].field, merge.marks[i].kind, &copied, &placed)
    if not placed:
        put_apart(&output, copied, head.p + head.n - 2 - copied)
        copied = head.p + head.n - 2  # at the empty line
        _put_our_lines(&output, &merge)
    put_apart(&output, copied, head.p + head.n - copied)
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
