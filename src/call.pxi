# Calls and awaits below Python: what Cython does not make by itself for the shims' hot objects.

cdef extern from *:
    """
    typedef PyObject *(*fc_call)(PyObject *, PyObject *const *, size_t, PyObject *);

    /* Instances of a type called with no tuple in between: Cython fills tp_call only, which is returned. */
    static ternaryfunc fc_set_vectorcall(PyTypeObject *type, Py_ssize_t offset) {
        ternaryfunc plain = type->tp_call;
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_call = PyVectorcall_Call;
        PyType_Modified(type);
        return plain;
    }

    /* The same for a subclass, which does not get it by itself, unless it has a __call__ of its own. */
    static void fc_inherit_vectorcall(PyTypeObject *type, ternaryfunc plain) {
        if (type->tp_call == plain || type->tp_call == PyVectorcall_Call) {
            type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
            type->tp_call = PyVectorcall_Call;
            PyType_Modified(type);
        }
    }

    /* Whether the class is still as it was: before 3.12 a __call__ that is assigned later leaves the flag behind. */
    #define fc_has_vectorcall(self) (Py_TYPE(self)->tp_call == PyVectorcall_Call)

    /* A call in any other form: with keywords, too few arguments, or of a class that was changed. */
    static PyObject *fc_call_plain(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names,
                                   ternaryfunc plain) {
        Py_ssize_t i, n = PyVectorcall_NARGS(nargsf), named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
        PyObject *result = NULL, *keywords = NULL, *positional = PyTuple_New(n);
        if (positional == NULL) return NULL;
        for (i = 0; i < n; i++) {
            Py_INCREF(args[i]);
            PyTuple_SET_ITEM(positional, i, args[i]);
        }
        if (named > 0 && (keywords = PyDict_New()) == NULL) goto done;
        for (i = 0; i < named; i++)
            if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[n + i]) < 0) goto done;
        result = (fc_has_vectorcall(self) ? plain : Py_TYPE(self)->tp_call)(self, positional, keywords);
    done:
        Py_DECREF(positional);
        Py_XDECREF(keywords);
        return result;
    }

    /* The next value by am_send; the last one, which nearly always is None, takes no StopIteration either. */
    static PyObject *fc_next(PyObject *self) {
        PyObject *stop, *result = NULL;
        PySendResult status = Py_TYPE(self)->tp_as_async->am_send(self, Py_None, &result);
        if (status == PYGEN_NEXT) return result;
        if (status == PYGEN_RETURN) {
            if (result != Py_None && (stop = PyObject_CallOneArg(PyExc_StopIteration, result)) != NULL) {
                PyErr_SetObject(PyExc_StopIteration, stop);
                Py_DECREF(stop);
            }
            Py_DECREF(result);
        }
        return NULL;
    }

    /* Awaited with no StopIteration: Cython keeps am_send for its own coroutines, and makes one for each end.
       An await resumes through am_send before CPython 3.12, and through tp_iternext since. */
    static void fc_set_am_send(PyTypeObject *type, sendfunc send) {
        type->tp_as_async->am_send = send;
        type->tp_iternext = fc_next;
        PyType_Modified(type);
    }

    /* Let the exception that is set go on. */
    #define fc_raise_again() (-1)

    /* Take the exception that is set, as a new reference. NULL: it is none of an application's, but a GeneratorExit,
       say, and stays set. Cython's own "except Exception as" loses it where memory is short. */
    static PyObject *fc_take_exception(void) {
        PyObject *error;
        if (PyErr_Occurred() == NULL) return PyErr_NoMemory();  /* CPython 3.11 lost it, having no memory for a frame */
        if (!PyErr_ExceptionMatches(PyExc_Exception)) return NULL;
    #if PY_VERSION_HEX >= 0x030C0000
        error = PyErr_GetRaisedException();
    #else
        PyObject *type, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        PyErr_NormalizeException(&type, &error, &traceback);
        if (traceback != NULL && PyException_SetTraceback(error, traceback) < 0) PyErr_Clear();
        Py_DECREF(type);
        Py_XDECREF(traceback);
    #endif
        return error;
    }

    /* The value of a key, as fc_get has it. What is mostly the next entry, in a dict that somebody wrote out in order,
       is looked at before a search is begun: `at` is where the last look ended, `most` how many entries may be looked
       at. NULL: there is none, or an exception is set. */
    #ifdef Py_GIL_DISABLED
    #define fc_entry(dict, key, at, most) ((void)(at), fc_get(dict, key))
    #else
    static inline PyObject *fc_entry(PyObject *dict, PyObject *key, Py_ssize_t *at, int most) {
        PyObject *name, *value;
        while (most-- > 0 && PyDict_Next(dict, at, &name, &value))
            if (name == key) return value;
        return fc_get(dict, key);
    }
    #endif

    #define fc_is_dict(object) PyDict_CheckExact(object)
    #define fc_is_list(object) PyList_CheckExact(object)
    #define fc_is_none(object) ((object) == Py_None)
    #define fc_is_of(object, type) Py_IS_TYPE(object, (PyTypeObject *)(type))
    /* A call with the n arguments from args[1] on; args[0] is for whoever is called (PEP 590). */
    static inline PyObject *fc_call_with(PyObject *function, PyObject **args, size_t n) {
        PyTypeObject *type;
        vectorcallfunc call = NULL;
        if (PyMethod_Check(function)) {  /* the method's object comes first: no array is made once more for that */
            args[0] = PyMethod_GET_SELF(function);
            function = PyMethod_GET_FUNCTION(function);
            n++;
        } else {
            args++;
            n |= PY_VECTORCALL_ARGUMENTS_OFFSET;
        }
        type = Py_TYPE(function);
        if (PyType_HasFeature(type, Py_TPFLAGS_HAVE_VECTORCALL))
            memcpy(&call, (char *)function + type->tp_vectorcall_offset, sizeof call);
        return call != NULL ? call(function, args, n, NULL) : PyObject_Vectorcall(function, args, n, NULL);
    }
    #define fc_call_or_null fc_call_with
    /* A call of the method with the n arguments from args[1] on, the first of which is the object. */
    #define fc_call_method(name, args, n) \
        PyObject_VectorcallMethod(name, (args) + 1, (n) | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
    """
    ctypedef struct PyTypeObject
    ctypedef void* fc_call
    ctypedef void* sendfunc
    ctypedef void* ternaryfunc
    ternaryfunc fc_set_vectorcall(PyTypeObject* type, Py_ssize_t offset) noexcept
    void fc_inherit_vectorcall(PyTypeObject* type, ternaryfunc plain) noexcept
    bint fc_has_vectorcall(object self) noexcept
    object fc_call_plain(object self, PyObject** args, size_t nargsf, PyObject* names, ternaryfunc plain)
    void fc_set_am_send(PyTypeObject* type, sendfunc send) noexcept
    int fc_raise_again() except -1
    object fc_take_exception()
    # As CPython has them: NULL, and an exception is set; Cython raises nothing for them.
    PyObject* PyObject_CallObject(object function, object args) noexcept
    PyObject* PyObject_GetIter(object items) noexcept
    bint PyErr_ExceptionMatches(object kind) noexcept
    PyObject* fc_entry(PyObject* items, object key, Py_ssize_t* at, int most) except? NULL
    bint fc_is_dict(PyObject* given) noexcept
    bint fc_is_list(PyObject* given) noexcept
    bint fc_is_none(PyObject* given) noexcept
    bint fc_is_of(PyObject* given, object kind) noexcept
    object fc_call_with(object function, PyObject** args, size_t n)
    PyObject* fc_call_or_null(object function, PyObject** args, size_t n) noexcept
    object fc_call_method(object name, PyObject** args, size_t n)
    Py_ssize_t PyVectorcall_NARGS(size_t nargsf) noexcept
    bint PyCoro_CheckExact(object awaitable) noexcept
    bint PyGen_CheckExact(object awaitable) noexcept
    int PyIter_Send(object iterator, PyObject* value, PyObject** result) noexcept
    enum:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT

cdef int CO_ITERABLE_COROUTINE = 0x100  # of what types.coroutine makes


cdef inline object awaited(object awaitable):
    """What `await` resumes (PEP 492)."""
    if PyCoro_CheckExact(awaitable):
        return awaitable
    if PyGen_CheckExact(awaitable) and awaitable.gi_code.co_flags & CO_ITERABLE_COROUTINE:
        return awaitable
    return awaitable.__await__()


cdef inline bint _is_kind(PyObject* kind, str wanted) except -1:
    """Compare the type of a scope or a message: both are short ASCII text, and often the one interned string."""
    if kind == <PyObject*>wanted:
        return True
    if fc_is_exact_str(kind):
        fc_ready(<object>kind)
        return (
            fc_str_length(kind) == PyUnicode_GET_LENGTH(wanted)
            and fc_str_is_ascii(kind)
            and equal(fc_str_data(kind), <Bytes>PyUnicode_DATA(wanted), PyUnicode_GET_LENGTH(wanted)))
    return _is_odd_kind(kind, wanted)


cdef bint _is_odd_kind(PyObject* kind, str wanted) except -1:
    """Compare a value that is no plain str, and hold it: the comparison can take it out of the scope."""
    cdef object held = <object>kind
    return held == wanted


cdef object _policy_type = None  # the first that was seen, and nearly always the only one


cdef inline bint is_known_policy(object given) noexcept:
    """Whether it is of the policy type that is nearly always the only one. False: is_policy tells."""
    return fc_is_of(<PyObject*>given, _policy_type)


cdef inline bint is_policy(object given):
    """isinstance(given, Engine), which goes through the bases of a subclass."""
    return is_known_policy(given) or _is_policy(given)


cdef bint _is_policy(object given):
    global _policy_type
    if not isinstance(given, Engine) or (<Engine>given).asgi is None:  # which was never made
        return False
    if _policy_type is None:
        _policy_type = type(given)
    return True
