//! The ranks: the processes of one training, and what they exchange over MPI.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use mpi::environment::{Threading, Universe};
use mpi::point_to_point::send_receive_into;
use mpi::topology::SimpleCommunicator;
use mpi::traits::*;

/// Sums this small count as 0. GPUs differ in what they make of numbers below 2^-126, and a sum
/// must be the same wherever it is computed.
pub const NEGLIGIBLE: f32 = 1e-30;

/// This process among all that train.
pub struct Ranks {
    world: SimpleCommunicator,
    pub rank: usize,
    pub count: usize,
    /// Ends MPI when it is dropped, so it is the last field.
    _universe: Universe,
}

impl Ranks {
    /// Joins the other ranks. A process that `mpirun` has not started is the only rank.
    pub fn join() -> Result<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)
            .context("MPI is initialised already")?;
        let world = universe.world();
        Ok(Self {
            rank: world.rank() as usize,
            count: world.size() as usize,
            world,
            _universe: universe,
        })
    }

    /// Returns the number of this rank among those of the same machine.
    pub fn on_machine(&self) -> usize {
        self.world.split_shared(self.world.rank()).rank() as usize
    }

    /// Returns the parts that this rank has of a whole, of which each has the same number. A number
    /// of ranks that is no power of two would cut the tree of [`sum`](Self::sum) elsewhere.
    pub fn parts(&self, whole: usize) -> Result<Range<usize>> {
        ensure!(
            self.count.is_power_of_two() && self.count <= whole,
            "there are {} ranks, and each must have as many of the {whole} micro-batches of a \
             batch: start a power of two, and at most {whole}",
            self.count
        );
        let parts = whole / self.count;
        Ok(self.rank * parts..(self.rank + 1) * parts)
    }

    /// Replaces the values of all ranks by those of rank 0.
    pub fn broadcast(&self, values: &mut [f32]) {
        // As words, since a number must not change on its way.
        let words: &mut [u32] = bytemuck::cast_slice_mut(values);
        self.world.process_at_rank(0).broadcast_into(words);
    }

    /// Replaces the values of all ranks by their sum. The order is that of a binary tree over the
    /// ranks, so that the sum has the same bits on all of them and on each run: `MPI_Allreduce`
    /// promises no order.
    pub fn sum(&self, values: &mut [f32]) {
        let mut others = vec![0.0; values.len()];
        let mut distance = 1;
        while distance < self.count {
            let partner = self
                .world
                .process_at_rank((self.rank ^ distance) as mpi::Rank);
            send_receive_into(values, &partner, &mut others, &partner);
            for (value, other) in values.iter_mut().zip(&others) {
                let sum = *value + other;
                *value = if sum.abs() <= NEGLIGIBLE { 0.0 } else { sum };
            }
            distance *= 2;
        }
    }

    /// Returns the values of all ranks.
    pub fn gather(&self, value: u32) -> Vec<u32> {
        let mut values = vec![0; self.count];
        self.world.all_gather_into(&value, &mut values[..]);
        values
    }

    /// Ends all ranks at once, also those that wait for this one.
    pub fn abort(&self) -> ! {
        self.world.abort(1)
    }
}
