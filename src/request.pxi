# The request that is decided on. One constructor for each kind of it fills in every field, and nothing else writes into
# one, but for `granted`, which `ask` fills in.
#
# A request owns nothing: its spans point into objects that the caller holds as long as the request is used.

cdef struct Asked:
    # What a preflight asks for, beside its origin.
    Span method           # Access-Control-Request-Method; p is NULL: there is none, so that it is no preflight
    bint several_methods
    bint private_network  # Access-Control-Request-Private-Network: true
    int n_lines           # of Access-Control-Request-Headers
    Span lines[FC_MAX_LINES]


cdef inline void actual_request(Request* request, Span origin, bint several_origins) noexcept nogil:
    """Fill in a request that is no preflight; p of its origin is NULL where it has none."""
    request.origin = origin
    request.asked_method.p = NULL
    request.asked_method.n = 0
    request.asked_headers = NULL
    request.n_asked_headers = 0
    request.several_origins = several_origins
    request.several_methods = request.private_network = request.granted = False


cdef inline void preflight_request(Request* request, Span origin, bint several_origins, Asked* asked) noexcept nogil:
    """Fill in a preflight, which has an origin and asks for a method."""
    request.origin = origin
    request.asked_method = asked.method
    request.asked_headers = asked.lines
    request.n_asked_headers = asked.n_lines
    request.several_origins = several_origins
    request.several_methods = asked.several_methods
    request.private_network = asked.private_network
    request.granted = False


cdef inline int asked_of(Asked* asked, object method, object lines, object private_network) except -1:
    """Fill in what a preflight asks for from the value of each field, or None. TypeError: one of them is no text."""
    cdef Span network
    borrow_optional(method, &asked.method, "request_method")
    asked.several_methods = False
    asked.n_lines = borrow_lines(lines, asked.lines)
    borrow_optional(private_network, &network, "request_private_network")
    asked.private_network = network.p != NULL and is_text(network, "true", 4)
    return 0


cdef inline int request_of_values(
    Request* request, Asked* asked, object method, object origin, object request_method, object request_headers,
    object request_private_network
) except -1:
    """Fill in a request of either kind from values that a caller gave. TypeError: one of them is no text."""
    cdef Span method_span, origin_span
    borrow_text(method, &method_span, "method")
    borrow_optional(origin, &origin_span, "origin")
    asked_of(asked, request_method, request_headers, request_private_network)
    if origin_span.p != NULL and asked.method.p != NULL and is_text(method_span, "OPTIONS", 7):
        preflight_request(request, origin_span, False, asked)
    else:
        actual_request(request, origin_span, False)
    return 0
