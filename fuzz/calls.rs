//! Sequences of calls on a real adapter, as `tests/gpu/calls/` makes them, guided by the code that
//! they reach: `make fuzz`.
#![no_main]

use std::sync::Mutex;

use driver::{Count, World};
use libfuzzer_sys::fuzz_target;

#[path = "../tests/gpu/calls/driver/mod.rs"]
mod driver;

/// After so many calls everything is dropped, and no buffer may be left.
const CALLS: usize = 20_000;

static WORLD: Mutex<Option<(World, Count)>> = Mutex::new(None);

fuzz_target!(|bytes: &[u8]| {
    let mut world = WORLD.lock().expect("no panic before");
    let (used, count) = world.get_or_insert_with(|| (World::new(), Count::default()));
    count.add(driver::run(used, bytes));
    if count.accepted + count.refused >= CALLS
        && let Some((used, Count { accepted, refused })) = world.take()
    {
        let leaked = used.leaked();
        eprintln!("{accepted} calls accepted, {refused} refused, {leaked} buffers leaked");
        assert_eq!(leaked, 0);
    }
});
