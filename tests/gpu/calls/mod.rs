//! Random sequences of calls on a real adapter, each with a prediction of what it does. `make fuzz`
//! makes many more, guided by the code that they reach.

mod driver;

use std::cell::Cell;
use std::time::{Duration, Instant};

use driver::{Count, World};
use proptest::collection::vec;
use proptest::num::u8::ANY;
use proptest::test_runner::{Config, TestRunner};

/// This is long enough for thousands of calls, once kernels are compiled.
const TIME: Duration = Duration::from_secs(10);

#[test]
fn every_call_does_what_is_predicted() {
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
        "there were too few calls of either kind"
    );
    assert_eq!(world.leaked(), 0, "buffers are alive that no tensor holds");
}
