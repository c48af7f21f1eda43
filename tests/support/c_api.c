/* An extension module over fastcors.h, as a server in C would have it: what the tests of the C API call. */

#define PY_SSIZE_T_CLEAN
#include <fastcors.h>

enum { GUARD = 16, MOST_LINES = 200 };

static const fastcors_api *cors;

static const char HANDLE[] = "a handle of a policy";

/* A policy, or a capsule that hold() returned. */
static fastcors_policy *handle_of(PyObject *object)
{
    if (PyCapsule_IsValid(object, HANDLE)) return (fastcors_policy *)PyCapsule_GetPointer(object, HANDLE);
    return cors->policy_from_object(object);
}

static void let_go(PyObject *object, fastcors_policy *policy)
{
    if (!PyCapsule_IsValid(object, HANDLE)) cors->policy_release(policy);
}

static PyObject *hold(PyObject *module, PyObject *object)
{
    fastcors_policy *policy = cors->policy_from_object(object);
    (void)module;
    return policy == NULL ? NULL : PyCapsule_New(policy, HANDLE, NULL);
}

static PyObject *release(PyObject *module, PyObject *capsule)
{
    void *policy = PyCapsule_GetPointer(capsule, HANDLE);
    (void)module;
    if (policy == NULL || PyCapsule_SetName(capsule, "released") < 0) return NULL;
    cors->policy_release((fastcors_policy *)policy);
    Py_RETURN_NONE;
}

static int text_of(PyObject *object, fastcors_text *text)
{
    if (!PyBytes_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "bytes are needed");
        return -1;
    }
    text->data = PyBytes_AS_STRING(object);
    text->size = (size_t)PyBytes_GET_SIZE(object);
    return 0;
}

typedef fastcors_written (*writer)(const fastcors_policy *, const fastcors_request *, const fastcors_verdict *, char *,
                                   size_t);

static writer writer_of(int form)
{
    const writer writers[] = {cors->write_block, cors->write_response, cors->write_hpack,
                              cors->write_qpack, cors->write_qpack_lines, cors->write_body};
    return writers[form];
}

/* At how many lengths that are too short something was written, or another size was told. */
static int count_faults(writer write, const fastcors_policy *policy, const fastcors_request *request,
                        const fastcors_verdict *verdict, size_t size)
{
    char *out = (char *)malloc(size + 1);
    size_t room, i;
    int faults = 0;
    memset(out, '#', size + 1);
    for (room = 0; room < size; room++) {
        fastcors_written written = write(policy, request, verdict, out, room);
        int faulty = written.size != size;
        for (i = 0; i <= size; i++) faulty |= out[i] != '#';
        faults += faulty;
    }
    free(out);
    return faults;
}

/* Decide, write and let go of the policy -> (kind, reason, status, allowed, must_ask, (kind, status, size), the buffer
 * with its guard, the faults of shorter ones) */
static PyObject *decide_and_write(PyObject *object, const fastcors_request *request, int form, Py_ssize_t room)
{
    fastcors_policy *policy = handle_of(object);
    fastcors_verdict verdict;
    fastcors_written written;
    PyObject *result;
    char *out;
    int kind, faults;

    if (policy == NULL) return NULL;
    out = (char *)malloc((size_t)room + GUARD);
    if (out == NULL) return PyErr_NoMemory();
    memset(out, '#', (size_t)room + GUARD);
    fastcors_verdict_init(&verdict);
    Py_BEGIN_ALLOW_THREADS
    kind = cors->decide(policy, request, &verdict);
    written = writer_of(form)(policy, request, &verdict, out, (size_t)room);
    faults = count_faults(writer_of(form), policy, request, &verdict, written.size);
    Py_END_ALLOW_THREADS
    let_go(object, policy);
    result = Py_BuildValue("isiii(iin)y#i", kind, cors->reason_name(verdict.reason), verdict.status, verdict.allowed,
                           verdict.must_ask, written.kind, written.status, (Py_ssize_t)written.size, out,
                           room + GUARD, faults);
    free(out);
    return result;
}

/* answer(policy, form, room, granted, method, origin, request_method, private_network, several_origins,
 *        several_methods, lines) -> as decide_and_write()
 *
 * lines is a tuple of bytes, in which None is a line without data; or a number: so many lines at NULL. */
static PyObject *answer(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_text lines[MOST_LINES];
    PyObject *object, *given;
    Py_ssize_t i, room, sizes[4] = {0, 0, 0, 0};
    int several_origins, several_methods, granted, form;
    (void)module;

    fastcors_request_init(&request);
    if (!PyArg_ParseTuple(args, "Oiniz#z#z#z#ppO", &object, &form, &room, &granted, &request.method.data, &sizes[0],
                          &request.origin.data, &sizes[1], &request.request_method.data, &sizes[2],
                          &request.request_private_network.data, &sizes[3], &several_origins, &several_methods,
                          &given)) {
        return NULL;
    }
    request.method.size = (size_t)sizes[0];
    request.origin.size = (size_t)sizes[1];
    request.request_method.size = (size_t)sizes[2];
    request.request_private_network.size = (size_t)sizes[3];
    request.several_origins = (uint8_t)several_origins;
    request.several_request_methods = (uint8_t)several_methods;
    request.granted = (uint8_t)granted;
    if (PyLong_Check(given)) {
        request.request_headers_count = (uint32_t)PyLong_AsUnsignedLong(given);
    } else {
        request.request_headers = lines;
        request.request_headers_count = (uint32_t)PyTuple_Size(given);
        for (i = 0; i < PyTuple_Size(given) && i < MOST_LINES; i++) {
            lines[i].data = NULL;
            lines[i].size = 0;
            if (PyTuple_GET_ITEM(given, i) == Py_None) continue;
            if (text_of(PyTuple_GET_ITEM(given, i), &lines[i]) < 0) return NULL;
        }
    }
    return decide_and_write(object, &request, form, room);
}

/* answer_head(policy, form, room, granted, head) -> (size of the head, method, target, as decide_and_write()) */
static PyObject *answer_head(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_text lines[FASTCORS_MAX_LINES];
    PyObject *object, *said;
    const char *given;
    char *head;
    Py_ssize_t room, size, found;
    int form, granted;
    (void)module;

    fastcors_request_init(&request);
    if (!PyArg_ParseTuple(args, "Oiniy#", &object, &form, &room, &granted, &given, &size)) return NULL;
    request.granted = (uint8_t)granted;
    head = (char *)malloc(size ? (size_t)size : 1); /* with nothing behind its end */
    if (head == NULL) return PyErr_NoMemory();
    memcpy(head, given, (size_t)size);
    found = cors->request_from_head(&request, head, (size_t)size, lines);
    said = decide_and_write(object, &request, form, room);
    if (said != NULL) {
        said = Py_BuildValue("ny#y#N", found, request.method.data, (Py_ssize_t)request.method.size, request.target.data,
                             (Py_ssize_t)request.target.size, said);
    }
    free(head);
    return said;
}

/* write_head(policy, head, whole, room, finds) -> (what was found of the head, must_ask, reason, what the verdict would
 * write afterwards, (kind, status, size), the buffer with its guard)
 *
 * finds: whether the size of the head is wanted; or -1: the verdict is one that nobody made. */
static PyObject *write_head(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written, after;
    fastcors_policy *policy;
    PyObject *object, *said;
    const char *given;
    char *head, *out;
    Py_ssize_t room, size;
    ptrdiff_t found = 77;
    int whole, finds;
    (void)module;

    if (!PyArg_ParseTuple(args, "Oy#pni", &object, &given, &size, &whole, &room, &finds)) return NULL;
    policy = handle_of(object);
    if (policy == NULL) return NULL;
    head = (char *)malloc(size ? (size_t)size : 1); /* with nothing behind its end */
    out = (char *)malloc((size_t)room + GUARD);
    if (head == NULL || out == NULL) return PyErr_NoMemory();
    memcpy(head, given, (size_t)size);
    memset(out, '#', (size_t)room + GUARD);
    fastcors_verdict_init(&verdict);
    if (finds < 0) verdict.version++;
    Py_BEGIN_ALLOW_THREADS
    written = cors->write_head_into(policy, head, (size_t)size, finds ? &found : NULL, whole, &verdict, out,
                                    (size_t)room);
    Py_END_ALLOW_THREADS
    fastcors_request_init(&request);
    after = cors->write_block(policy, &request, &verdict, NULL, 0);
    let_go(object, policy);
    said = Py_BuildValue("nisn(iin)y#", found, verdict.must_ask, cors->reason_name(verdict.reason),
                         (Py_ssize_t)after.size, written.kind, written.status, (Py_ssize_t)written.size, out,
                         room + GUARD);
    free(head);
    free(out);
    return said;
}

/* merge(policy, request head, response head, keep, room) -> ((kind, status, size), the buffer with its guard) */
static PyObject *merge(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written;
    fastcors_text lines[FASTCORS_MAX_LINES];
    fastcors_policy *policy;
    PyObject *object, *merged;
    const char *asked, *given;
    char *head, *out;
    Py_ssize_t room, asked_size, size;
    int keep;
    (void)module;

    if (!PyArg_ParseTuple(args, "Oy#y#pn", &object, &asked, &asked_size, &given, &size, &keep, &room)) return NULL;
    policy = handle_of(object);
    if (policy == NULL) return NULL;
    head = (char *)malloc(size ? (size_t)size : 1);
    out = (char *)malloc((size_t)room + GUARD);
    if (head == NULL || out == NULL) return PyErr_NoMemory();
    memcpy(head, given, (size_t)size);
    memset(out, '#', (size_t)room + GUARD);
    fastcors_request_init(&request);
    fastcors_verdict_init(&verdict);
    Py_BEGIN_ALLOW_THREADS
    cors->request_from_head(&request, asked, (size_t)asked_size, lines);
    cors->decide(policy, &request, &verdict);
    written = cors->merge_head(policy, &request, &verdict, head, (size_t)size, keep, out, (size_t)room);
    Py_END_ALLOW_THREADS
    let_go(object, policy);
    merged = Py_BuildValue("(iin)y#", written.kind, written.status, (Py_ssize_t)written.size, out, room + GUARD);
    free(head);
    free(out);
    return merged;
}

/* route(router, host, path) -> the policy that the path is under, or None */
static PyObject *route(PyObject *module, PyObject *args)
{
    PyObject *object, *found;
    fastcors_text host, path;
    fastcors_router *router;
    Py_ssize_t sizes[2] = {0, 0};
    const fastcors_policy *policy;
    (void)module;

    if (!PyArg_ParseTuple(args, "Oz#z#", &object, &host.data, &sizes[0], &path.data, &sizes[1])) return NULL;
    host.size = (size_t)sizes[0];
    path.size = (size_t)sizes[1];
    router = cors->router_from_object(object);
    if (router == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    policy = cors->router_find(router, host, path);
    Py_END_ALLOW_THREADS
    found = policy == NULL ? Py_None : (PyObject *)policy; /* which a handle is, though that is nobody's to know */
    Py_INCREF(found);
    cors->router_release(router);
    return found;
}

/* ask(policy, method, origin, several_origins, declared=NULL) -> granted */
static PyObject *ask(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_policy *policy;
    PyObject *object, *declared = NULL;
    Py_ssize_t sizes[2] = {0, 0};
    int several, failed;
    (void)module;

    fastcors_request_init(&request);
    if (!PyArg_ParseTuple(args, "Oz#z#p|O", &object, &request.method.data, &sizes[0], &request.origin.data, &sizes[1],
                          &several, &declared)) {
        return NULL;
    }
    request.method.size = (size_t)sizes[0];
    request.origin.size = (size_t)sizes[1];
    request.several_origins = (uint8_t)several;
    policy = handle_of(object);
    if (policy == NULL) return NULL;
    failed = cors->ask(policy, &request, declared);
    let_go(object, policy);
    return failed ? NULL : PyLong_FromLong(request.granted);
}

static PyObject *needs_python(PyObject *module, PyObject *object)
{
    fastcors_policy *policy = handle_of(object);
    int needs;
    (void)module;
    if (policy == NULL) return NULL;
    needs = cors->needs_python(policy);
    let_go(object, policy);
    return PyBool_FromLong(needs);
}

/* count_allowed(handle, origin, times, block) -> how many of so many requests were allowed, with this block */
static PyObject *count_allowed(PyObject *module, PyObject *args)
{
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written;
    fastcors_policy *policy;
    PyObject *object;
    Py_ssize_t size, i, times, count = 0;
    const char *expected;
    char out[512];
    (void)module;

    fastcors_request_init(&request);
    fastcors_verdict_init(&verdict);
    request.method.data = "GET";
    request.method.size = 3;
    if (!PyArg_ParseTuple(args, "Oy#ny", &object, &request.origin.data, &size, &times, &expected)) return NULL;
    request.origin.size = (size_t)size;
    policy = handle_of(object);
    if (policy == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (i = 0; i < times; i++) {
        cors->decide(policy, &request, &verdict);
        written = cors->write_block(policy, &request, &verdict, out, sizeof(out));
        count += verdict.allowed && written.size == strlen(expected) && memcmp(out, expected, written.size) == 0;
    }
    Py_END_ALLOW_THREADS
    let_go(object, policy);
    return PyLong_FromSsize_t(count);
}

/* What decide() and a writer return for structs that nobody made. */
static PyObject *unmade(PyObject *module, PyObject *object)
{
    fastcors_request request;
    fastcors_verdict verdict;
    fastcors_written written;
    fastcors_policy *policy = handle_of(object);
    int kinds[3];
    (void)module;
    if (policy == NULL) return NULL;
    memset(&request, 0, sizeof(request));
    fastcors_verdict_init(&verdict);
    kinds[0] = cors->decide(policy, &request, &verdict);
    fastcors_request_init(&request);
    verdict.version++;
    kinds[1] = cors->decide(policy, &request, &verdict);
    fastcors_verdict_init(&verdict);
    verdict.size--;
    written = cors->write_block(policy, &request, &verdict, NULL, 0);
    kinds[2] = written.kind;
    fastcors_verdict_init(&verdict);
    written = cors->write_block(policy, &request, &verdict, NULL, 0); /* made, and not decided on */
    let_go(object, policy);
    return Py_BuildValue("(iii)n", kinds[0], kinds[1], kinds[2], (Py_ssize_t)written.size);
}

static PyObject *reason_name(PyObject *module, PyObject *number)
{
    const char *name = cors->reason_name((int)PyLong_AsLong(number));
    (void)module;
    return PyErr_Occurred() ? NULL : Py_BuildValue("z", name);
}

static PyMethodDef functions[] = {
    {"hold", hold, METH_O, NULL},
    {"release", release, METH_O, NULL},
    {"answer", answer, METH_VARARGS, NULL},
    {"answer_head", answer_head, METH_VARARGS, NULL},
    {"ask", ask, METH_VARARGS, NULL},
    {"write_head", write_head, METH_VARARGS, NULL},
    {"merge", merge, METH_VARARGS, NULL},
    {"route", route, METH_VARARGS, NULL},
    {"needs_python", needs_python, METH_O, NULL},
    {"count_allowed", count_allowed, METH_VARARGS, NULL},
    {"unmade", unmade, METH_O, NULL},
    {"reason_name", reason_name, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "c_api", NULL, -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_c_api(void)
{
    return (cors = fastcors_import()) == NULL ? NULL : PyModule_Create(&definition);
}
