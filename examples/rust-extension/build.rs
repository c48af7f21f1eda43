//! Says where `fastcors.rs` is: beside `fastcors.h` in the fastcors that is installed.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=PYO3_PYTHON");
    let python = env::var("PYO3_PYTHON").unwrap_or_else(|_| "python".into());
    let found = Command::new(&python)
        .args(["-c", "import fastcors; print(fastcors.get_include(), end='')"])
        .output()
        .unwrap_or_else(|error| panic!("{python}: {error}"));
    assert!(found.status.success(), "{python}: {}", String::from_utf8_lossy(&found.stderr));
    let include = String::from_utf8(found.stdout).expect("the path is UTF-8");
    println!("cargo:rerun-if-changed={include}/fastcors.rs");
    println!("cargo:rustc-env=FASTCORS_INCLUDE={include}");
}
