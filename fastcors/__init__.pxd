# The C API of fastcors for Cython: "from fastcors cimport fastcors_import, ...". fastcors.h says what all this is. The
# folder that fastcors.get_include() returns must be among the include_dirs of the extension.

from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

cdef extern from "fastcors.h":
    enum:
        FASTCORS_API_VERSION
        FASTCORS_MAX_LINES

    enum:
        FASTCORS_UNKNOWN
        FASTCORS_GRANTED
        FASTCORS_NOT_GRANTED

    enum:
        FASTCORS_HEAD_CUT
        FASTCORS_HEAD_MALFORMED

    enum:
        FASTCORS_NONE
        FASTCORS_ACTUAL
        FASTCORS_PREFLIGHT

    enum:
        FASTCORS_OK
        FASTCORS_NOT_CORS
        FASTCORS_ORIGIN_MALFORMED
        FASTCORS_ORIGIN_NULL
        FASTCORS_ORIGIN_MULTIPLE
        FASTCORS_ORIGIN_NOT_ALLOWED
        FASTCORS_METHOD_MALFORMED
        FASTCORS_METHOD_NOT_ALLOWED
        FASTCORS_HEADER_NOT_ALLOWED
        FASTCORS_HEADERS_MALFORMED
        FASTCORS_HEADERS_TOO_LARGE
        FASTCORS_PRIVATE_NETWORK_NOT_ALLOWED

    ctypedef struct fastcors_text:
        const char* data
        size_t size

    ctypedef struct fastcors_request:
        uint32_t size
        uint32_t version
        fastcors_text method
        fastcors_text target
        fastcors_text origin
        fastcors_text request_method
        fastcors_text request_private_network
        const fastcors_text* request_headers
        uint32_t request_headers_count
        uint8_t several_origins
        uint8_t several_request_methods
        uint8_t granted

    ctypedef struct fastcors_verdict:
        uint32_t size
        uint32_t version
        int32_t kind
        int32_t reason
        int32_t status
        uint8_t allowed
        uint8_t must_ask
        uint64_t state[16]  # of the library

    ctypedef struct fastcors_written:
        int32_t kind
        int32_t status
        size_t size

    ctypedef struct fastcors_policy:
        pass

    ctypedef struct fastcors_router:
        pass

    ctypedef struct fastcors_api:
        uint32_t size
        uint32_t version
        uint32_t request_size
        uint32_t verdict_size
        fastcors_policy* (*policy_from_object)(object policy) except NULL
        void (*policy_release)(fastcors_policy* policy) noexcept
        int (*needs_python)(const fastcors_policy* policy) noexcept nogil
        Py_ssize_t (*request_from_head)(
            fastcors_request* request, const char* head, size_t size, fastcors_text* lines) noexcept nogil
        int (*decide)(
            const fastcors_policy* policy, const fastcors_request* request, fastcors_verdict* verdict) noexcept nogil
        int (*ask)(const fastcors_policy* policy, fastcors_request* request, PyObject* declared) except -1
        fastcors_written (*write_block)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*write_response)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*merge_head)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            const char* head, size_t size, int keep, char* out, size_t room) noexcept nogil
        fastcors_router* (*router_from_object)(object router) except NULL
        void (*router_release)(fastcors_router* router) noexcept
        const fastcors_policy* (*router_find)(
            const fastcors_router* router, fastcors_text host, fastcors_text path) noexcept nogil
        const char* (*reason_name)(int reason) noexcept nogil
        fastcors_written (*write_hpack)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*write_qpack)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*write_qpack_lines)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*write_body)(
            const fastcors_policy* policy, const fastcors_request* request, const fastcors_verdict* verdict,
            char* out, size_t room) noexcept nogil
        fastcors_written (*write_head_into)(
            const fastcors_policy* policy, const char* head, size_t size, Py_ssize_t* found, int whole,
            fastcors_verdict* verdict, char* out, size_t room) noexcept nogil

    void fastcors_request_init(fastcors_request* request) noexcept nogil
    void fastcors_verdict_init(fastcors_verdict* verdict) noexcept nogil
    const fastcors_api* fastcors_import() except NULL
