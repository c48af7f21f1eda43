# The engine: a compiled policy, as Python sees it. It never changes once it exists.

cdef int _list_names(Table* table, tuple names, uint64_t seed) except -1:
    cdef Span span
    if not table_open(table, <size_t>len(names), seed):
        raise MemoryError
    for name in names:
        span = _span(name)
        # A longer name than a request may hold is never requested.
        if name != "*" and 0 < span.n <= FC_MAX_HEADER_BYTES:
            if not table_add(table, hash_bytes(span.p, span.n, seed), span.p, span.n, 0):
                raise MemoryError
    table_close(table)
    return 0


cdef int _read_plan(CompiledPlan* compiled, object plan) except -1:
    """Copy the fields of a plan that decisions are made by."""
    compiled.reflect = plan.reflect
    compiled.loose_origins = plan.loose_origins
    compiled.bare = plan.bare_allowed is not None
    compiled.odd = compiled.loose_origins or compiled.bare
    compiled.null = plan.null
    compiled.safelists = plan.safelists
    compiled.any_method = "*" in plan.methods
    compiled.any_name = "*" in plan.names
    compiled.any_name_authorizes = plan.any_name_authorizes
    compiled.private_network = plan.private_network
    compiled.every_failure = plan.every_failure
    compiled.filters_names = plan.filters_names
    compiled.names_as_sent = plan.names_as_sent
    return 0


cdef int _read_parts(CompiledPlan* compiled, object plan) except -1:
    """Copy the sets of parts of a plan, one for each kind of answer."""
    compiled.none = plan.none
    compiled.allowed = plan.allowed
    compiled.refused = plan.refused
    compiled.bare_allowed = 0 if plan.bare_allowed is None else plan.bare_allowed
    compiled.bare_refused = plan.bare_refused
    compiled.accepted = plan.accepted
    compiled.accepted_usual = compiled.accepted & ~part(FC_PART_PRIVATE_NETWORK)
    compiled.refused_origin = plan.refused_origin
    compiled.refused_method = plan.refused_method
    compiled.refused_names = plan.refused_names
    compiled.refused_network = plan.refused_network
    compiled.garbled = plan.garbled
    compiled.accepted_status = plan.accepted_status
    compiled.refused_status = plan.refused_status
    return 0


# Comprehensions in __cinit__ let go of what they do not hold where memory is short, so there are none.

cdef tuple _line_texts(tuple values):
    """The line of each part, up to its value where that repeats something of the request."""
    cdef int i
    cdef list lines = []
    for i in range(FC_PARTS):
        if values[i] is None:
            lines.append(f"{PART_NAMES[i]}: ".encode())
        else:
            lines.append(f"{PART_NAMES[i]}: {values[i]}\r\n".encode("latin-1"))
    return PyList_AsTuple(lines)


def _engine_arguments(plan, origins, settings=None):
    return plan, origins, settings


cdef tuple NO_OUTCOMES  # of a policy that is not whole yet


cdef class Engine:
    """A plan and a list of origins, ready to decide.

    Made of a checked configuration, by :class:`fastcors.Policy` or by a drop-in; ``settings`` is that configuration,
    which the engine itself does not read. It holds nothing that changes, so threads share it freely.
    """

    # What each request through a shim reads comes first, in the cache line that holds the type.
    cdef readonly object origin_check  # None where there is no regular expression and no function
    cdef Answers asgi
    cdef Answers wsgi
    cdef bint expose_present
    cdef bint owns_timing
    cdef bint leaves
    cdef bint asks
    cdef bint asks_async
    cdef bint sees_request  # the function does, beside the origin
    cdef CompiledPlan compiled
    cdef Span lines[FC_PARTS]
    cdef Indices indices
    cdef tuple line_texts
    cdef Responses responses
    cdef tuple response_texts
    cdef tuple outcomes              # one for each reason
    cdef uint64_t counted[FC_REASONS]  # decisions, of those that a shim counts
    cdef readonly object plan
    cdef readonly object settings
    cdef Answers rsgi                  # None until somebody needs it: see rsgi_answers
    cdef tuple refusals                # what is said when one was written into a buffer, by the kind
    cdef Py_ssize_t refusal_sizes[3]

    def __cinit__(self, *given, **named):
        cdef uint64_t seed
        cdef list patterns
        cdef CompiledPlan whole
        cdef int i
        need_python()
        # Until the last line the policy's answers have no part, so that a subclass whose __del__ decides though this
        # raised finds nothing that is half made.
        self.asgi = self.wsgi = NO_ANSWERS
        self.outcomes = NO_OUTCOMES
        # Read only now: arguments that do not fit raise before the first line where they stand in the signature.
        plan, origins, settings = _engine_arguments(*given, **named)
        if not isinstance(plan, Plan):
            raise _wrong_type("plan", "Plan", plan)
        check_plan(plan)
        patterns = plain_texts(origins, "an origin pattern")
        seed = int.from_bytes(urandom(8), "little")
        self.plan = plan
        self.settings = Settings() if settings is None else settings
        self.origin_check = check_of(plan)
        self.asks = self.origin_check is not None
        self.asks_async = self.origin_check is not None and self.origin_check.is_async
        self.sees_request = self.origin_check is not None and len(plan.vary) > 0
        self.outcomes = outcomes_of(plan.name)
        _read_plan(&self.compiled, plan)
        self.compiled.any_origin = len(patterns) > 0 and patterns.count("*") == len(patterns)
        self.expose_present = plan.exposes_present
        self.leaves = plan.leaves
        if plan.listed_whole and not self.compiled.any_origin:
            _fill_whole(&self.compiled.origins, patterns, seed)
        elif not self.compiled.any_origin:
            _fill_origins(&self.compiled.origins, patterns, seed, self.compiled.bare)
        self.compiled.needs_form = (
            self.compiled.any_origin or self.compiled.reflect or self.compiled.loose_origins
            or self.compiled.origins.any_port or self.compiled.origins.wild.slots != NULL)
        _list_names(&self.compiled.methods, plan.methods, seed)
        _list_names(&self.compiled.headers, plan.names, seed)
        whole = self.compiled
        _read_parts(&whole, plan)
        self.owns_timing = plan.owns_timing

        self.line_texts = _line_texts(plan.values)
        for i in range(FC_PARTS):
            borrow(self.line_texts[i], &self.lines[i])
        find_indices(&self.indices, self.lines)
        self.response_texts = response_texts(plan)
        borrow_responses(self.response_texts, &self.responses)
        self.asgi = make_answers(&whole, plan, FC_ASGI)
        self.wsgi = make_answers(&whole, plan, FC_WSGI)
        self._prepare(whole.allowed, whole.bare_allowed)
        self.refusals = refusals_written(self, &whole)
        for i in range(3):
            self.refusal_sizes[i] = self.refusals[i][2]
        self.compiled = whole
        if FC_FREE_THREADED:
            rsgi_answers(self)  # not later, when threads read it

    def __dealloc__(self):
        _free_origins(&self.compiled.origins)
        table_free(&self.compiled.methods)
        table_free(&self.compiled.headers)

    cdef int _prepare(self, uint32_t parts, uint32_t bare_parts) except -1:
        # Some hundred bytes for each origin buy an answer that is ready when it is wanted; a list that is long
        # enough for this to matter goes without.
        cdef Table* exact = &self.compiled.origins.exact
        cdef Slot* slot
        cdef uint64_t i
        cdef uint32_t number = 0
        if exact.count > FC_MAX_PREPARED:
            return 0
        self.asgi.listed = self._listed(self.asgi, parts, bare_parts)
        self.wsgi.listed = self._listed(self.wsgi, parts, bare_parts)
        # Only now, when both forms are there, do the origins get their numbers: what raises above leaves none.
        for i in range(exact.end):
            slot = &exact.slots[i]
            if slot.hash != 0 and slot.value != FC_ANY_PORT:
                slot.value = FC_PREPARED + number
                number += 1
        return 0

    cdef tuple _listed(self, Answers answers, uint32_t parts, uint32_t bare_parts):
        """The answers to the listed origins in the form of an interface, in the order of their numbers."""
        cdef Table* exact = &self.compiled.origins.exact
        cdef Request request
        cdef Verdict verdict
        cdef Span span
        cdef Slot* slot
        cdef uint64_t i
        cdef list listed = []
        for i in range(exact.end):
            slot = &exact.slots[i]
            if slot.hash == 0 or slot.value == FC_ANY_PORT:
                continue
            origin = PyBytes_FromStringAndSize(<char*>table_key(exact, slot), slot.n)
            borrow(origin, &span)
            actual_request(&request, span, False)
            verdict.parts = bare_parts if self.compiled.bare and is_bare_host(span.p, span.n) else parts
            listed.append(PyList_AsTuple(write_pairs(answers, &request, &verdict, origin)))
        return PyList_AsTuple(listed)

    def __reduce__(self):
        return type(self), (self.plan, self.origins(), self.settings)

    def origin_count(self):
        """How many patterns the policy holds."""
        cdef const Table* wild = &self.compiled.origins.wild
        cdef const Cover* cover
        cdef size_t count = self.compiled.origins.exact.count
        cdef uint64_t i
        if self.compiled.any_origin:
            return 1
        for i in range(wild.end if self.compiled.origins.deepest else 0):
            if wild.slots[i].hash != 0:
                cover = &self.compiled.origins.covers[wild.slots[i].value]
                count += 1 if cover.any_port else cover.n
        return count

    def origins(self):
        """The patterns as a new list in their canonical order, without the redundant ones."""
        cdef Origins* origins = &self.compiled.origins
        cdef const Slot* slot
        cdef const Cover* cover
        cdef uint32_t j
        cdef uint64_t i
        cdef list patterns = []
        if self.compiled.any_origin:
            return ["*"]
        for i in range(origins.exact.end):
            slot = &origins.exact.slots[i]
            if slot.hash != 0:
                text = PyUnicode_DecodeASCII(<char*>table_key(&origins.exact, slot), slot.n, NULL)
                patterns.append(text + ":*" if slot.value == FC_ANY_PORT else text)
        for i in range(origins.wild.end if origins.deepest else 0):
            slot = &origins.wild.slots[i]
            if slot.hash == 0:
                continue
            cover = &origins.covers[slot.value]
            text = "{}://*.{}".format(
                PyUnicode_DecodeASCII(<char*>origins.schemes + cover.scheme, cover.scheme_n, NULL),
                PyUnicode_DecodeASCII(<char*>table_key(&origins.wild, slot), slot.n, NULL))
            if cover.any_port:
                patterns.append(text + ":*")
            for j in range(cover.n):
                port = origins.ports[cover.at + j]
                patterns.append(f"{text}:{port}" if port else text)
        patterns.sort()
        return patterns

    def decide(
        self, method, origin, request_method=None, request_headers=None,
        *, request_private_network=None, origin_granted=None, request=None,
    ):
        """Decide what a request gets.

        Each value is what the header field of that name holds, as ``str`` or ``bytes``; ``None`` where the request
        has no such field. ``request_headers`` may be a list or tuple, one item for each field line.
        ``origin_granted`` is what ``await policy.origin_check.ask(origin)`` returns; where it is ``None`` the policy
        asks by itself, which raises ``TypeError`` with an asynchronous function. ``request`` has what the policy's
        ``vary`` declares beside the method, as a mapping of names to values or a :class:`fastcors.DeclaredRequest`.

        Returns a :class:`fastcors.Decision`. A value of another type raises ``TypeError``; nothing that a client can
        send raises anything.
        """
        cdef Request found
        cdef PreflightFields fields
        request_headers = kept_lines(request_headers)
        request_of_values(&found, &fields, method, origin, request_method, request_headers, request_private_network)
        ask(self, &found, origin_granted, FC_GIVEN, <PyObject*>request, <PyObject*>method)
        return new_decision(self, &found, origin, request_method, request_headers)

    def is_origin_allowed(self, origin, /):
        """Whether a page of this origin may read the responses; for a WebSocket handshake, say. ``None``: no.

        ``TypeError`` where the policy has ``vary``: ``decide`` takes the request.
        """
        cdef Request request
        cdef Span span
        cdef int listed
        borrow_optional(origin, &span, "origin")
        actual_request(&request, span, False)
        ask(self, &request, None, FC_GIVEN, <PyObject*>None, <PyObject*>None)
        return request.origin.p != NULL and (
            match_origin(&self.compiled, request.origin, request.granted, &listed) == FC_OK)

    def write_into(
        self, buffer, offset, method, origin, request_method=None, request_headers=None,
        *, request_private_network=None, origin_granted=None, request=None, bint whole=False,
    ):
        """Decide, and write the header block into a caller's buffer with no allocation.

        ``buffer`` is writable contiguous bytes (a ``bytearray``, a ``memoryview``); the HTTP/1.1 lines, each with its
        CRLF, go to ``buffer[offset:]``. With ``whole=True`` a preflight gets its complete response in their place, as
        :attr:`fastcors.Decision.response` has it. Returns a :class:`fastcors.embedding.Written`: kind, status and size.

        Raises :class:`fastcors.BufferTooSmallError`, and writes nothing, where they do not fit; ``ValueError`` for an
        offset outside the buffer; ``TypeError`` for wrong types.
        """
        return write_into(
            self, buffer, offset, method, origin, request_method, request_headers, request_private_network,
            origin_granted, request, whole)

    def write_head_into(
        self, buffer, offset, head, start=0, end=None, /, *, method=None, path=None, origin_granted=None,
        bint whole=False,
    ):
        """Decide on a raw head as :meth:`decide_head` does, and write as :meth:`write_into` does."""
        return write_head_into(self, buffer, offset, head, start, end, method, origin_granted, path, whole)

    def decide_head(self, head, start=0, end=None, /, *, method=None, path=None, origin_granted=None):
        """Decide what a request gets, given as its head as it came over the wire, in HTTP/1.1 or 1.0.

        ``head[start:end]``, of ``bytes``, a ``bytearray`` or a ``memoryview``, begins with the request line or, where
        ``method`` is given, with the first field line. It goes on to the empty line, and what comes after that is not
        looked at. A head that is cut or malformed (RFC 9112, sections 3 and 5) is no CORS request. ``origin_granted``
        and ``path`` as for :meth:`decide_pairs`.
        """
        return decide_head(self, head, start, end, method, origin_granted, path)

    def decide_asgi(self, scope, /, *, origin_granted=None):
        """Decide what the request of an ASGI ``"http"`` scope gets; ``origin_granted`` as for :meth:`decide`.

        Header names may be in any letter case, and ``scope["headers"]`` any iterable of pairs.
        """
        return decide_asgi(self, scope, origin_granted)

    def decide_pairs(self, method, headers, /, *, origin_granted=None, path=None):
        """Decide what a request gets, given as its method and its header fields: pairs of bytes or str, in order.

        Names may be in any letter case, and ``headers`` any iterable. ``origin_granted`` as for :meth:`decide`;
        ``path`` is the decoded path, where the policy's ``vary`` declares that.
        """
        return decide_pairs(self, method, headers, origin_granted, path)

    def decide_mapping(self, method, headers, /, *, origin_granted=None, path=None):
        """Decide what a request gets, given as its method and a mapping of its header fields.

        The mapping has ``getall``, ``get_list``, ``getlist`` or ``get_all`` and ignores the letter case of names; or it
        has ``get`` alone; or it is a dictionary, in which names may be in any letter case and a list or tuple has an
        item for each line. ``origin_granted`` and ``path`` as for :meth:`decide_pairs`.
        """
        return decide_mapping(self, method, headers, origin_granted, path)

    def decide_h2(self, headers, /, *, origin_granted=None, path=None):
        """Decide what a request gets, given as its header list in HTTP/2 or HTTP/3: pairs of bytes or str, in order.

        It begins with the pseudo-header fields; without exactly one ``:method`` it is no preflight. ``origin_granted``
        as for :meth:`decide`; ``path`` is the decoded path, by default that of ``:path``.
        """
        return decide_h2(self, headers, origin_granted, path)

    def decide_rsgi(self, scope, /, *, origin_granted=None):
        """Decide what the request of an RSGI scope gets; ``origin_granted`` as for :meth:`decide`.

        ``scope.headers`` is a mapping with ``get_all``, as granian has it, or with one value for a name.
        """
        return decide_rsgi(self, scope, origin_granted)

    def decide_wsgi(self, environ, /, *, origin_granted=None):
        """Decide what the request of a WSGI environment gets; ``origin_granted`` as for :meth:`decide`."""
        return decide_wsgi(self, environ, origin_granted)

    def response_headers(self, headers, /):
        """The headers that the response to an actual (no preflight) ASGI request gets, ``Vary`` included.

        ``headers`` are the request's, as in an ASGI scope. Returns a tuple of pairs of ``bytes``, shared where it
        repeats nothing of the request: the cheapest form for a server that writes its own response. ``TypeError`` where
        the policy's ``vary`` declares the method or the path.
        """
        return response_headers(self, headers)

    def counts(self):
        """How many decisions there were by reason, of those that are counted: a new dictionary."""
        cdef int i
        cdef dict counts = {}
        for i in range(FC_REASONS):
            counts[REASONS[i]] = fc_counted(&self.counted[i])
        return counts

    def _count(self, reason):
        """Count a decision."""
        fc_count(&self.counted[<int>REASONS.index(reason)])


cdef Answers rsgi_answers(Engine engine):
    """The answers in the form of RSGI, which are made when the first request comes that way.

    They are put there whole: of two threads that come first, each makes its own, and one set stays. A free-threaded
    build makes them with the policy.
    """
    cdef Answers answers = engine.rsgi
    if answers is None:
        answers = NO_ANSWERS
        if engine.asgi is not NO_ANSWERS:  # or else the engine is not whole
            answers = make_answers(&engine.compiled, engine.plan, FC_RSGI)
            if engine.compiled.origins.exact.count <= FC_MAX_PREPARED:
                answers.listed = engine._listed(answers, engine.compiled.allowed, engine.compiled.bare_allowed)
            engine.rsgi = answers
    return answers
