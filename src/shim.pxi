# The shims' base: what every gateway's holds.

cdef class _Shim:
    """What the shims of all gateways hold. The application and the policies may be replaced while requests run."""

    cdef fc_call call  # where vectorcall looks; it must be set in every instance
    cdef object app_place
    cdef object policies_place     # of None, a policy, or a Router over several
    cdef public bint _keep        # on_conflict="keep"
    cdef public bint _guarded     # handle_errors
    cdef public bint _continue    # preflight_continue
    cdef public bint _notes       # decisions: one of the next two
    cdef public bint _tells       # tell_application
    cdef public bint _counts      # count_decisions
    cdef public object _also_tell  # None; or a callable that tells the application in its framework's own place

    _router = Router

    def __cinit__(self):
        self.app_place = new_place()
        self.policies_place = new_place()

    @property
    def app(self):
        """The application."""
        return app_of(self)

    @app.setter
    def app(self, app):
        if FC_FREE_THREADED:
            fc_put(<PyObject*>self.app_place, app)
        else:
            self.app_place = app

    @property
    def _policies(self):
        return policies_of(self)

    @_policies.setter
    def _policies(self, policies):
        if FC_FREE_THREADED:
            fc_put(<PyObject*>self.policies_place, policies)
        else:
            self.policies_place = policies


cdef inline object app_of(_Shim shim):
    return fc_load(<PyObject*>shim.app_place)


cdef inline object policies_of(_Shim shim):
    """What says which policy a request gets: None, a policy, or a Router over several."""
    return fc_load(<PyObject*>shim.policies_place)
