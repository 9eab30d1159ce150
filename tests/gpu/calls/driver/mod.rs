//! Sequences of calls at both levels, with good and bad arguments. Each call does what is predicted
//! of it, and nothing else.

mod arguments;
mod choices;
mod high_level;
mod low_level;
mod predicted;
mod values;
mod world;

use choices::Choices;
use world::Buffers;
pub use world::World;

/// Numbers of calls.
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
    let (mut choices, mut tensors) = (Choices(bytes), high_level::Tensors::default());
    let [mut buffers, mut apart] = [(); 2].map(|()| Buffers::new(world));
    let mut count = Count::default();
    while !choices.is_over() {
        let is_accepted = if choices.once_in(3) {
            high_level::call(world, &mut tensors, &mut choices)
        } else {
            low_level::call(world, &mut buffers, &mut apart, &mut choices)
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
