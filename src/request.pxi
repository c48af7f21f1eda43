# The request that is decided on. One constructor for each kind of it fills in every field, and nothing else writes into
# one, but for `granted`, which `ask` fills in.
#
# A request owns nothing: its spans point into objects that the caller holds as long as the request is used.

cdef inline void actual_request(Request* request, Span origin, bint several_origins) noexcept nogil:
    """Fill in a request that is no preflight; p of its origin is NULL where it has none."""
    request.origin = origin
    request.requested_method.p = NULL
    request.requested_method.n = 0
    request.requested_headers = NULL
    request.n_requested_headers = 0
    request.several_origins = several_origins
    request.several_methods = request.private_network = request.granted = False


cdef inline void preflight_request(
    Request* request, Span origin, bint several_origins, PreflightFields* fields
) noexcept nogil:
    """Fill in a preflight, which has an origin and requests a method."""
    request.origin = origin
    request.requested_method = fields.method
    request.requested_headers = fields.lines
    request.n_requested_headers = fields.n_lines
    request.several_origins = several_origins
    request.several_methods = fields.several_methods
    request.private_network = fields.private_network
    request.granted = False


cdef inline int preflight_fields(
    PreflightFields* fields, object method, object lines, object private_network
) except -1:
    """Fill in what a preflight requests from the value of each field, or None. TypeError: one of them is no text."""
    cdef Span network
    borrow_optional(method, &fields.method, "request_method")
    fields.several_methods = False
    fields.n_lines = borrow_lines(lines, fields.lines)
    borrow_optional(private_network, &network, "request_private_network")
    fields.private_network = network.p != NULL and is_text(network, "true", 4)
    return 0


cdef inline int request_of_values(
    Request* request, PreflightFields* fields, object method, object origin, object request_method,
    object request_headers, object request_private_network
) except -1:
    """Fill in a request of either kind from values that a caller gave. TypeError: one of them is no text."""
    cdef Span method_span, origin_span
    borrow_text(method, &method_span, "method")
    borrow_optional(origin, &origin_span, "origin")
    preflight_fields(fields, request_method, request_headers, request_private_network)
    if origin_span.p != NULL and fields.method.p != NULL and is_text(method_span, "OPTIONS", 7):
        preflight_request(request, origin_span, False, fields)
    else:
        actual_request(request, origin_span, False)
    return 0
