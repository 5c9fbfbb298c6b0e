//! Gives the shared library its name for the loader (SONAME, install name), with the ABI's number, which is its own and not the
//! crate's version; and keeps it in memory once it is loaded, so that `dlclose` cannot take the code away from a thread that is
//! still in it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The number is C8X8_ABI_VERSION; a test compares the two.
    let arguments: &[&str] = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => &["-Wl,-soname,libcampaigns8x8.so.0", "-Wl,-z,nodelete"],
        Ok("macos" | "ios") => &["-Wl,-install_name,@rpath/libcampaigns8x8.0.dylib"],
        Ok("windows") | Err(_) => &[],
        Ok(_) => &["-Wl,-soname,libcampaigns8x8.so.0"],
    };
    for argument in arguments {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}
