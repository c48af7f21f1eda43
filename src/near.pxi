# What every request needs of the interpreter, in two cache lines.
#
# An extension finds the interpreter's types and functions by addresses in a table that the linker lays out, and it
# scatters over 2 KiB, or 30 cache lines, the dozen that a request needs. Where the caches are cold each of those lines
# is waited for. So the dozen lie here side by side, and the names of CPython stand for them from here on.

cdef extern from *:
    """
    #if defined(__GNUC__) && defined(__ELF__)
    /* Weak: the compiler knows that nobody changes it, and not what is in it. If it knew it would take each address
       from the linker's table again. */
    struct fc_addresses {
        PyTypeObject *tuple_type, *bytes_type, *dict_type, *list_type, *str_type, *method_type;
        PyObject *none;
        __typeof__(PyDict_GetItemWithError) *dict_get;
        __typeof__(PyDict_Next) *dict_next;
        __typeof__(PyDict_SetItem) *dict_set;
        __typeof__(PyDict_Copy) *dict_copy;
        __typeof__(PyList_New) *list_new;
        __typeof__(PyErr_Occurred) *error;
        __typeof__(PyObject_GC_Track) *track;
        __typeof__(PyObject_GC_UnTrack) *untrack;
    };
    extern const struct fc_addresses fc_near __attribute__((weak, visibility("hidden")));
    const struct fc_addresses fc_near __attribute__((aligned(64))) = {
        &PyTuple_Type, &PyBytes_Type, &PyDict_Type, &PyList_Type, &PyUnicode_Type, &PyMethod_Type,
        &_Py_NoneStruct,
        PyDict_GetItemWithError, PyDict_Next, PyDict_SetItem, PyDict_Copy, PyList_New, PyErr_Occurred,
        PyObject_GC_Track, PyObject_GC_UnTrack,
    };
    #define PyTuple_Type (*fc_near.tuple_type)
    #define PyBytes_Type (*fc_near.bytes_type)
    #define PyDict_Type (*fc_near.dict_type)
    #define PyList_Type (*fc_near.list_type)
    #define PyUnicode_Type (*fc_near.str_type)
    #define PyMethod_Type (*fc_near.method_type)
    #define _Py_NoneStruct (*fc_near.none)
    #define PyDict_GetItemWithError (*fc_near.dict_get)
    #define PyDict_Next (*fc_near.dict_next)
    #define PyDict_SetItem (*fc_near.dict_set)
    #define PyDict_Copy (*fc_near.dict_copy)
    #define PyList_New (*fc_near.list_new)
    #define PyErr_Occurred (*fc_near.error)
    #define PyObject_GC_Track (*fc_near.track)
    #define PyObject_GC_UnTrack (*fc_near.untrack)
    #endif

    /* What Cython does after an error: all that leads there is laid out apart from what runs without one. */
    #if defined(__GNUC__)
    static void __Pyx_AddTraceback(const char *name, int c_line, int line, const char *file) __attribute__((cold));
    #endif
    """
