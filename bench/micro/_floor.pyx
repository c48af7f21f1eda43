# cython: language_level=3, binding=False, always_allow_keywords=False
"""The floors: what nothing costs.

F is a call of ``empty``. N is the least that any native wrapper around an application must do: it copies the
application's header list and appends one constant pair. It looks at nothing of the request.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from libc.string cimport memcpy

cdef extern from *:
    """
    typedef PyObject *const *Arguments;

    /* Calls of instances through the vectorcall slot, which Cython does not fill in for classes. */
    static void set_vectorcall(PyTypeObject *type, Py_ssize_t offset) {
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_call = PyVectorcall_Call;
        PyType_Modified(type);
    }
    """
    ctypedef PyObject** Arguments
    void set_vectorcall(PyTypeObject* type, Py_ssize_t offset)

cdef extern from "Python.h":
    ctypedef object (*vectorcallfunc)(object self, Arguments args, size_t n, PyObject* names)
    Py_ssize_t PyVectorcall_NARGS(size_t n)

cdef tuple ASGI_PAIR = (b"vary", b"Origin")
cdef tuple RSGI_PAIR = ("vary", "Origin")
cdef tuple WSGI_PAIR = ("Vary", "Origin")


def empty():
    """F."""


def walk(const unsigned char[::1] memory):
    """Read every cache line of a block of memory, so that the caches are full of it afterwards."""
    cdef Py_ssize_t at
    cdef unsigned char seen = 0
    for at in range(0, memory.shape[0], 64):
        seen ^= memory[at]
    return seen


cdef class _Wrapper:
    # Holds what it wraps: an application, or what the application answers through.
    cdef vectorcallfunc vectorcall
    cdef object inner


cdef class AsgiFloor(_Wrapper):
    """N for ASGI: an application around another one."""

    def __cinit__(self, app):
        self.inner = app
        self.vectorcall = call_asgi


cdef class _Send(_Wrapper):
    pass


cdef class RsgiFloor(_Wrapper):
    """N for RSGI."""

    def __cinit__(self, app):
        self.inner = app
        self.vectorcall = call_rsgi


cdef class RsgiReader(RsgiFloor):
    """N for RSGI, with one look at the headers of the request, which granian copies then."""

    def __cinit__(self, app):
        self.vectorcall = call_rsgi_reading


cdef class _Proto:
    cdef object inner

    def response_bytes(self, status, headers, body):
        cdef list copied = list(headers)
        copied.append(RSGI_PAIR)
        return self.inner.response_bytes(status, copied, body)


cdef class WsgiFloor(_Wrapper):
    """N for WSGI."""

    def __cinit__(self, app):
        self.inner = app
        self.vectorcall = call_wsgi


cdef class _Start(_Wrapper):
    pass


cdef object call_asgi(object self, Arguments args, size_t n, PyObject* names):
    cdef _Send send = _Send.__new__(_Send)
    send.inner = <object>args[2]
    send.vectorcall = call_send
    return (<_Wrapper>self).inner(<object>args[0], <object>args[1], send)


cdef object call_send(object self, Arguments args, size_t n, PyObject* names):
    cdef dict message = <dict>args[0]
    cdef list headers
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        headers.append(ASGI_PAIR)
        message["headers"] = headers
    return (<_Wrapper>self).inner(message)


cdef object call_rsgi(object self, Arguments args, size_t n, PyObject* names):
    cdef _Proto proto = _Proto.__new__(_Proto)
    proto.inner = <object>args[1]
    return (<_Wrapper>self).inner(<object>args[0], proto)


cdef object call_rsgi_reading(object self, Arguments args, size_t n, PyObject* names):
    (<object>args[0]).headers
    return call_rsgi(self, args, n, names)


cdef object call_wsgi(object self, Arguments args, size_t n, PyObject* names):
    cdef _Start start = _Start.__new__(_Start)
    start.inner = <object>args[1]
    start.vectorcall = call_start
    return (<_Wrapper>self).inner(<object>args[0], start)


cdef object call_start(object self, Arguments args, size_t n, PyObject* names):
    cdef list headers = list(<object>args[1])
    headers.append(WSGI_PAIR)
    if PyVectorcall_NARGS(n) == 3:
        return (<_Wrapper>self).inner(<object>args[0], headers, <object>args[2])
    return (<_Wrapper>self).inner(<object>args[0], headers)


cdef bytes GATEWAY_LINES = (
    b"Access-Control-Allow-Origin: https://app.example.com\r\nAccess-Control-Allow-Credentials: true\r\n"
    b"Access-Control-Expose-Headers: x-a\r\nVary: Origin\r\n\r\n"
)


cdef class GatewayFloor:
    """N for a gateway: policy and decision in one, which copies a response's head and appends constant lines."""

    status = None
    allowed = True

    def decide_pairs(self, method, pairs):
        """The decision on any request: the same object."""
        return self

    def merge_head(self, bytes head not None):
        """The head with the lines in place of its empty line."""
        cdef Py_ssize_t kept = PyBytes_GET_SIZE(head) - 2
        cdef Py_ssize_t added = PyBytes_GET_SIZE(GATEWAY_LINES)
        cdef bytes merged = PyBytes_FromStringAndSize(NULL, kept + added)
        cdef char* out = PyBytes_AS_STRING(merged)
        memcpy(out, PyBytes_AS_STRING(head), <size_t>kept)
        memcpy(out + kept, PyBytes_AS_STRING(GATEWAY_LINES), <size_t>added)
        return merged


cdef _Wrapper _probe = WsgiFloor(None)
for _type in (AsgiFloor, _Send, RsgiFloor, RsgiReader, WsgiFloor, _Start):
    set_vectorcall(<PyTypeObject*>_type, <char*>&_probe.vectorcall - <char*><PyObject*>_probe)
