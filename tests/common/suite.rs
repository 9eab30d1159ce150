//! The fast suite, which `make test` runs, and the full one of `make test-numerics`.
//!
//! The fast suite has every activation, every op, every special value and the worst inputs that are
//! known. It thins what is left: neighbours of special values, random numbers, parts of sweeps,
//! large shapes.

use std::thread;

/// True if nothing is to be thinned: `make test-numerics` sets `NUMERICS=full`.
pub fn is_full() -> bool {
    // libtest names a test's thread after the test, unless all tests run in the main thread.
    let test = thread::current().name().unwrap_or("main").to_owned();
    assert!(
        test == "main" || test.contains("numerics::"),
        "{test} is thinned: it belongs into a module `numerics`, the only ones that `make test-numerics` runs"
    );
    std::env::var("NUMERICS").is_ok_and(|suite| suite == "full")
}

/// The value of the full suite, or that of the fast one.
pub fn full_or<T>(full: T, fast: T) -> T {
    if is_full() { full } else { fast }
}
