/* fastcors.h: the C API of fastcors, CORS for gateways and servers. For extension modules in C, C++, Cython and Rust.
 *
 * A policy is made in Python, where its configuration is checked. C holds a handle of it, decides on requests and
 * writes header lines, all without Python:
 *
 *     static const fastcors_api *cors;                                     // at import, with the GIL:
 *     if ((cors = fastcors_import()) == NULL) return NULL;                 // an ImportError is set
 *     fastcors_policy *policy = cors->policy_from_object(object);
 *     if (policy == NULL) return NULL;                                     // a TypeError is set
 *
 *     fastcors_request request;                                            // for each request, in any thread:
 *     fastcors_verdict verdict;
 *     fastcors_request_init(&request);
 *     fastcors_verdict_init(&verdict);
 *     request.method.data = "GET", request.method.size = 3;                // and the fields that the request has
 *     cors->decide(policy, &request, &verdict);
 *     fastcors_written written = cors->write_block(policy, &request, &verdict, buffer, sizeof buffer);
 *
 *     cors->policy_release(policy);                                        // at the end, with the GIL
 *
 * THREADS. Policies never change, so no function takes a lock, and any number of threads may use one handle at a time.
 * What is marked "no GIL" may be called with the GIL or without it, in a thread that Python knows or does not know. All
 * else needs the GIL (on a free-threaded build: an attached thread state). A request and a verdict are of one thread.
 *
 * LIFETIME. A policy lives as long as a handle of it is held. Nothing that a request points to is copied: the request,
 * and the bytes that it points to, must stay as they are from decide() to the last writer. The table of functions is
 * valid as long as the process runs.
 *
 * BYTES. Text is bytes with a length, and need not end with NUL. A client may have sent anything in it: no function
 * reads beyond a length, fails, or works without bounds because of what the bytes are.
 *
 * VERSIONS. Additions make the table and the structs longer, at their ends, and change nothing for older modules. A
 * module runs with the fastcors that it was compiled for and with newer ones of this FASTCORS_API_VERSION; with others
 * fastcors_import() raises an ImportError that says so.
 */

#ifndef FASTCORS_H
#define FASTCORS_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FASTCORS_API_VERSION 1

/* The most lines of Access-Control-Request-Headers that are looked at; a preflight with so many is refused. */
#define FASTCORS_MAX_LINES 145

/* Bytes that somebody else owns. data is NULL: there are none, as of a field that a request does not have, which is not
 * the same as an empty one. */
typedef struct fastcors_text {
    const char *data;
    size_t size;
} fastcors_text;

/* What the policy's function or regular expression says about the origin. */
enum {
    FASTCORS_UNKNOWN = 0,
    FASTCORS_GRANTED = 1,
    FASTCORS_NOT_GRANTED = 2
};

/* What a request says to CORS. fastcors_request_init() makes an empty one; fill in the fields that the request has. */
typedef struct fastcors_request {
    uint32_t size;                         /* sizeof(fastcors_request) */
    uint32_t version;                      /* FASTCORS_API_VERSION */
    fastcors_text method;                  /* the method of the request itself; it always has one */
    fastcors_text target;                  /* the target of the request line, "/items?page=2"; nothing reads it */
    fastcors_text origin;                  /* Origin; the first of several */
    fastcors_text request_method;          /* Access-Control-Request-Method; the first of several */
    fastcors_text request_private_network; /* Access-Control-Request-Private-Network */
    const fastcors_text *request_headers;  /* Access-Control-Request-Headers, an item for each line */
    uint32_t request_headers_count;        /* how many lines; those beyond FASTCORS_MAX_LINES need not be there */
    uint8_t several_origins;               /* 1: there are several Origin lines, which is refused */
    uint8_t several_request_methods;       /* 1: there are several Access-Control-Request-Method lines: refused */
    uint8_t granted;                       /* FASTCORS_UNKNOWN, ... */
    uint8_t reserved;                      /* 0 */
} fastcors_request;

/* What request_from_head() returns of what is no head. */
enum {
    FASTCORS_HEAD_CUT = -1,      /* it has no end yet: more bytes are needed */
    FASTCORS_HEAD_MALFORMED = -2 /* RFC 9112, sections 3 and 5, does not have it */
};

/* Kinds of requests. */
enum {
    FASTCORS_NONE = 0,     /* it has no Origin: the application responds; its response may need Vary */
    FASTCORS_ACTUAL = 1,   /* the application responds, and its response gets the policy's lines */
    FASTCORS_PREFLIGHT = 2 /* the server responds with the policy's status, and the application is not called */
};

/* Why a request is allowed or not, as fastcors.Reason; reason_name() says it as text. There may be more some day. */
enum {
    FASTCORS_OK = 0,
    FASTCORS_NOT_CORS = 1,
    FASTCORS_ORIGIN_MALFORMED = 2,
    FASTCORS_ORIGIN_NULL = 3,
    FASTCORS_ORIGIN_MULTIPLE = 4,
    FASTCORS_ORIGIN_NOT_ALLOWED = 5,
    FASTCORS_METHOD_MALFORMED = 6,
    FASTCORS_METHOD_NOT_ALLOWED = 7,
    FASTCORS_HEADER_NOT_ALLOWED = 8,
    FASTCORS_HEADERS_MALFORMED = 9,
    FASTCORS_HEADERS_TOO_LARGE = 10,
    FASTCORS_PRIVATE_NETWORK_NOT_ALLOWED = 11
};

/* What was decided. fastcors_verdict_init() makes an empty one, which decide() fills in, any number of times. */
typedef struct fastcors_verdict {
    uint32_t size;        /* sizeof(fastcors_verdict) */
    uint32_t version;     /* FASTCORS_API_VERSION */
    int32_t kind;         /* FASTCORS_NONE, ... */
    int32_t reason;       /* FASTCORS_OK, ... */
    int32_t status;       /* of the response to a preflight; 0: the application responds */
    uint8_t allowed;      /* 0: something was refused; 1 also where the request is not CORS */
    uint8_t must_ask;     /* 1: ask() first, then decide again: the tables leave it to the function or expression */
    uint8_t reserved[2];
    uint64_t state[16];   /* of the library: what the writers write */
} fastcors_verdict;

/* What a writer returns. Where size is more than the room, nothing was written. */
typedef struct fastcors_written {
    int32_t kind;   /* that of the verdict; -1: request or verdict were not made by their init functions */
    int32_t status; /* that of the verdict */
    size_t size;    /* bytes that were written, or that are needed */
} fastcors_written;

/* Handles: of a fastcors.Policy, and of a fastcors.embedding.Router. */
typedef struct fastcors_policy fastcors_policy;
typedef struct fastcors_router fastcors_router;

/* The functions. fastcors_import() returns the one table of the process. */
typedef struct fastcors_api {
    uint32_t size;         /* bytes of this table, and of each struct, in the installed fastcors */
    uint32_t version;
    uint32_t request_size;
    uint32_t verdict_size;

    /* Return a handle of a policy, which keeps it alive; to be released once. NULL with a TypeError: the object is no
     * policy of the native engine. */
    fastcors_policy *(*policy_from_object)(PyObject *object);

    /* Release a handle, once, when no thread uses it any more. NULL is let pass. */
    void (*policy_release)(fastcors_policy *policy);

    /* No GIL. 1: the policy has a function or a regular expression, which only Python can ask. decide() then sets
     * verdict->must_ask for a request whose origin has to be asked about. */
    int (*needs_python)(const fastcors_policy *policy);

    /* No GIL. Fill in a request from the head of HTTP/1.1 or 1.0 at `head`: a request line, field lines, an empty line.
     * `lines` is for FASTCORS_MAX_LINES lines, which the request points into, as it does into the head. Returns the
     * size of the head with its empty line, behind which nothing is looked at; FASTCORS_HEAD_CUT or
     * FASTCORS_HEAD_MALFORMED, and then the request has no field and is not CORS. request->granted stays as it is. */
    ptrdiff_t (*request_from_head)(fastcors_request *request, const char *head, size_t size, fastcors_text *lines);

    /* No GIL. Decide on a request. Returns the kind; -1: request or verdict were not made by their init functions.
     *
     * Where verdict->must_ask is set, what was decided counts as if the answer were no. To have the answer, take the
     * GIL, call ask(), and decide again. */
    int (*decide)(const fastcors_policy *policy, const fastcors_request *request, fastcors_verdict *verdict);

    /* Ask the policy's function or regular expression about the request's origin, and set request->granted. The
     * answer is remembered by the policy. `declared` has what the policy's `vary` declares, as for the `request` of
     * Policy.decide(); NULL where it declares nothing. Returns 0; -1 with an exception: the function is asynchronous,
     * so that the caller awaits policy.origin_check.ask(origin) and sets request->granted, or `declared` is missing. */
    int (*ask)(const fastcors_policy *policy, fastcors_request *request, PyObject *declared);

    /* No GIL. Write the header lines of a verdict as HTTP/1.1 has them, CRLF after each, into `room` bytes at `out`. */
    fastcors_written (*write_block)(const fastcors_policy *policy, const fastcors_request *request,
                                    const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Write the complete HTTP/1.1 response to a preflight, from the status line to the end of its body. To any
     * other request nothing is written: `size` is 0. Where the policy has debug=True, the body of a refusal is the name
     * of the reason, as sentences need Python. */
    fastcors_written (*write_response)(const fastcors_policy *policy, const fastcors_request *request,
                                       const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Write the head of a response as it came from an application or an upstream, from its status line to its
     * empty line, with the policy's lines merged into it: its own lines of CORS go, Vary is joined, and all else is
     * copied. `keep`: where it has Access-Control-Allow-Origin its own lines stay, and only Vary is joined. Where the
     * head is none, or parsers read it in different ways, `kind` is FASTCORS_HEAD_MALFORMED and it must not be sent.
     * Where it does not fit, what is at `out` is of no use. `out` and `head` do not overlap. */
    fastcors_written (*merge_head)(const fastcors_policy *policy, const fastcors_request *request,
                                   const fastcors_verdict *verdict, const char *head, size_t size, int keep, char *out,
                                   size_t room);

    /* Return a handle of a router, which keeps it and its policies alive; to be released once. NULL with a TypeError:
     * the object is no router of the native engine, or some of its policies are not. */
    fastcors_router *(*router_from_object)(PyObject *object);

    /* Release a handle, once, when no thread uses it or a policy of it any more. NULL is let pass. */
    void (*router_release)(fastcors_router *router);

    /* No GIL. Find the policy that a path is under: decoded once, in UTF-8, without its query. `host` is the value of
     * the Host field; without data where there is none. The policy is not to be released, and lives as long as the
     * router. NULL: no CORS for this path. */
    const fastcors_policy *(*router_find)(const fastcors_router *router, fastcors_text host, fastcors_text path);

    /* No GIL. The name of a reason, "origin-not-allowed", which ends with NUL and is never freed. NULL for what is no
     * reason. */
    const char *(*reason_name)(int reason);

    /* No GIL. Write the fields of a verdict as HTTP/2 has them (HPACK, RFC 7541), without Huffman's code. They refer to
     * the static table alone and put nothing into a dynamic one, so they can be put behind any field block of a
     * connection. For a preflight they are the whole field block of its response: `:status` comes first, and what
     * describes the body last. Where write_body() has none, the block ends the stream. */
    fastcors_written (*write_hpack)(const fastcors_policy *policy, const fastcors_request *request,
                                    const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Write the fields as HTTP/3 has them (QPACK, RFC 9204): a whole field section, which begins with its
     * prefix. Otherwise as write_hpack(). */
    fastcors_written (*write_qpack)(const fastcors_policy *policy, const fastcors_request *request,
                                    const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Write the field lines of HTTP/3 without a prefix, to be put behind any field section. */
    fastcors_written (*write_qpack_lines)(const fastcors_policy *policy, const fastcors_request *request,
                                          const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Write the body of the response to a preflight, as write_response() has it behind the head: for HTTP/2 and
     * HTTP/3, where it is a frame of its own. Mostly there is none. */
    fastcors_written (*write_body)(const fastcors_policy *policy, const fastcors_request *request,
                                   const fastcors_verdict *verdict, char *out, size_t room);

    /* No GIL. Read a raw head, decide on it and write, in one call: the header lines, or, where `whole` is not 0 and it
     * is a preflight, the complete response. `found`, unless it is NULL, gets what request_from_head() returns; a head
     * that is cut or malformed is no CORS request. `verdict` gets what decide() says, and no writer takes it
     * afterwards. Where verdict->must_ask is set, what was written counts as if the answer were no: begin again with
     * request_from_head(). `head` and `out` do not overlap. */
    fastcors_written (*write_head_into)(const fastcors_policy *policy, const char *head, size_t size,
                                        ptrdiff_t *found, int whole, fastcors_verdict *verdict, char *out,
                                        size_t room);
} fastcors_api;

/* No GIL. Make an empty request. */
static inline void fastcors_request_init(fastcors_request *request)
{
    memset(request, 0, sizeof(*request));
    request->size = (uint32_t)sizeof(*request);
    request->version = FASTCORS_API_VERSION;
}

/* No GIL. Make an empty verdict, of which nothing would be written. */
static inline void fastcors_verdict_init(fastcors_verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->size = (uint32_t)sizeof(*verdict);
    verdict->version = FASTCORS_API_VERSION;
}

/* Return the table of functions; NULL with an ImportError: fastcors is not installed, has no native engine, or does not
 * fit the header that the caller was compiled with. Needs the GIL. */
static inline const fastcors_api *fastcors_import(void)
{
    const fastcors_api *api = NULL;
    PyObject *module = PyImport_ImportModule("fastcors._core");
    PyObject *capsule = module == NULL ? NULL : PyObject_GetAttrString(module, "_C_API");
    if (capsule != NULL) {
        api = (const fastcors_api *)PyCapsule_GetPointer(capsule, "fastcors._core._C_API");
        Py_DECREF(capsule);
    } else if (module != NULL) {
        PyErr_SetString(PyExc_ImportError, "the installed fastcors has no C API: a newer one is needed");
    }
    Py_XDECREF(module);
    if (api == NULL) return NULL;
    if (api->version != FASTCORS_API_VERSION) {
        PyErr_Format(PyExc_ImportError, "version %d of the C API of fastcors is needed, and version %d is installed",
                     (int)FASTCORS_API_VERSION, (int)api->version);
        return NULL;
    }
    if (api->size < sizeof(fastcors_api) || api->request_size < sizeof(fastcors_request)
        || api->verdict_size < sizeof(fastcors_verdict)) {
        PyErr_Format(PyExc_ImportError,
                     "a newer fastcors is needed: tables and structs of %d, %d and %d bytes, and those of the "
                     "installed one have %d, %d and %d",
                     (int)sizeof(fastcors_api), (int)sizeof(fastcors_request), (int)sizeof(fastcors_verdict),
                     (int)api->size, (int)api->request_size, (int)api->verdict_size);
        return NULL;
    }
    return api;
}

#ifdef __cplusplus
}
#endif

#endif
