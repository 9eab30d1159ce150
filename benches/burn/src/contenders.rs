//! What is timed, ours and Burn's: the same work, in each one's own simple way, to the moment when its result is there.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use burn::tensor::{Device, DeviceKind, Tensor as Burns, TensorData, activation};
use wgpu_activations::wgpu::{DeviceType, PollType};
use wgpu_activations::{Activation, AxisFunction, Expression, Gpu, Operands, Tensor};

use crate::functions::{Both, Chain};
use crate::turns::{Comparison, Seconds, timed};

/// Both libraries, each with a device of its own on the same adapter.
pub struct Contenders {
    pub gpu: Gpu,
    pub device: Device,
    pub turns: usize,
    /// What wakes a GPU. Without one there is nothing to wake.
    load: Option<Tensor>,
}

/// The operands of a chain.
struct Sides {
    ours: Vec<Tensor>,
    burns: Vec<Burns<2>>,
}

/// How long a GPU works before the clock starts.
const WAKING: Duration = Duration::from_millis(20);

/// How often a GPU does its work before it waits, with all results kept: a wait takes longer than many kernels do.
const REPEATS: usize = 32;

const SOFTMAX: AxisFunction = AxisFunction::Softmax { temperature: 1.0 };

/// Elements of a tensor that is no work, and how many operations make a batch.
const TINY: usize = 64;
const BATCH: usize = 64;

/// Elements of a row of a chain's operands.
const COLUMNS: usize = 1024;

/// What is compared of a result.
const SAMPLE: usize = 1000;

/// Both sides of every bend, and no kink, where the two have different gradients; and gradients that no compiler takes for one
/// number.
fn values(elements: usize) -> Vec<f32> {
    (0..elements).map(|i| ((i as f32 + 0.5) * 0.37).sin() * 8.0).collect()
}

fn gradients(elements: usize) -> Vec<f32> {
    (0..elements).map(|i| 0.5 + (i % 1009) as f32 * 1e-3).collect()
}

impl Contenders {
    pub fn new(gpu: Gpu, turns: usize) -> Result<Self> {
        let is_software = gpu.device().adapter_info().device_type == DeviceType::Cpu;
        let load = if is_software { None } else { Some(gpu.upload(&values(1 << 22), [1 << 22])?) };
        Ok(Self { gpu, device: Device::wgpu(DeviceKind::DefaultDevice), turns, load })
    }

    fn repeats(&self) -> usize {
        if self.load.is_some() { REPEATS } else { 1 }
    }

    fn wait(&self) -> Result<()> {
        self.gpu.submit()?;
        self.gpu.device().poll(PollType::wait_indefinitely())?;
        Ok(())
    }

    /// Burn is lazy: this makes it compute what is still referred to.
    fn sync(&self) -> Result<()> {
        self.device.sync().context("Burn")
    }

    /// Work for a GPU, until its clock is that of a busy one: an H100 takes five times as long before.
    fn wake(&self) -> Result<()> {
        let begin = Instant::now();
        while let Some(load) = self.load.as_ref().filter(|_| begin.elapsed() < WAKING) {
            (0..8).try_for_each(|_| self.gpu.forward(Activation::Gelu, load).map(drop))?;
            self.wait()?;
        }
        Ok(())
    }

    /// Our work to its end: one result, and what it took. Once before the clock: what the turn before has left is done then.
    fn ours<T>(&self, repeats: usize, work: impl Fn() -> Result<T>) -> Result<(T, Seconds)> {
        drop(work()?);
        self.wait()?;
        self.wake()?;
        let (mut results, seconds) = timed(|| {
            let results = (0..repeats).map(|_| work()).collect::<Result<Vec<_>>>()?;
            self.wait()?;
            Ok(results)
        })?;
        Ok((results.swap_remove(0), seconds.of_one(repeats)))
    }

    /// Likewise, of what is prepared anew each time.
    fn burns<P, T>(
        &self,
        repeats: usize,
        prepare: impl Fn() -> Result<P>,
        work: impl Fn(P) -> Result<T>,
    ) -> Result<(T, Seconds)> {
        drop(work(prepare()?)?);
        self.wake()?;
        let prepared = (0..repeats).map(|_| prepare()).collect::<Result<Vec<_>>>()?;
        self.sync()?;
        let (mut results, seconds) = timed(|| {
            let results = prepared.into_iter().map(&work).collect::<Result<Vec<_>>>()?;
            self.sync()?;
            Ok(results)
        })?;
        Ok((results.swap_remove(0), seconds.of_one(repeats)))
    }

    fn upload(&self, values: &[f32]) -> Result<Tensor> {
        Ok(self.gpu.upload(values, [values.len()])?)
    }

    fn samples<const D: usize>(&self, ours: &Tensor, burns: Burns<D>) -> Result<[Vec<f32>; 2]> {
        let [values] = self.gpu.read_blocking([ours])?;
        Ok([values, floats(burns)?].map(|values| values.into_iter().take(SAMPLE).collect()))
    }

    pub fn forward(&self, both: &Both, elements: usize) -> Result<Comparison> {
        let values = values(elements);
        let x = self.upload(&values)?;
        let their_x = Burns::<1>::from_floats(&values[..], &self.device);
        let ours = || self.ours(self.repeats(), || Ok(self.gpu.forward(both.ours, &x)?));
        let burns = || self.burns(self.repeats(), || Ok(their_x.clone()), |x| Ok((both.burns)(x)));
        let what = format!("`{}` forward, 2^{}", both.ours.info().name, elements.ilog2());
        Comparison::run(what, both.targets[0], self.turns, ours, burns, |ours, burns| self.samples(&ours, burns))
    }

    /// Burn's gradient is that of the sum of `f(x) * grad_output`; the forward pass is done before the clock starts.
    pub fn backward(&self, both: &Both, elements: usize) -> Result<Comparison> {
        let (values, gradients) = (values(elements), gradients(elements));
        let (x, grad_output) = (self.upload(&values)?, self.upload(&gradients)?);
        let device = self.device.clone().autodiff();
        let their_x = Burns::<1>::from_floats(&values[..], &device).require_grad();
        let their_grad_output = Burns::<1>::from_floats(&gradients[..], &device);
        let ours = || self.ours(self.repeats(), || Ok(self.gpu.backward(both.ours, &x, &grad_output)?));
        let forward = || Ok((both.burns)(their_x.clone()) * their_grad_output.clone());
        let backward = |y: Burns<1>| their_x.grad(&y.backward()).context("Burn has no gradient");
        let burns = || self.burns(self.repeats(), forward, backward);
        let what = format!("`{}` backward, 2^{}", both.ours.info().name, elements.ilog2());
        Comparison::run(what, both.targets[1], self.turns, ours, burns, |ours, burns| self.samples(&ours, burns))
    }

    /// The operands of a chain, ours and Burn's, as rows of [`COLUMNS`]. None are constants to a compiler.
    fn operands(&self, chain: &Chain, elements: usize, device: &Device) -> Result<Sides> {
        let (mut ours, mut burns) = (vec![], vec![]);
        for (place, operand) in chain.operands.iter().enumerate() {
            let rows = if operand.is_of_columns { 1 } else { elements / COLUMNS };
            let values: Vec<_> = values(rows * COLUMNS).iter().map(|value| value / (1.0 + place as f32)).collect();
            ours.push(self.gpu.upload(&values, [rows, COLUMNS])?);
            burns.push(Burns::<2>::from_data(TensorData::new(values, [rows, COLUMNS]), device));
        }
        Ok(Sides { ours, burns })
    }

    pub fn forward_chain(&self, chain: &Chain, elements: usize) -> Result<Comparison> {
        let expression: Expression = chain.text.parse()?;
        let Sides { ours: tensors, burns: theirs } = self.operands(chain, elements, &self.device)?;
        let named = || chain.operands.iter().map(|operand| operand.name).zip(&tensors).collect::<Operands>();
        let ours = || self.ours(self.repeats(), || Ok(self.gpu.evaluate(&expression, named())?));
        let burns = || self.burns(self.repeats(), || Ok(theirs.clone()), |theirs| Ok((chain.burns)(&theirs)));
        let what = format!("`{}` forward, 2^{}", chain.text, elements.ilog2());
        Comparison::run(what, 1.0, self.turns, ours, burns, |ours, burns| self.samples(&ours, burns))
    }

    /// The gradients with respect to all operands but `residual`, whose gradient is `grad_output` itself. Burn's are those of the
    /// sum of the result times `grad_output`, as in [`Self::backward`].
    pub fn backward_chain(&self, chain: &Chain, elements: usize) -> Result<Comparison> {
        let expression: Expression = chain.text.parse()?;
        let device = self.device.clone().autodiff();
        let Sides { ours: tensors, burns: theirs } = self.operands(chain, elements, &device)?;
        let of: Vec<_> = (0..theirs.len()).filter(|&k| chain.operands[k].name != "residual").collect();
        let differentiate = |(k, tensor): (usize, Burns<2>)| if of.contains(&k) { tensor.require_grad() } else { tensor };
        let theirs: Vec<_> = theirs.into_iter().enumerate().map(differentiate).collect();
        let (shape, gradients) = ([elements / COLUMNS, COLUMNS], gradients(elements));
        let grad_output = self.gpu.upload(&gradients, shape)?;
        let their_grad_output = Burns::<2>::from_data(TensorData::new(gradients, shape), &device);

        let fused = expression.fuse_gradients(of.iter().map(|&k| chain.operands[k].name))?;
        let mut named: Vec<_> = chain.operands.iter().map(|operand| operand.name).zip(&tensors).collect();
        named.push(("grad_output", &grad_output));
        let ours = || self.ours(self.repeats(), || Ok(self.gpu.run(&fused, &named.iter().copied().collect::<Operands>())?));
        let forward = || Ok((chain.burns)(&theirs) * their_grad_output.clone());
        let backward = |y: Burns<2>| {
            let all = y.backward();
            let gradients = of.iter().map(|&k| theirs[k].grad(&all).context("Burn has no gradient"));
            gradients.collect::<Result<Vec<_>>>()
        };
        let burns = || self.burns(self.repeats(), forward, backward);
        let what = format!("`{}` backward, 2^{}", chain.text, elements.ilog2());
        Comparison::run(what, 0.8, self.turns, ours, burns, |ours: Vec<Tensor>, burns| {
            let mut all = [vec![], vec![]];
            for (ours, burns) in ours.iter().zip(burns) {
                let samples = self.samples(ours, burns)?;
                all.iter_mut().zip(samples).for_each(|(all, sample)| all.extend(sample));
            }
            Ok(all)
        })
    }

    pub fn softmax(&self, [rows, length]: [usize; 2]) -> Result<Comparison> {
        let values = values(rows * length);
        let x = self.gpu.upload(&values, [rows, length])?;
        let their_x = Burns::<2>::from_data(TensorData::new(values, [rows, length]), &self.device);
        let ours = || self.ours(self.repeats(), || Ok(self.gpu.forward_axis(SOFTMAX, 1, &x)?));
        let burns = || self.burns(self.repeats(), || Ok(their_x.clone()), |x| Ok(activation::softmax(x, 1)));
        let what = format!("softmax of {rows} x {length}");
        Comparison::run(what, 0.4, self.turns, ours, burns, |ours, burns| self.samples(&ours, burns))
    }

    /// From the host's memory and back to it.
    pub fn host_to_host(&self, both: &Both, elements: usize) -> Result<Comparison> {
        let values = values(elements);
        let ours = || {
            self.ours(1, || {
                let [y] = self.gpu.read_blocking([&self.gpu.forward(both.ours, &self.upload(&values)?)?])?;
                Ok(y)
            })
        };
        let theirs = |()| floats((both.burns)(Burns::<1>::from_floats(&values[..], &self.device)));
        let burns = || self.burns(1, || Ok(()), theirs);
        let what = format!("`{}` from host to host, 2^{}", both.ours.info().name, elements.ilog2());
        Comparison::run(what, 0.75, self.turns, ours, burns, |ours, burns| Ok([ours, burns]))
    }

    /// One operation and a wait, or a batch of them, each on a tensor of its own, and one wait.
    pub fn tiny(&self, both: &Both, is_batch: bool) -> Result<Comparison> {
        let operations = if is_batch { BATCH } else { 1 };
        let values = values(TINY);
        let xs = (0..operations).map(|_| self.upload(&values)).collect::<Result<Vec<_>>>()?;
        let their_xs: Vec<_> = (0..operations).map(|_| Burns::<1>::from_floats(&values[..], &self.device)).collect();
        let ours = || {
            let forward = |x| Ok(self.gpu.forward(both.ours, x)?);
            let (results, seconds) = self.ours(1, || xs.iter().map(forward).collect::<Result<Vec<_>>>())?;
            Ok((results, seconds.of_one(operations)))
        };
        let burns = || {
            let forward = |xs: Vec<Burns<1>>| Ok(xs.into_iter().map(both.burns).collect::<Vec<_>>());
            let (results, seconds) = self.burns(1, || Ok(their_xs.clone()), forward)?;
            Ok((results, seconds.of_one(operations)))
        };
        let name = both.ours.info().name;
        let (what, target) = if is_batch {
            (format!("`{name}` of {TINY} elements, {BATCH} of them and one wait, each"), 0.15)
        } else {
            (format!("`{name}` of {TINY} elements, and a wait"), 0.35)
        };
        // What is over so soon takes more turns.
        let turns = 20 * self.turns;
        Comparison::run(what, target, turns, ours, burns, |ours, mut burns| {
            self.samples(&ours[0], burns.swap_remove(0))
        })
    }
}

fn floats<const D: usize>(tensor: Burns<D>) -> Result<Vec<f32>> {
    tensor.into_data().try_to_vec().map_err(|error| anyhow::anyhow!("Burn: {error:?}"))
}
