//! Gives the shared library its SONAME, with the ABI's number, which is its own and not the crate's version; and keeps it in
//! memory once it is loaded, so that `dlclose` cannot take the code away from a thread that is still in it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // The number is C8X8_ABI_VERSION; a test compares the two.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcampaigns8x8.so.0");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
