# Late: what the engine takes from Python. It is imported when the first policy or table of routes is made, or the first
# subclass of a shim, and not with the module: all three come before the first request.

from _thread import RLock
from os import urandom

cdef object ASYNCHRONOUS
cdef object BufferTooSmallError, Plan, Requested, Settings, Written
cdef object body_headers, body_of, check_h2_list, check_header_list, check_header_mapping, check_of, check_plan
cdef object check_scope, encoded, escape, head_error, lines_method, lowered, outcomes_of, pairs_of_dict, partial
cdef object read_table, readable, respond_to_failure, response_end, response_start, room_of_fields, send_failure
cdef object shapes_by_length, status_line, wrong_head


cdef int load() except -1:
    """Import it."""
    global ASYNCHRONOUS
    global BufferTooSmallError, Plan, Requested, Settings, Written
    global body_headers, body_of, check_h2_list, check_header_list, check_header_mapping, check_of, check_plan
    global check_scope, encoded, escape, head_error, lines_method, lowered, outcomes_of, pairs_of_dict, partial
    global read_table, readable, respond_to_failure, response_end, response_start, room_of_fields, send_failure
    global shapes_by_length, status_line, wrong_head
    global MOST_LINES, NO_OUTCOMES

    from functools import partial

    from fastcors._config.functions import ASYNCHRONOUS
    from fastcors._config.plan import FIELDS, Plan, body_of, check_plan
    from fastcors._config.route_shapes import read_table, shapes_by_length
    from fastcors._config.settings import Settings
    from fastcors._dynamic.declare import MOST_LINES as most_lines, room_of_fields
    from fastcors._dynamic.start import check_of
    from fastcors._header_list import (
        check_h2_list, check_header_list, check_header_mapping, check_scope, lines_method, pairs_of_dict, readable,
        wrong_head)
    from fastcors._http1 import (
        body_headers, encoded, head_error, lowered, response_end, response_start, status_line)
    from fastcors._shims.messages import respond_to_failure, send_failure
    from fastcors.decision import Reason, Requested, Written, escape, outcomes_of
    from fastcors.errors import BufferTooSmallError

    name_parts(FIELDS)
    name_reasons(tuple(Reason))
    make_reason_ends()
    NO_ANSWERS.names = ASGI_NAMES
    MOST_LINES = most_lines
    NO_OUTCOMES = outcomes_of(None)
    return 0


cdef object loading = RLock()
cdef bint loaded = False


cdef int need_python() except -1:
    """See that it is there. Threads that come at once wait for the first of them."""
    global loaded
    with loading:
        if not loaded:
            load()
            loaded = True
    return 0
