//! An extension module in Rust that decides by a policy of fastcors: `Gate(policy).answer(method, origin, ...)`.
//!
//! Deciding and writing need no Python, so they run without the GIL: a real server would do the rest of its work there.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use std::ffi::CStr;

mod fastcors {
    #![allow(dead_code)]
    include!(concat!(env!("FASTCORS_INCLUDE"), "/fastcors.rs"));
}

static CORS: PyOnceLock<&'static fastcors::Api> = PyOnceLock::new();

/// The table of functions, found once.
fn import(py: Python<'_>) -> PyResult<&'static fastcors::Api> {
    let found = CORS.get_or_try_init(py, || {
        let capsule = py.import("fastcors._core")?.getattr("_C_API")?;
        // SAFETY: an exception is set where it is no such capsule; the table is valid as long as the process runs.
        unsafe {
            let pointer = ffi::PyCapsule_GetPointer(capsule.as_ptr(), fastcors::CAPSULE.as_ptr());
            if pointer.is_null() {
                return Err(PyErr::fetch(py));
            }
            fastcors::api_of(pointer).map_err(PyImportError::new_err)
        }
    })?;
    Ok(*found)
}

/// A handle of a policy, which is alive as long as this.
struct Policy {
    cors: &'static fastcors::Api,
    handle: *mut fastcors::Policy,
}

// SAFETY: policies never change, and any number of threads may use one handle at a time.
unsafe impl Send for Policy {}
unsafe impl Sync for Policy {}

impl Policy {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Policy> {
        let cors = import(object.py())?;
        // SAFETY: the GIL is held; NULL comes with an exception.
        let handle = unsafe { (cors.policy_from_object)(object.as_ptr().cast()) };
        if handle.is_null() {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(Policy { cors, handle })
    }

    /// Decide, and write the header lines.
    fn answer(&self, request: &fastcors::Request) -> (fastcors::Verdict, Vec<u8>) {
        let mut verdict = fastcors::Verdict::new();
        let mut block: Vec<u8> = Vec::with_capacity(512);
        // SAFETY: what the request points to is borrowed by the caller; no more is written than there is room.
        unsafe {
            (self.cors.decide)(self.handle, request, &mut verdict);
            loop {
                let out = block.as_mut_ptr().cast();
                let written = (self.cors.write_block)(self.handle, request, &verdict, out, block.capacity());
                if written.size <= block.capacity() {
                    block.set_len(written.size);
                    return (verdict, block);
                }
                block.reserve(written.size);
            }
        }
    }

    /// Let Python say whether the policy's function allows the origin.
    fn ask(&self, py: Python<'_>, request: &mut fastcors::Request) -> PyResult<()> {
        // SAFETY: the GIL is held.
        if unsafe { (self.cors.ask)(self.handle, request, std::ptr::null_mut()) } < 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(())
    }

    fn reason(&self, verdict: &fastcors::Verdict) -> String {
        // SAFETY: a reason of a verdict has a name, which ends with NUL.
        unsafe { CStr::from_ptr((self.cors.reason_name)(verdict.reason)) }.to_string_lossy().into_owned()
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        // SAFETY: it is released once, with the GIL.
        Python::attach(|_| unsafe { (self.cors.policy_release)(self.handle) });
    }
}

/// Decides by a policy.
#[pyclass(frozen)]
struct Gate {
    policy: Policy,
}

#[pymethods]
impl Gate {
    #[new]
    fn new(policy: &Bound<'_, PyAny>) -> PyResult<Gate> {
        Ok(Gate { policy: Policy::of(policy)? })
    }

    /// Return the status to answer a preflight with, or 0; the reason; and the header lines.
    #[pyo3(signature = (method, origin, request_method=None, request_headers=Vec::new()))]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        method: Vec<u8>,
        origin: Option<Vec<u8>>,
        request_method: Option<Vec<u8>>,
        request_headers: Vec<Vec<u8>>,
    ) -> PyResult<(i32, String, Bound<'py, PyBytes>)> {
        let mut granted = fastcors::UNKNOWN;
        loop {
            let (verdict, block) = py.detach(|| {
                let given = request_headers.iter().take(fastcors::MAX_LINES);
                let lines: Vec<_> = given.map(|line| fastcors::Text::of(line)).collect();
                let mut request = fastcors::Request::new();
                request.method = fastcors::Text::of(&method);
                request.origin = fastcors::Text::of_optional(origin.as_deref());
                request.request_method = fastcors::Text::of_optional(request_method.as_deref());
                request.request_headers = lines.as_ptr();
                request.request_headers_count = lines.len() as u32;
                request.granted = granted;
                self.policy.answer(&request)
            });
            if verdict.must_ask == 0 {
                return Ok((verdict.status, self.policy.reason(&verdict), PyBytes::new(py, &block)));
            }
            // Only Python knows: ask the policy's function, and decide again.
            let mut request = fastcors::Request::new();
            request.method = fastcors::Text::of(&method);
            request.origin = fastcors::Text::of_optional(origin.as_deref());
            self.policy.ask(py, &mut request)?;
            granted = request.granted;
        }
    }
}

#[pymodule]
fn gate(module: &Bound<'_, PyModule>) -> PyResult<()> {
    import(module.py())?;
    module.add_class::<Gate>()
}
