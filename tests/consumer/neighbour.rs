//! Another static library in Rust, with its own copy of the standard library, panics and threads included.

#[unsafe(no_mangle)]
pub extern "C" fn neighbour_works() -> i32 {
    let caught = std::panic::catch_unwind(|| {
        std::thread::spawn(|| std::collections::HashMap::from([(1, "one")]).len())
            .join()
            .map_or(0, |length| length as i32)
    });
    caught.unwrap_or(-1)
}
