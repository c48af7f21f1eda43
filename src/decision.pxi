# The decision, as Python sees it: the verdict, and what it was made on, from which each form is written when
# somebody wants it.

cdef tuple KINDS = ("none", "actual", "preflight")
cdef tuple REASONS


cdef int name_reasons(tuple reasons) except -1:
    """Take the reasons as Python has them, which have the names that C is told."""
    global REASONS
    cdef int i
    for i in range(FC_REASONS):
        if len(reasons) != FC_REASONS or reasons[i].value.encode() != <bytes>fc_reason_names[i]:
            raise ImportError("fastcors._core and fastcors.decision do not fit together")
    REASONS = reasons
    return 0


cdef inline bint _keeps(object on_conflict) except -1:
    """Whether an application's own headers are kept. ValueError: it is neither of the two ways."""
    if on_conflict == "replace":
        return False
    if on_conflict == "keep":
        return True
    raise ValueError('on_conflict must be "replace" or "keep"')


@cython.final
@cython.freelist(16)
cdef class Decision:
    """What one request gets, and why. Made by :meth:`fastcors.Policy.decide`; it does not change."""

    cdef Engine engine
    cdef Verdict verdict
    cdef bint several_origins
    cdef bint several_methods
    cdef bint private_network
    cdef object _origin
    cdef object _request_method
    cdef object _request_headers  # None, str, bytes, or a tuple of str and bytes: what the spans point into

    cdef int _check(self) except -1:
        if self.engine is None:
            raise TypeError("this Decision was not made by a policy")
        return 0

    cdef int _request(self, Request* request, PreflightFields* fields) except -1:
        """Make the request again, as far as the verdict's parts repeat it."""
        cdef Span origin
        self._check()
        borrow(self._origin, &origin)
        if not self.verdict.parts & (part(FC_PART_METHOD_REQUESTED) | part(FC_PART_HEADERS_REQUESTED)):
            actual_request(request, origin, self.several_origins)  # of which nothing but the origin is written
        else:
            preflight_fields(fields, self._request_method, self._request_headers, None)
            preflight_request(request, origin, self.several_origins, fields)
        return 0

    cdef list _merge(self, object headers, object on_conflict, Answers answers, uint8_t more):
        cdef bint keep
        cdef tuple answer
        cdef list merged
        cdef Py_ssize_t i
        cdef Request request
        cdef PreflightFields fields
        self._request(&request, &fields)
        keep = _keeps(on_conflict)
        answer = answer_pairs(
            &self.engine.compiled, <PyObject*>answers, &request, &self.verdict, <PyObject*>self._origin)
        merged = merge(answer, headers, keep, merge_rules(self.engine, &self.verdict) | more, answers.text)
        if (
            self.verdict.listed != FC_NOT_PREPARED and self.verdict.kind == FC_KIND_ACTUAL
            and begins_with_origin(self.verdict.parts)
        ):
            for i in range(PyList_GET_SIZE(merged)):
                if PyList_GET_ITEM(merged, i) == PyTuple_GET_ITEM(answer, 0):
                    merged[i] = origin_pair(answers, &request, self._origin)  # with the caller's own bytes
        return merged

    def __reduce__(self):
        raise TypeError("a Decision cannot be pickled: it belongs to one request")

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    @property
    def policy(self):
        """The policy that decided."""
        self._check()
        return self.engine

    @property
    def outcome(self):
        """What the policy said, with nothing of the request: the same object for all requests with this reason."""
        self._check()
        return self.engine.outcomes[self.verdict.reason]

    @property
    def kind(self):
        """``"none"`` (no CORS request), ``"actual"`` or ``"preflight"``."""
        self._check()
        return KINDS[self.verdict.kind]

    @property
    def reason(self):
        """The :class:`fastcors.Reason`."""
        self._check()
        return REASONS[self.verdict.reason]

    @property
    def allowed(self):
        """Whether nothing was refused: the reason is ``ok``, or ``not-cors``."""
        self._check()
        return self.verdict.reason <= FC_NOT_CORS

    @property
    def status(self):
        """The status code of the answer to a preflight; ``None`` where the application responds."""
        self._check()
        return status_of(&self.engine.compiled, &self.verdict) or None

    @property
    def body(self):
        """The body of the answer to a preflight: the plan's, or the reason of a refusal where ``debug`` is on."""
        self._check()
        if self.verdict.kind != FC_KIND_PREFLIGHT:
            return b""
        if self.verdict.failures and self.engine.plan.explains:
            from fastcors._explain.sentences import debug_body  # only what explains pays for its import
            return debug_body(self)
        return <object>PyTuple_GET_ITEM(self.engine.wsgi.bodies, self.verdict.failures)

    @property
    def origin(self):
        """The ``Origin`` of the request as it was given."""
        self._check()
        return self._origin

    @property
    def request_method(self):
        """The ``Access-Control-Request-Method`` of the request as it was given."""
        self._check()
        return self._request_method

    @property
    def requested(self):
        """What a preflight requests; ``None`` for other requests."""
        cdef PreflightFields fields
        cdef list names = []
        cdef int i
        self._check()
        if self.verdict.kind != FC_KIND_PREFLIGHT:
            return None
        preflight_fields(&fields, self._request_method, self._request_headers, None)
        for i in range(fields.n_lines):
            names.append(fields.lines[i].p[:min(fields.lines[i].n, FC_MAX_HEADER_BYTES + 1)])
        method = fields.method.p[:min(fields.method.n, FC_MAX_METHOD + 1)]
        return Requested(method, self.several_methods, tuple(names), self.private_network)

    @property
    def detail(self):
        """What the reason is about, as printable ASCII, shortened: an origin, a method or a header name."""
        self._check()
        cdef int reason = self.verdict.reason
        if FC_ORIGIN_MALFORMED <= reason <= FC_ORIGIN_NOT_ALLOWED:
            return escape(self._origin)
        if FC_METHOD_MALFORMED <= reason <= FC_METHOD_NOT_ALLOWED:
            return escape(self._request_method)
        if self.verdict.offender.p != NULL:
            return escape(PyBytes_FromStringAndSize(<char*>self.verdict.offender.p, self.verdict.offender.n))
        return ""

    def _verdict(self):
        """What was decided, in the form in which the tests compare both engines."""
        cdef Request request
        cdef PreflightFields fields
        cdef Verdict* verdict = &self.verdict
        self._check()
        request_of_values(
            &request, &fields, b"OPTIONS", self._origin, self._request_method, self._request_headers, None)
        names = PyBytes_FromStringAndSize(NULL, verdict.names_bytes)
        copy_names(&request, verdict, <uint8_t*>PyBytes_AS_STRING(names))
        offender = b"" if verdict.offender.p == NULL else verdict.offender.p[:verdict.offender.n]
        return (
            KINDS[verdict.kind], REASONS[verdict.reason], verdict.parts,
            tuple(names.split(b", " if verdict.names_as_sent else b",")) if verdict.names else (), offender,
            verdict.failures if verdict.kind == FC_KIND_PREFLIGHT else 0)

    @property
    def headers(self):
        """The headers as a new list of pairs of ``bytes``, names in lower case."""
        cdef Request request
        cdef PreflightFields fields
        self._request(&request, &fields)
        return write_pairs(self.engine.asgi, &request, &self.verdict, self._origin)

    @property
    def headers_str(self):
        """The headers as a new list of pairs of ``str``, names in Title-Case."""
        cdef Request request
        cdef PreflightFields fields
        self._request(&request, &fields)
        return write_pairs(self.engine.wsgi, &request, &self.verdict, self._origin)

    @property
    def block(self):
        """The headers as HTTP/1.1 field lines: ``bytes``, CRLF after each line, no empty line at the end."""
        cdef Request request
        cdef PreflightFields fields
        cdef bytes block
        self._request(&request, &fields)
        block = PyBytes_FromStringAndSize(NULL, block_size(self.engine.lines, &request, &self.verdict))
        write_block(self.engine.lines, &request, &self.verdict, <uint8_t*>PyBytes_AS_STRING(block))
        return block

    @property
    def headers_str_lower(self):
        """The headers as a new list of pairs of ``str``, names in lower case."""
        cdef Request request
        cdef PreflightFields fields
        self._request(&request, &fields)
        return write_pairs(rsgi_answers(self.engine), &request, &self.verdict, self._origin)

    cdef object _end(self, Span* end):
        """Find the end of the response to a preflight; without bytes for other requests. Returns what holds it, where
        Python writes it now."""
        cdef object explained = None
        end[0] = self.engine.responses.ends[self.verdict.failures if self.verdict.kind == FC_KIND_PREFLIGHT else 0]
        if self.verdict.kind != FC_KIND_PREFLIGHT:
            end.p = NULL
        elif end.p == NULL:
            explained = response_end(self.status, self.body)
            borrow(explained, end)
        return explained

    cdef bytes _fields(self, int form):
        cdef Request request
        cdef PreflightFields fields
        cdef Span end
        cdef object held
        self._request(&request, &fields)
        held = self._end(&end)
        return fields_of(self.engine, form, &request, &self.verdict, end)

    @property
    def hpack(self):
        """The headers as HTTP/2 field lines (HPACK), with ``:status`` in front and all that a response to a preflight
        needs behind. They can be put behind any field block of a connection."""
        return self._fields(FC_HPACK_LINES)

    @property
    def qpack(self):
        """The headers as an HTTP/3 field section (QPACK), which is whole: the prefix, then :attr:`qpack_lines`."""
        return self._fields(FC_QPACK_SECTION)

    @property
    def qpack_lines(self):
        """The headers as HTTP/3 field lines (QPACK) without the prefix of a section; otherwise as :attr:`hpack`."""
        return self._fields(FC_QPACK_LINES)

    @property
    def asgi_messages(self):
        """The two messages of the ASGI response to a preflight, new ones each time; ``None`` for other requests."""
        cdef object status = self.status
        if status is None:
            return None
        body = self.body
        start = _start(status, FC_ASGI)
        start["headers"] = self.headers + _end(status, body, FC_ASGI)
        return start, _body(body, FC_ASGI)

    @property
    def rsgi_response(self):
        """The status and headers of the RSGI response to a preflight; ``None`` for other requests."""
        cdef object status = self.status
        if status is None:
            return None
        return status, self.headers_str_lower + _end(status, self.body, FC_RSGI)

    @property
    def response(self):
        """The complete HTTP/1.1 response to a preflight: ``bytes``; ``None`` for other kinds of requests."""
        cdef Request request
        cdef PreflightFields fields
        cdef Span end
        cdef object held
        cdef bytes response
        self._request(&request, &fields)
        held = self._end(&end)
        if end.p == NULL:
            return None
        response = PyBytes_FromStringAndSize(
            NULL, response_size(self.engine.lines, &self.engine.responses, end, &request, &self.verdict))
        write_response(
            self.engine.lines, &self.engine.responses, end, &request, &self.verdict,
            <uint8_t*>PyBytes_AS_STRING(response))
        return response

    def explain(self):
        """A few plain sentences: what was requested, the verdict, and the configured value to change."""
        self._check()
        from fastcors._explain.sentences import explain
        return explain(self)

    def merge_asgi(self, headers, /, *, on_conflict="replace"):
        """The headers of an ASGI response with this decision's: a new list, the given one is left as it is.

        Every ``Access-Control-*`` header of the application is taken out, and ``Vary`` is merged. With
        ``on_conflict="keep"``, where the application set ``Access-Control-Allow-Origin``, all of its own stay, and
        ``Vary`` alone is added. ``headers`` is any iterable of pairs of ``bytes``. To merge twice changes nothing.
        """
        self._check()
        return self._merge(headers, on_conflict, self.engine.asgi, 0)

    def merge_rsgi(self, headers, /, *, on_conflict="replace"):
        """The headers of an RSGI response, pairs of ``str``, with this decision's, as :meth:`merge_asgi` has them.

        The policy's names are in lower case.
        """
        self._check()
        return self._merge(headers, on_conflict, rsgi_answers(self.engine), FC_LOWERS_NAMES)

    def merge_wsgi(self, headers, /, *, on_conflict="replace"):
        """The headers of a WSGI response, pairs of ``str``, with this decision's, as :meth:`merge_asgi` has them."""
        self._check()
        return self._merge(headers, on_conflict, self.engine.wsgi, 0)

    def merge_multidict(self, headers, /, *, on_conflict="replace"):
        """A copy of a multidict of ``str`` with this decision's headers, merged as :meth:`merge_asgi` does.

        It can be iterated, has ``items``, ``copy``, ``clear`` and ``add``, and ignores the letter case of names. Where
        no name in it is of CORS, ``Vary`` or ``Timing-Allow-Origin``, its values may be anything.
        """
        cdef Request request
        cdef PreflightFields fields
        cdef bint keep
        cdef tuple answer
        self._request(&request, &fields)
        if getattr(headers, "add", None) is None:
            raise _wrong_type("headers", "a multidict, which has add(name, value)", headers)
        keep = _keeps(on_conflict)
        answer = answer_pairs(
            &self.engine.compiled, <PyObject*>self.engine.wsgi, &request, &self.verdict, <PyObject*>self._origin)
        return merge_multidict(answer, headers, keep, merge_rules(self.engine, &self.verdict))

    def merge_head(self, head, /, *, on_conflict="replace"):
        """The head of an HTTP/1 response with this decision's headers, merged as :meth:`merge_asgi` does: ``bytes``.

        ``head`` is ``bytes``, a ``bytearray`` or a ``memoryview``: a status line, field lines, the empty line, and
        nothing behind it. What the policy has no say in is copied byte for byte, but that a folded line becomes one
        line. The head of an informational response (1xx) is left as it is. ``ValueError``: it is no such head.
        """
        cdef Request request
        cdef PreflightFields fields
        cdef Span span
        cdef bint keep
        self._request(&request, &fields)
        keep = _keeps(on_conflict)
        head = bytes_of(head)
        borrow(head, &span)
        return merged_head(
            span, self.engine.lines, &request, &self.verdict, merge_rules(self.engine, &self.verdict), keep)

    def __repr__(self):
        return (f"Decision(kind={self.kind!r}, allowed={self.allowed}, reason={self.reason.value!r}, "
                f"status={self.status})")

    def _key(self):
        return self.kind, self.allowed, self.reason, self.status, tuple(self.headers), self.body

    def __eq__(self, other):
        if not isinstance(other, Decision):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self):
        return hash(self._key())


cdef object new_decision(
    Engine engine, const Request* request, object origin, object request_method, object request_headers
):
    """Decide, and keep what the request is borrowed from, as the verdict points into it."""
    cdef Decision decision
    if unlikely(engine.asgi is None):
        raise TypeError("this policy was never made")  # but its subclass has a __del__
    decision = Decision.__new__(Decision)
    decide(&engine.compiled, request, &decision.verdict)
    decision.verdict.reason = exact_reason(&engine.compiled, decision.verdict.reason, request.origin)
    decision.engine = engine
    decision.several_origins = request.several_origins
    decision.several_methods = request.several_methods
    decision.private_network = request.private_network
    decision._origin = origin
    decision._request_method = request_method
    decision._request_headers = request_headers
    return decision
