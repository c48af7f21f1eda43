# Text that comes from Python: borrowed as spans, never copied, never changed.

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030C0000
    #define fc_ready(text) PyUnicode_READY(text)  /* legacy strings; gone since 3.12 */
    #else
    #define fc_ready(text) 0
    #endif

    static const uint8_t fc_no_byte = 0xff;

    /* The bytes of a str or bytes, alive as long as it is. 1; or 0, and no bytes, where it is neither or NULL; or -1.
       The characters of a str are bytes (PEP 3333). Where one cannot be, the whole of it is one byte that is in no
       class, as none beyond ASCII is: nothing accepts it. */
    static inline int fc_borrow(PyObject *text, const uint8_t **p, Py_ssize_t *n) {
        if (text != NULL && PyBytes_Check(text)) {
            *p = (const uint8_t *)PyBytes_AS_STRING(text);
            *n = PyBytes_GET_SIZE(text);
            return 1;
        }
        if (text != NULL && PyUnicode_Check(text)) {
            if (fc_ready(text) < 0) {
                *p = NULL;
                *n = 0;
                return -1;
            }
            if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND) {
                *p = (const uint8_t *)PyUnicode_DATA(text);
                *n = PyUnicode_GET_LENGTH(text);
            } else {
                *p = &fc_no_byte;
                *n = 1;
            }
            return 1;
        }
        *p = NULL;
        *n = 0;
        return 0;
    }
    """
    int fc_ready(object text) except -1
    int fc_borrow(PyObject* text, Bytes* p, Py_ssize_t* n) except -1
    bint PyUnicode_IS_ASCII(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept


cdef inline int borrow(object text, Span* span) except -1:
    """The bytes of a str or bytes, alive as long as it is. 1; or 0, and no span, where it is neither."""
    return fc_borrow(<PyObject*>text, &span.p, &span.n)


cdef inline int borrow_value(PyObject* text, Span* span) except -1:
    """Borrow the bytes of an object that is itself borrowed, or NULL: 1; or 0 where it is no str or bytes."""
    return fc_borrow(text, &span.p, &span.n)


cdef object _wrong_type(object name, object expected, object value):
    return TypeError(f"{name} must be {expected}, not {type(value).__name__}")


cdef inline int borrow_text(object text, Span* span, object name) except -1:
    if not borrow(text, span):
        raise _wrong_type(name, "str or bytes", text)
    return 0


cdef inline int borrow_optional(object text, Span* span, object name) except -1:
    """Borrow the bytes of a str or bytes, or no span of None. TypeError: it is none of these."""
    if text is None:
        span.p = NULL
        span.n = 0
    elif not borrow(text, span):
        raise _wrong_type(name, "str, bytes or None", text)
    return 0


cdef inline int borrow_lines(object lines, Span* spans) except -1:
    """The lines of Access-Control-Request-Headers into room for FC_MAX_LINES spans; returns how many there are.

    Lines past that are not looked at: the list is refused at the last of them, if not before."""
    cdef Py_ssize_t i, n
    cdef object line
    if lines is None:
        return 0
    if borrow(lines, &spans[0]):
        return 1
    # By the real type, and past whatever a subclass overrides.
    if PyList_Check(lines):
        n = PyList_GET_SIZE(lines)
    elif PyTuple_Check(lines):
        n = PyTuple_GET_SIZE(lines)
    else:
        raise _wrong_type("request_headers", "str, bytes, None, or a list or tuple of str or bytes", lines)
    n = min(n, FC_MAX_LINES)
    for i in range(n):
        line = <object>(PyList_GET_ITEM(lines, i) if PyList_Check(lines) else PyTuple_GET_ITEM(lines, i))
        if not borrow(line, &spans[i]):
            raise _wrong_type("each line of request_headers", "str or bytes", line)
    return <int>n


cdef inline bytes exact_bytes(object text, Span span):
    """A str or bytes, of which `span` is borrowed, as exact bytes."""
    if PyBytes_CheckExact(text):
        return text
    return PyBytes_FromStringAndSize(<const char*>span.p, span.n)


cdef inline str exact_str(object text, Span span):
    """A str or bytes, of which `span` is borrowed, as exact str."""
    if PyUnicode_CheckExact(text):
        return text
    return PyUnicode_DecodeASCII(<const char*>span.p, span.n, NULL)


cdef list copy_of(object items, Py_ssize_t most=PY_SSIZE_T_MAX):
    """The first items of a list. To make a list can run a garbage collection, and so code that changes this one,
    which CPython's own copies do not see."""
    cdef Py_ssize_t n, i
    cdef list made
    if FC_FREE_THREADED:
        return PyList_GetSlice(items, 0, most)  # which locks it
    while True:
        n = min(PyList_GET_SIZE(items), most)
        made = PyList_New(n)
        if PyList_GET_SIZE(items) >= n:
            break
    for i in range(n):
        fc_list_fill(made, i, PyList_GET_ITEM(items, i))
    return made


cdef inline object kept_lines(object lines):
    """A private copy of the lines, so that the spans borrowed from it stay valid."""
    if PyList_Check(lines):
        return PyList_AsTuple(copy_of(lines, FC_MAX_LINES))
    if PyTuple_Check(lines):
        return PyTuple_GetSlice(lines, 0, FC_MAX_LINES)
    return lines


cdef bint hold_bytes(Py_buffer* view, object given) except -1:
    """Hold contiguous bytes until the view is released. False: there are none, and nothing is held."""
    try:
        PyObject_GetBuffer(given, view, PyBUF_ND)
    except (TypeError, BufferError):
        return False
    if view.itemsize == 1 and view.ndim == 1:
        return True
    PyBuffer_Release(view)
    return False
