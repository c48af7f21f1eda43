# Calls of an application that is to stay the object that it was: to the shim, and from the shim to the application.

cdef extern from *:
    """
    /* Calls of an instance by its type get the instance first and bind nothing, as for a function in a class. */
    #define fc_set_method_descriptor(type) ((type)->tp_flags |= Py_TPFLAGS_METHOD_DESCRIPTOR, PyType_Modified(type))
    """
    void fc_set_method_descriptor(PyTypeObject* type) noexcept
    object PyObject_Vectorcall(object function, PyObject** args, size_t n, PyObject* names)


cdef str CALL = "__call__"
cdef str ROOT_PATH = "root_path"

cdef enum:
    FC_MOST_ARGUMENTS = 3  # of a call of an application: scope, receive and send


@cython.final
cdef class Before:
    """The ``__call__`` of the class of one application, whose calls go to a shim.

    ``plain`` is a function that does the same: for other instances, other forms of a call, where somebody looks what
    kind of function it is, and, with ``reads_root``, for scopes that have a ``root_path``. It has all attributes of
    that function, because CPython 3.14 gives a method that it finds in a class without asking ``__get__``.
    """

    cdef fc_call call
    cdef object app
    cdef object shim
    cdef object plain
    cdef bint reads_root

    def __cinit__(self, app, shim, plain, reads_root=False, /):
        self.call = <fc_call>_call_before
        self.app = app
        self.shim = shim
        self.plain = plain
        self.reads_root = reads_root

    def __get__(self, instance, owner):
        return self.plain if instance is None else self.plain.__get__(instance, owner)

    def __getattr__(self, str name):
        return getattr(self.plain, name)

    def __call__(self, *args, **keywords):
        return self.plain(*args, **keywords)


cdef inline bint _has_root(PyObject* scope) except -1:
    return not fc_is_dict(scope) or _value(<object>scope, ROOT_PATH)


cdef object _call_before(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef Before before = <Before>self
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    if unlikely(n < 2 or args[0] != <PyObject*>before.app or (before.reads_root and _has_root(args[1]))):
        return PyObject_Vectorcall(before.plain, args, <size_t>n, names)
    return PyObject_Vectorcall(before.shim, args + 1, <size_t>n - 1, names)


@cython.final
cdef class Behind:
    """Calls an application from behind its shim: by the ``__call__`` that its class has at that moment.

    ``change`` is None, or a function that takes a scope which has a ``root_path``, and returns the one to go on with.
    """

    cdef fc_call call
    cdef object app
    cdef object kind
    cdef object change

    def __cinit__(self, app, kind, change=None, /):
        self.call = <fc_call>_call_behind
        self.app = app
        self.kind = kind
        self.change = change

    def __call__(self, scope, /, *args, **keywords):
        if self.change is not None:
            scope = self.change(scope)
        return getattr(self.kind, CALL)(self.app, scope, *args, **keywords)


cdef object _call_behind(object self, PyObject** args, size_t nargsf, PyObject* names):
    cdef PyObject* given[FC_MOST_ARGUMENTS + 1]
    cdef Py_ssize_t i
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    cdef object function, scope
    if unlikely(n == 0 or n > FC_MOST_ARGUMENTS or names != NULL):
        return fc_call_plain(self, args, nargsf, names, _plain_behind)
    function = getattr((<Behind>self).kind, CALL)
    given[0] = <PyObject*>(<Behind>self).app
    for i in range(n):
        given[i + 1] = args[i]
    if unlikely((<Behind>self).change is not None and _has_root(args[0])):
        scope = (<Behind>self).change(<object>args[0])
        given[1] = <PyObject*>scope
    return PyObject_Vectorcall(function, given, <size_t>n + 1, NULL)


cdef Before _a_before = Before.__new__(Before, None, None, None)
fc_set_vectorcall(<PyTypeObject*>Before, <char*>&_a_before.call - <char*><PyObject*>_a_before)
fc_set_method_descriptor(<PyTypeObject*>Before)
cdef Behind _a_behind = Behind.__new__(Behind, None, None)
cdef ternaryfunc _plain_behind = fc_set_vectorcall(
    <PyTypeObject*>Behind, <char*>&_a_behind.call - <char*><PyObject*>_a_behind)
