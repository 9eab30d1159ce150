//! Random sequences of calls on a real adapter, each with a prediction of what it does. Each run
//! begins with the same ones, so that a failure tells of a change. `make fuzz` makes many others,
//! guided by the code that they reach.

mod driver;

use std::cell::Cell;
use std::time::{Duration, Instant};

use driver::{Count, World};
use proptest::collection::vec;
use proptest::num::u8::ANY;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// This is long enough for thousands of calls, once kernels are compiled.
const TIME: Duration = Duration::from_secs(10);

#[test]
fn every_call_does_what_is_predicted() {
    let (world, start, calls) = (World::new(), Instant::now(), Cell::new(Count::default()));
    for round in 0u64.. {
        if start.elapsed() > TIME {
            break;
        }
        let config = Config {
            cases: 8,
            failure_persistence: None,
            ..Config::default()
        };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&round.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(config, rng);
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
