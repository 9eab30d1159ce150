//! Random sequences of calls on a real adapter: see `driver`. `make fuzz` makes many more, guided by what code they reach.

#[path = "../common/mod.rs"]
mod common;
mod driver;

use std::cell::Cell;
use std::time::{Duration, Instant};

use driver::{Count, World};
use proptest::collection::vec;
use proptest::num::u8::ANY;
use proptest::test_runner::{Config, TestRunner};

/// Long enough for thousands of calls, once kernels are compiled.
const TIME: Duration = Duration::from_secs(10);

#[test]
fn every_call_does_what_is_predicted() {
    common::gpu(); // Says which adapter it is, and checks it.
    let (world, start, calls) = (World::new(), Instant::now(), Cell::new(Count::default()));
    while start.elapsed() < TIME {
        let mut runner = TestRunner::new(Config {
            cases: 8,
            failure_persistence: None,
            ..Config::default()
        });
        let result = runner.run(&vec(ANY, 0..2000), |bytes| {
            let mut count = calls.get();
            count.add(driver::run(&world, &bytes));
            calls.set(count);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{error}"));
    }
    let Count { accepted, refused } = calls.get();
    println!("{accepted} calls accepted, {refused} refused");
    assert!(
        accepted > 100 && refused > 100,
        "too few calls of either kind for this to mean anything"
    );
    assert_eq!(world.leaked(), 0, "buffers are alive that nobody holds");
}
