//! Any sequence of calls, at both levels, with good and bad arguments: each does what is predicted of it, and nothing else.

mod choices;
mod guest;
mod predicted;
mod simple;
mod values;
mod world;

use choices::Choices;
use world::Buffers;
pub use world::World;

/// How many calls there were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub accepted: usize,
    pub refused: usize,
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
    }
}

/// Makes the calls that the bytes stand for.
pub fn run(world: &World, bytes: &[u8]) -> Count {
    let (mut choices, mut buffers, mut tensors) = (
        Choices(bytes),
        Buffers::new(world),
        simple::Tensors::default(),
    );
    let mut count = Count::default();
    while !choices.is_over() {
        let is_accepted = if choices.once_in(3) {
            simple::call(world, &mut tensors, &mut choices)
        } else {
            guest::call(world, &mut buffers, &mut choices)
        };
        count.add(Count {
            accepted: is_accepted.into(),
            refused: (!is_accepted).into(),
        });
    }
    buffers.check(world);
    world.is_quiet();
    count
}
