# A policy made of a list or set that its owner may change. To compare the two can run Python code, the __eq__ of what
# somebody has put into the list: nothing that is borrowed may be in use around it.


@cython.final
cdef class Watched:
    """A policy made of a list or set, made anew when that has changed.

    A tuple or frozenset is never looked at again, unless it is compared with itself. Threads share it: what is made
    is of one copy, whole.
    """

    cdef object given
    cdef object make
    cdef object made  # a place: the copy, and what was made of it

    def __cinit__(self, given, make, /):
        self.given = given
        self.make = make
        self.made = new_place()
        watched_now(self)

    def current(self):
        """Return the policy made of the list as it is now."""
        return watched_now(self)


cdef object watched_now(Watched watched):
    """Return the policy made of the list as it is now. This can run any Python code."""
    cdef tuple made = <tuple>fc_load(<PyObject*>watched.made)
    if made is None or not PyObject_RichCompareBool(watched.given, made[0], Py_EQ):
        copied = type(watched.given)(watched.given)
        made = (copied, watched.make(copied))
        if FC_FREE_THREADED:
            fc_put(<PyObject*>watched.made, made)
        else:
            watched.made = made
    return made[1]
