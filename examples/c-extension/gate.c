/* An extension module in C that decides by a policy of fastcors: Gate(policy).answer(method, origin, ...).
 *
 * Deciding and writing need no Python, so they run without the GIL: a server would do the rest of its work there. */

#define PY_SSIZE_T_CLEAN
#include <fastcors.h>

static const fastcors_api *cors;

typedef struct {
    PyObject_HEAD
    fastcors_policy *policy;
} Gate;

static PyObject *gate_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"policy", NULL};
    PyObject *object;
    Gate *self;
    if (!PyArg_ParseTupleAndKeywords(args, names, "O", keywords, &object)) return NULL;
    self = (Gate *)type->tp_alloc(type, 0);
    if (self == NULL) return NULL;
    self->policy = cors->policy_from_object(object); /* from here on the policy lives as long as the gate */
    if (self->policy == NULL) Py_CLEAR(self);
    return (PyObject *)self;
}

static void gate_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    cors->policy_release(((Gate *)self)->policy);
    type->tp_free(self);
    Py_DECREF(type); /* instances of types that are made at run time hold them */
}

/* Fill in a line for each item of a tuple of bytes, which holds them. */
static int read_lines(PyObject *given, fastcors_request *request, fastcors_text *lines)
{
    Py_ssize_t i, count = PyTuple_GET_SIZE(given);
    request->request_headers = lines;
    request->request_headers_count = (uint32_t)(count < FASTCORS_MAX_LINES ? count : FASTCORS_MAX_LINES);
    for (i = 0; i < count && i < FASTCORS_MAX_LINES; i++) {
        char *data;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GET_ITEM(given, i), &data, &size) < 0) return -1;
        lines[i].data = data;
        lines[i].size = (size_t)size;
    }
    return 0;
}

/* Decide, and write the lines into memory of the right size. NULL: there is not enough. */
static char *decide_and_write(const fastcors_policy *policy, const fastcors_request *request, fastcors_verdict *verdict,
                              fastcors_written *written)
{
    char *block;
    cors->decide(policy, request, verdict);
    *written = cors->write_block(policy, request, verdict, NULL, 0); /* how much is needed */
    block = (char *)malloc(written->size + 1);
    if (block != NULL) *written = cors->write_block(policy, request, verdict, block, written->size);
    return block;
}

static PyObject *gate_answer(PyObject *self, PyObject *args)
{
    const fastcors_policy *policy = ((Gate *)self)->policy;
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written;
    fastcors_text lines[FASTCORS_MAX_LINES];
    PyObject *given = NULL, *answer;
    Py_ssize_t method_size, origin_size = 0, request_method_size = 0;
    char *block;

    fastcors_request_init(&request);
    fastcors_verdict_init(&verdict);
    if (!PyArg_ParseTuple(args, "y#z#|z#O!", &request.method.data, &method_size, &request.origin.data, &origin_size,
                          &request.request_method.data, &request_method_size, &PyTuple_Type, &given)) {
        return NULL;
    }
    request.method.size = (size_t)method_size;
    request.origin.size = (size_t)origin_size;
    request.request_method.size = (size_t)request_method_size;
    if (given != NULL && read_lines(given, &request, lines) < 0) return NULL;

    Py_BEGIN_ALLOW_THREADS
    block = decide_and_write(policy, &request, &verdict, &written);
    Py_END_ALLOW_THREADS
    if (block != NULL && verdict.must_ask) { /* only Python knows: ask the policy's function, and decide again */
        free(block);
        if (cors->ask(policy, &request, NULL) < 0) return NULL;
        block = decide_and_write(policy, &request, &verdict, &written);
    }
    if (block == NULL) return PyErr_NoMemory();

    answer = Py_BuildValue("isy#", verdict.status, cors->reason_name(verdict.reason), block, (Py_ssize_t)written.size);
    free(block);
    return answer;
}

static PyMethodDef gate_methods[] = {
    {"answer", gate_answer, METH_VARARGS,
     "answer(method, origin, request_method=None, request_headers=()): the status to answer a preflight with, or 0; "
     "the reason; the header lines. All is bytes but for the reason."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot gate_slots[] = {
    {Py_tp_new, (void *)gate_new},
    {Py_tp_dealloc, (void *)gate_dealloc},
    {Py_tp_methods, gate_methods},
    {0, NULL},
};

static PyType_Spec gate_spec = {"gate.Gate", sizeof(Gate), 0, Py_TPFLAGS_DEFAULT, gate_slots};

static struct PyModuleDef gate_module = {
    PyModuleDef_HEAD_INIT, "gate", NULL, -1, NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_gate(void)
{
    PyObject *module, *type;
    if ((cors = fastcors_import()) == NULL) return NULL;
    module = PyModule_Create(&gate_module);
    type = module == NULL ? NULL : PyType_FromSpec(&gate_spec);
    if (type == NULL || PyModule_AddObject(module, "Gate", type) < 0) { /* which takes the reference */
        Py_XDECREF(type);
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
