# cython: language_level=3
"""The core of an HTTP/1.1 server: threads that parse, decide and respond without the GIL.

Each thread runs `serve`, a loop over the connections that it has accepted. Python is needed only where a policy has a
function or a regular expression, and then for that alone.
"""

from fastcors cimport (
    FASTCORS_HEAD_CUT,
    FASTCORS_MAX_LINES,
    FASTCORS_PREFLIGHT,
    fastcors_api,
    fastcors_import,
    fastcors_policy,
    fastcors_request,
    fastcors_request_init,
    fastcors_text,
    fastcors_verdict,
    fastcors_verdict_init,
    fastcors_written,
)
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memmove, strlen

cdef extern from *:
    """
    #include <fcntl.h>
    #include <poll.h>
    #include <strings.h>
    #include <sys/socket.h>
    #include <unistd.h>
    #ifndef MSG_NOSIGNAL
    #define MSG_NOSIGNAL 0
    #endif
    """
    struct pollfd:
        int fd
        short events
        short revents
    enum:
        POLLIN
        POLLOUT
        F_SETFL
        O_NONBLOCK
        MSG_NOSIGNAL
        SHUT_WR
    int poll(pollfd* fds, unsigned long n, int timeout) nogil
    int accept(int fd, void* address, void* size) nogil
    int fcntl(int fd, int command, int flags) nogil
    int close(int fd) nogil
    int shutdown(int fd, int how) nogil
    ssize_t recv(int fd, void* out, size_t room, int flags) nogil
    ssize_t send(int fd, const void* data, size_t size, int flags) nogil
    int strncasecmp(const char* a, const char* b, size_t n) nogil

cdef const fastcors_api* cors = fastcors_import()

cdef enum:
    CONNECTIONS = 256  # of each thread
    INPUT = 16384      # bytes: a longer head is refused
    OUTPUT = 32768     # bytes of responses that wait for the client
    ROOM = 16384       # bytes that the policy may write into one response

cdef const char* HELLO = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n"
cdef const char* EMPTY = b"\r\n"
cdef const char* BODY = b"\r\nhello\n"
# The status lines of what is refused; LAST follows.
cdef const char* BAD = b"HTTP/1.1 400 Bad Request"
cdef const char* TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large"
cdef const char* FAILED = b"HTTP/1.1 500 Internal Server Error"
cdef const char* NO_CONTENT = b"HTTP/1.1 413 Content Too Large"
cdef const char* LAST = b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


cdef struct Connection:
    int fd
    bint ends       # after what is to be sent
    bint ended      # that is gone, and the client has still to close: else what it has not read would be lost
    size_t got      # bytes of input
    size_t sent     # bytes of output that are gone
    size_t written  # bytes of output
    char input[INPUT]
    char output[OUTPUT]


cdef struct Thread:
    const fastcors_policy* policy
    int count
    Connection* connections[CONNECTIONS]
    pollfd polled[CONNECTIONS + 2]


cdef const char* find_line(const char* head, size_t size, const char* name) noexcept nogil:
    """The value of a field, which ends with CR; NULL where the head has no such line."""
    cdef size_t n = strlen(name)
    cdef size_t i
    for i in range(size - n):
        if head[i] == c"\n" and strncasecmp(head + i + 1, name, n) == 0:
            return head + i + 1 + n
    return NULL


cdef bint keeps_alive(const char* head, size_t size) noexcept nogil:
    """Whether the client may send another request on the connection (RFC 9112, section 9.3)."""
    cdef const char* value = find_line(head, size, b"connection:")
    cdef size_t i = 0
    while head[i] != c"\r":
        i += 1
    if head[i - 1] == c"0":
        return False  # HTTP/1.0
    while value != NULL and value[0] != c"\r":
        if strncasecmp(value, b"close", 5) == 0:
            return False
        value += 1
    return True


cdef void put(Connection* connection, const char* text) noexcept nogil:
    """Add to what is to be sent; the caller has seen to it that there is room."""
    memcpy(connection.output + connection.written, text, strlen(text))
    connection.written += strlen(text)


cdef void refuse(Connection* connection, const char* status_line) noexcept nogil:
    connection.got = 0
    connection.ends = True
    put(connection, status_line)
    put(connection, LAST)


cdef bint is_head(const fastcors_request* request) noexcept nogil:
    return request.method.size == 4 and memcmp(request.method.data, b"HEAD", 4) == 0


cdef void decide(const fastcors_policy* policy, fastcors_request* request, fastcors_verdict* verdict) noexcept nogil:
    """Decide on a request, and ask the policy's function in between, where it has to be asked."""
    cors.decide(policy, request, verdict)
    if verdict.must_ask:
        with gil:
            try:
                cors.ask(policy, request, NULL)
            except Exception:
                return  # the verdict is as if the function had said no
        cors.decide(policy, request, verdict)


cdef void respond(const fastcors_policy* policy, Connection* connection, fastcors_request* request) noexcept nogil:
    """Write the response to a request: the policy's to a preflight, or else ours with the policy's lines in it."""
    cdef fastcors_verdict verdict
    cdef fastcors_written written
    cdef size_t start = connection.written
    cdef bint preflight
    fastcors_verdict_init(&verdict)
    decide(policy, request, &verdict)
    preflight = verdict.kind == FASTCORS_PREFLIGHT
    if not preflight:
        put(connection, HELLO)
    written = (cors.write_response if preflight else cors.write_block)(
        policy, request, &verdict, connection.output + connection.written, ROOM)
    if written.size > ROOM:  # of which nothing was written
        connection.written = start
        refuse(connection, FAILED)
        return
    connection.written += written.size
    if not preflight:
        put(connection, EMPTY if is_head(request) else BODY)


cdef void read_requests(const fastcors_policy* policy, Connection* connection) noexcept nogil:
    """Respond to every whole request in the input, as long as there is room for another response."""
    cdef fastcors_request request
    cdef fastcors_text lines[FASTCORS_MAX_LINES]
    cdef const char* head
    cdef Py_ssize_t size
    cdef size_t at = 0
    while not connection.ends and connection.got > at and connection.written < OUTPUT - ROOM - 1024:
        head = connection.input + at
        fastcors_request_init(&request)
        size = cors.request_from_head(&request, head, connection.got - at, lines)
        if size == FASTCORS_HEAD_CUT:
            if at == 0 and connection.got == INPUT:
                refuse(connection, TOO_LARGE)
            break
        if size < 0:
            refuse(connection, BAD)
            return
        if (
            find_line(head, <size_t>size, b"content-length:") != NULL
            or find_line(head, <size_t>size, b"transfer-encoding:") != NULL
        ):
            refuse(connection, NO_CONTENT)  # this server reads none, and must not take it for a request
            return
        connection.ends = not keeps_alive(head, <size_t>size)
        respond(policy, connection, &request)
        at += <size_t>size
    connection.got -= at
    memmove(connection.input, connection.input + at, connection.got)


cdef bint would_wait() noexcept nogil:
    return errno == EAGAIN or errno == EINTR


cdef bint send_output(Connection* connection) noexcept nogil:
    """Send what the client takes. False: the connection is at its end."""
    cdef ssize_t n
    while connection.sent < connection.written:
        n = send(connection.fd, connection.output + connection.sent, connection.written - connection.sent, MSG_NOSIGNAL)
        if n < 0:
            return would_wait()
        connection.sent += <size_t>n
    connection.sent = connection.written = 0
    if connection.ends:
        shutdown(connection.fd, SHUT_WR)
        connection.ended = True
    return True


cdef bint advance(const fastcors_policy* policy, Connection* connection) noexcept nogil:
    """Receive, respond and send. False: the connection is at its end."""
    cdef ssize_t n
    if connection.ended:
        n = recv(connection.fd, connection.input, INPUT, 0)
        return n > 0 or (n < 0 and would_wait())
    if connection.written == 0 and connection.got < INPUT:
        n = recv(connection.fd, connection.input + connection.got, INPUT - connection.got, 0)
        if n <= 0:
            return n < 0 and would_wait()
        connection.got += <size_t>n
    while True:
        read_requests(policy, connection)
        if connection.written == 0:
            return True
        if not send_output(connection):
            return False
        if connection.written > 0 or connection.ended:
            return True  # no more is read: the client is slow, or has got its last response


cdef void accept_one(Thread* thread, int listener) noexcept nogil:
    cdef Connection* connection
    cdef int fd = accept(listener, NULL, NULL)
    if fd < 0:
        return  # another thread was faster
    connection = <Connection*>calloc(1, sizeof(Connection))
    if connection == NULL or fcntl(fd, F_SETFL, O_NONBLOCK) < 0:
        free(connection)
        close(fd)
        return
    connection.fd = fd
    thread.connections[thread.count] = connection
    thread.count += 1


cdef void drop(Thread* thread, int i) noexcept nogil:
    close(thread.connections[i].fd)
    free(thread.connections[i])
    thread.count -= 1
    thread.connections[i] = thread.connections[thread.count]


cdef void loop(Thread* thread, int listener, int stop) noexcept nogil:
    """Serve until there is something to read from `stop`."""
    cdef pollfd* polled = thread.polled
    cdef int i
    polled[0].fd = stop
    polled[0].events = POLLIN
    polled[1].events = POLLIN
    while True:
        polled[1].fd = listener if thread.count < CONNECTIONS else -1
        for i in range(thread.count):
            polled[2 + i].fd = thread.connections[i].fd
            polled[2 + i].events = POLLOUT if thread.connections[i].written else POLLIN
        if poll(polled, <unsigned long>(2 + thread.count), -1) < 0 and errno != EINTR:
            break
        if polled[0].revents:
            break
        for i in range(thread.count - 1, -1, -1):  # from the end, as the last one takes the place of one that ends
            if polled[2 + i].revents and not advance(thread.policy, thread.connections[i]):
                drop(thread, i)
        if thread.count < CONNECTIONS and polled[1].revents:
            accept_one(thread, listener)
    while thread.count:
        drop(thread, 0)


def serve(policy, int listener, int stop):
    """Serve from a listening socket, which does not block, until there is something to read from ``stop``."""
    cdef fastcors_policy* handle = cors.policy_from_object(policy)
    cdef Thread* thread = <Thread*>calloc(1, sizeof(Thread))
    try:
        if thread == NULL:
            raise MemoryError
        thread.policy = handle
        with nogil:
            loop(thread, listener, stop)
    finally:
        free(thread)
        cors.policy_release(handle)


def decide_often(policy, bytes head, Py_ssize_t times):
    """Parse a head, decide and write the header lines, so many times; return how many were allowed."""
    cdef fastcors_policy* handle = cors.policy_from_object(policy)
    cdef fastcors_request request
    cdef fastcors_verdict verdict
    cdef fastcors_text lines[FASTCORS_MAX_LINES]
    cdef const char* start = head
    cdef size_t size = <size_t>len(head)
    cdef char out[4096]
    cdef Py_ssize_t count = 0
    try:
        with nogil:
            fastcors_verdict_init(&verdict)
            for _ in range(times):
                fastcors_request_init(&request)
                cors.request_from_head(&request, start, size, lines)
                cors.decide(handle, &request, &verdict)
                cors.write_block(handle, &request, &verdict, out, sizeof(out))
                count += verdict.allowed
    finally:
        cors.policy_release(handle)
    return count
