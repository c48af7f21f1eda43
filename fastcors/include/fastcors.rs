// fastcors.rs: what fastcors.h declares, for extension modules in Rust. fastcors.h says what each function does, which
// of them need the GIL, and what must stay alive. It needs no crate. To use it:
//
//     mod fastcors { include!(concat!(env!("FASTCORS_INCLUDE"), "/fastcors.rs")); }
//
// where build.rs has set FASTCORS_INCLUDE to what fastcors.get_include() returns. The pointer in the capsule CAPSULE,
// which the attribute _C_API of the module fastcors._core holds, is for api_of().

use std::ffi::{c_char, c_int, c_void, CStr};

pub const API_VERSION: u32 = 1;
pub const CAPSULE: &CStr = c"fastcors._core._C_API";

pub const MAX_LINES: usize = 145;

pub const HEAD_CUT: isize = -1;
pub const HEAD_MALFORMED: isize = -2;

pub const UNKNOWN: u8 = 0;
pub const GRANTED: u8 = 1;
pub const NOT_GRANTED: u8 = 2;

pub const NONE: i32 = 0;
pub const ACTUAL: i32 = 1;
pub const PREFLIGHT: i32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const c_char,
    pub size: usize,
}

#[repr(C)]
pub struct Request {
    pub size: u32,
    pub version: u32,
    pub method: Text,
    pub target: Text,
    pub origin: Text,
    pub request_method: Text,
    pub request_private_network: Text,
    pub request_headers: *const Text,
    pub request_headers_count: u32,
    pub several_origins: u8,
    pub several_request_methods: u8,
    pub granted: u8,
    pub reserved: u8,
}

#[repr(C)]
pub struct Verdict {
    pub size: u32,
    pub version: u32,
    pub kind: i32,
    pub reason: i32,
    pub status: i32,
    pub allowed: u8,
    pub must_ask: u8,
    pub reserved: [u8; 2],
    pub state: [u64; 16],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Written {
    pub kind: i32,
    pub status: i32,
    pub size: usize,
}

/// A policy behind a handle; only pointers to it are of use.
#[repr(C)]
pub struct Policy {
    _private: [u8; 0],
}

/// A router behind a handle; only pointers to it are of use.
#[repr(C)]
pub struct Router {
    _private: [u8; 0],
}

/// A function that writes what was decided on a request into `room` bytes at `out`.
pub type Write = unsafe extern "C" fn(
    policy: *const Policy,
    request: *const Request,
    verdict: *const Verdict,
    out: *mut c_char,
    room: usize,
) -> Written;

/// The table of functions. An object of Python's is a `*mut c_void` here.
#[repr(C)]
pub struct Api {
    pub size: u32,
    pub version: u32,
    pub request_size: u32,
    pub verdict_size: u32,
    pub policy_from_object: unsafe extern "C" fn(object: *mut c_void) -> *mut Policy,
    pub policy_release: unsafe extern "C" fn(policy: *mut Policy),
    pub needs_python: unsafe extern "C" fn(policy: *const Policy) -> c_int,
    pub request_from_head:
        unsafe extern "C" fn(request: *mut Request, head: *const c_char, size: usize, lines: *mut Text) -> isize,
    pub decide: unsafe extern "C" fn(policy: *const Policy, request: *const Request, verdict: *mut Verdict) -> c_int,
    pub ask: unsafe extern "C" fn(policy: *const Policy, request: *mut Request, declared: *mut c_void) -> c_int,
    pub write_block: Write,
    pub write_response: Write,
    pub merge_head: unsafe extern "C" fn(
        policy: *const Policy,
        request: *const Request,
        verdict: *const Verdict,
        head: *const c_char,
        size: usize,
        keep: c_int,
        out: *mut c_char,
        room: usize,
    ) -> Written,
    pub router_from_object: unsafe extern "C" fn(object: *mut c_void) -> *mut Router,
    pub router_release: unsafe extern "C" fn(router: *mut Router),
    pub router_find: unsafe extern "C" fn(router: *const Router, host: Text, path: Text) -> *const Policy,
    pub reason_name: unsafe extern "C" fn(reason: c_int) -> *const c_char,
    pub write_hpack: Write,
    pub write_qpack: Write,
    pub write_qpack_lines: Write,
    pub write_body: Write,
    pub write_head_into: unsafe extern "C" fn(
        policy: *const Policy,
        head: *const c_char,
        size: usize,
        found: *mut isize,
        whole: c_int,
        verdict: *mut Verdict,
        out: *mut c_char,
        room: usize,
    ) -> Written,
}

impl Text {
    /// No bytes, as of a field that a request does not have.
    pub const NONE: Text = Text { data: std::ptr::null(), size: 0 };

    /// The bytes of a slice, which must outlive their use.
    pub fn of(bytes: &[u8]) -> Text {
        Text { data: bytes.as_ptr().cast(), size: bytes.len() }
    }

    /// The bytes of a slice, where there is one.
    pub fn of_optional(bytes: Option<&[u8]>) -> Text {
        bytes.map_or(Text::NONE, Text::of)
    }
}

impl Request {
    /// An empty request.
    pub fn new() -> Request {
        Request {
            size: size_of::<Request>() as u32,
            version: API_VERSION,
            method: Text::NONE,
            target: Text::NONE,
            origin: Text::NONE,
            request_method: Text::NONE,
            request_private_network: Text::NONE,
            request_headers: std::ptr::null(),
            request_headers_count: 0,
            several_origins: 0,
            several_request_methods: 0,
            granted: UNKNOWN,
            reserved: 0,
        }
    }
}

impl Verdict {
    /// An empty verdict, of which nothing would be written.
    pub fn new() -> Verdict {
        Verdict {
            size: size_of::<Verdict>() as u32,
            version: API_VERSION,
            kind: 0,
            reason: 0,
            status: 0,
            allowed: 0,
            must_ask: 0,
            reserved: [0; 2],
            state: [0; 16],
        }
    }
}

/// Return the table of functions behind the pointer of the capsule, or the text of an ImportError.
///
/// # Safety
///
/// The pointer is that of the capsule named CAPSULE.
pub unsafe fn api_of(pointer: *const c_void) -> Result<&'static Api, String> {
    let api: *const Api = pointer.cast();
    let [size, version, request_size, verdict_size] = *pointer.cast::<[u32; 4]>();
    if version != API_VERSION {
        return Err(format!(
            "version {API_VERSION} of the C API of fastcors is needed, and version {version} is installed"
        ));
    }
    let needed = [size_of::<Api>(), size_of::<Request>(), size_of::<Verdict>()].map(|bytes| bytes as u32);
    if size < needed[0] || request_size < needed[1] || verdict_size < needed[2] {
        return Err(format!(
            "a newer fastcors is needed: tables and structs of {needed:?} bytes, and those of the installed one have \
             {:?}",
            [size, request_size, verdict_size]
        ));
    }
    Ok(&*api)
}
