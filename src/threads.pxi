# Threads: what keeps objects alive that another thread may let go of.
#
# Where CPython has its lock, a borrowed reference holds as long as no Python code runs. A free-threaded build (PEP 703)
# has no lock, and another thread may change a list or a dict at any time. There a list is copied before it is looked
# through, what a dict holds is a reference of one's own, and what may be replaced while requests run lies in a place: a
# list of one item, which CPython reads without a lock. Every other build compiles all of this away.

cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    #define FC_FREE_THREADED 1
    #define fc_load(place) PyList_GetItemRef(place, 0)
    #define fc_put(place, value) PyList_SetItem(place, 0, Py_NewRef(value))
    #ifdef _MSC_VER
    #include <intrin.h>
    #define fc_count(number) ((void)_InterlockedIncrement64((volatile __int64 *)(number)))
    #define fc_counted(number) (*(volatile uint64_t *)(number))
    #else
    #define fc_count(number) ((void)__atomic_fetch_add(number, 1, __ATOMIC_RELAXED))
    #define fc_counted(number) __atomic_load_n(number, __ATOMIC_RELAXED)
    #endif
    static inline PyObject *fc_get(PyObject *dict, PyObject *key) {
        PyObject *value;
        PyDict_GetItemRef(dict, key, &value);  /* NULL, too, where it raises */
        return value;
    }
    #else
    #define FC_FREE_THREADED 0
    #define fc_load(place) Py_NewRef(place)
    #define fc_put(place, value) 0
    #define fc_count(number) ((void)++*(number))
    #define fc_counted(number) (*(number))
    #define fc_get(dict, key) PyDict_GetItemWithError(dict, key)
    #endif
    """
    bint FC_FREE_THREADED
    object fc_load(PyObject* place)  # a new reference to what lies in a place
    int fc_put(PyObject* place, object value) except -1  # on a free-threaded build alone
    void fc_count(uint64_t* number) noexcept nogil
    uint64_t fc_counted(const uint64_t* number) noexcept nogil
    # The value of a key of a dict; NULL: there is none. Borrowed; on a free-threaded build for `taken` to take over.
    PyObject* fc_get(object items, object key) except? NULL


cdef int hold_copy(Py_buffer* view) except -1:
    """Hold a copy of the bytes of a view in its place: another thread may write into what a caller gave."""
    cdef Py_buffer copy
    cdef object copied = PyBytes_FromStringAndSize(<const char*>view.buf, view.len)
    PyObject_GetBuffer(copied, &copy, PyBUF_ND)
    PyBuffer_Release(view)
    view[0] = copy
    return 0


cdef inline object new_place():
    """A place, with None in it. Where nothing is free-threaded it is the attribute itself that refers to a value."""
    return [None] if FC_FREE_THREADED else None


cdef inline object taken(PyObject* item):
    """The owner of the reference that fc_get or fc_entry returned on a free-threaded build; None for NULL."""
    cdef object owned
    if item == NULL:
        return None
    owned = <object>item
    Py_DECREF(owned)
    return owned


cdef object taken_list(PyObject* item):
    """The owner of such a reference, or of a list a copy, which nobody else knows and so nobody changes."""
    cdef object owned = taken(item)
    return copy_of(owned) if PyList_CheckExact(owned) else owned
