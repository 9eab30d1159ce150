//! Measures every kernel at every size. Each turn runs beside a turn of the copy kernel of the same
//! shape.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Result, ensure};
use indicatif::ProgressBar;
use wgpu_activations::wgpu::{self, BufferUsages};
use wgpu_activations::{Activation, AxisFunction, AxisShape, Dtype, Gpu, Operation, Slice};

use crate::copy::{Body, Copies, Copy};
use crate::formulas::{FORMULAS, Formula};
use crate::plan::{Function, Pass, Shape, stored};
use crate::spread::Spread;
use crate::stopwatch::{Seconds, Stopwatch};

/// The measurements to take.
pub struct Plan {
    pub functions: Vec<Function>,
    pub passes: Vec<Pass>,
    pub dtypes: Vec<Dtype>,
    pub sizes: Vec<u64>,
    pub turns: usize,
}

/// The times of one kernel for one tensor.
#[derive(Clone)]
pub struct Figure {
    pub name: String,
    pub pass: Pass,
    pub dtype: Dtype,
    pub elements: u64,
    /// The median time of one dispatch, in seconds.
    pub kernel: f64,
    pub cpu: f64,
    /// Its time relative to the copy's: CPU time on a software adapter, else the kernel's.
    pub ratio: Spread,
    /// The number of bytes that it reads and writes.
    pub bytes: u64,
}

impl Figure {
    pub fn gigabytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.kernel * 1e-9
    }
}

/// The name of the copy kernel among the figures.
pub const COPY: &str = "copy";

/// The minimal time of a turn of a copy, in seconds, and the maximal number of dispatches in it.
/// Clocks are precise enough for such a turn.
const LEAST: f64 = 3e-3;
const MOST_REPEATS: u32 = 512;

/// The turns of a kernel, and those of the copy before each.
pub struct Contender {
    name: String,
    pass: Pass,
    shape: Shape,
    record: Box<dyn Fn(&mut wgpu::ComputePass<'_>)>,
    turns: Vec<[Seconds; 2]>,
}

pub fn measure(
    gpu: &Gpu,
    watch: &Stopwatch<'_>,
    plan: &Plan,
    progress: &ProgressBar,
) -> Result<Vec<Figure>> {
    let is_software = is_software(gpu);
    let mut copies = Copies::new(gpu);
    let mut figures = vec![];
    progress.set_length((plan.dtypes.len() * plan.sizes.len() * (plan.turns + 1)) as u64);
    for &dtype in &plan.dtypes {
        let largest = plan
            .sizes
            .iter()
            .max()
            .map_or(0, |elements| elements * dtype.size());
        let tensors = Tensors::new(gpu, dtype, largest);
        for &elements in &plan.sizes {
            progress.set_message(format!("{dtype}, {elements} elements"));
            let slices = tensors
                .slices(elements * dtype.size())
                .map(|slice| slice.with_dtype(dtype));
            let [x, second, third, output, other] = slices;
            let mut contenders = vec![];
            for &function in &plan.functions {
                for &pass in &plan.passes {
                    let (inputs, outputs) = ([x, second, third], [output, other]);
                    let operation =
                        function.operation(gpu.kernels(), pass, inputs, outputs, elements)?;
                    contenders.push(Contender::of_operation(function, pass, operation));
                }
            }
            take_turns(
                watch,
                &mut copies,
                &slices,
                &mut contenders,
                plan.turns,
                progress,
            )?;
            let to_figure = |contender: &Contender| contender.figure(dtype, elements, is_software);
            figures.extend(
                copy_figures(&contenders)
                    .iter()
                    .chain(&contenders)
                    .map(to_figure),
            );
        }
    }
    Ok(figures)
}

/// Tells whether this process does the adapter's work.
pub fn is_software(gpu: &Gpu) -> bool {
    gpu.device().adapter_info().device_type == wgpu::DeviceType::Cpu
}

/// Measures the cost of arithmetic: kernels with a known number of operations, in turns with a
/// copy.
pub fn arithmetic(
    gpu: &Gpu,
    watch: &Stopwatch<'_>,
    elements: u64,
    turns: usize,
) -> Result<Vec<Figure>> {
    let tensors = Tensors::new(gpu, Dtype::F32, elements * Dtype::F32.size());
    let slices = tensors.slices(elements * Dtype::F32.size());
    let (mut copies, shape) = (
        Copies::new(gpu),
        Function::Activation(Activation::Identity).shape(Pass::Forward),
    );
    let contender = |n| {
        let name = format!("{n} operations, one after the other");
        Contender::of_body(
            name,
            Pass::Forward,
            shape,
            &mut copies,
            Body::Chain(n),
            &slices,
        )
    };
    let mut contenders: Vec<_> = [8, 16, 32, 64, 128].map(contender).into();
    take_turns(
        watch,
        &mut copies,
        &slices,
        &mut contenders,
        turns,
        &ProgressBar::hidden(),
    )?;
    let is_software = is_software(gpu);
    Ok(contenders
        .iter()
        .map(|contender| contender.figure(Dtype::F32, elements, is_software))
        .collect())
}

/// Measures formulas made of WGSL's own functions, and this crate's kernel after each, in turns
/// with a copy.
pub fn formulas(
    gpu: &Gpu,
    watch: &Stopwatch<'_>,
    elements: u64,
    turns: usize,
) -> Result<Vec<[Figure; 2]>> {
    for formula in &FORMULAS {
        compare(gpu, formula, Pass::Forward)?;
        compare(gpu, formula, Pass::Backward)?;
    }
    let tensors = Tensors::new(gpu, Dtype::F32, elements * Dtype::F32.size());
    let slices = tensors.slices(elements * Dtype::F32.size());
    let [x, second, third, output, other] = slices;
    let (mut copies, mut contenders) = (Copies::new(gpu), vec![]);
    for formula in &FORMULAS {
        let function = Function::Activation(formula.activation.parse()?);
        for pass in [Pass::Forward, Pass::Backward] {
            let shape = function.shape(pass);
            let body = Body::Formula(formula.of(pass));
            contenders.push(Contender::of_body(
                function.name(),
                pass,
                shape,
                &mut copies,
                body,
                &slices,
            ));
            let operation = function.operation(
                gpu.kernels(),
                pass,
                [x, second, third],
                [output, other],
                elements,
            )?;
            contenders.push(Contender::of_operation(function, pass, operation));
        }
    }
    take_turns(
        watch,
        &mut copies,
        &slices,
        &mut contenders,
        turns,
        &ProgressBar::hidden(),
    )?;
    let is_software = is_software(gpu);
    let figure = |contender: &Contender| contender.figure(Dtype::F32, elements, is_software);
    Ok(contenders
        .chunks_exact(2)
        .map(|pair| [figure(&pair[0]), figure(&pair[1])])
        .collect())
}

/// Checks that a formula computes its activation as well as WGSL's own functions allow. WGSL's
/// `sin` is 2^-11 off, and next to zeros by any factor.
fn compare(gpu: &Gpu, formula: &Formula, pass: Pass) -> Result<()> {
    let activation: Activation = formula.activation.parse()?;
    let values: Vec<_> = (0..1024).map(|i| i as f32 / 64.0 - 8.0).collect();
    let x = gpu.upload(&values, [values.len()])?;
    let grad_output = gpu.upload(
        &values.iter().map(|x| x.cos()).collect::<Vec<_>>(),
        [values.len()],
    )?;
    let theirs = gpu.upload(&vec![0f32; values.len()], [values.len()])?;
    let own = match pass {
        Pass::Forward => gpu.forward(activation, &x)?,
        Pass::Backward => gpu.backward(activation, &x, &grad_output)?,
    };
    let shape = Function::Activation(activation).shape(pass);
    let slices = [
        &[x.slice()?, grad_output.slice()?][..shape.reads],
        &[theirs.slice()?],
    ]
    .concat();
    let kernel = Copies::new(gpu).copy(shape, Body::Formula(formula.of(pass)), &slices);
    gpu.submit()?;
    let mut encoder = gpu
        .device()
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    kernel.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
    gpu.queue().submit([encoder.finish()]);
    let [theirs, own] = gpu.read_blocking([&theirs, &own])?;
    for ((theirs, own), x) in theirs.iter().zip(&own).zip(&values) {
        let is_same = (theirs - own).abs() <= 2e-3 + 1e-2 * own.abs();
        ensure!(
            is_same,
            "{pass} formula of {}: {theirs} at {x}, and not {own}",
            formula.activation
        );
    }
    Ok(())
}

/// Shapes of rows that have different kernels: outer, length, inner.
const SHAPES: [[u64; 3]; 9] = [
    [1 << 17, 8, 1],
    [1 << 15, 32, 1],
    [1, 8, 1 << 17],
    [1, 32, 1 << 15],
    [1, 1024, 1024],
    [64, 1024, 64],
    [1024, 1024, 1],
    [1, 1 << 20, 1],
    [1039, 1009, 1],
];

/// Measures softmax along rows of many shapes.
pub fn rows(gpu: &Gpu, watch: &Stopwatch<'_>, turns: usize) -> Result<Vec<Figure>> {
    let softmax = AxisFunction::SOFTMAX;
    let most = SHAPES
        .iter()
        .map(|shape| shape.iter().product::<u64>())
        .max()
        .unwrap_or_default();
    let mut figures = vec![];
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Bf16] {
        let tensors = Tensors::new(gpu, dtype, most * dtype.size());
        let mut copies = Copies::new(gpu);
        for [outer, length, inner] in SHAPES {
            let elements = outer * length * inner;
            let slices = tensors
                .slices(elements * dtype.size())
                .map(|slice| slice.with_dtype(dtype));
            let ([x, grad_output, _, output, _], kernels) = (slices, gpu.kernels());
            let rows = AxisShape::new(outer, length, inner);
            let forward = kernels.forward_axis(softmax, rows, x, output)?;
            let backward = kernels.backward_axis(softmax, rows, x, grad_output, output)?;
            let contender = |(pass, reads, operation): (Pass, usize, Operation)| {
                let name =
                    format!("softmax {outer} x {length} x {inner}, along the second, {dtype}");
                Contender::new(name, pass, Shape { reads, writes: 1 }, operation)
            };
            let both = [(Pass::Forward, 1, forward), (Pass::Backward, 2, backward)];
            let mut contenders: Vec<_> = both.into_iter().map(contender).collect();
            take_turns(
                watch,
                &mut copies,
                &slices,
                &mut contenders,
                turns,
                &ProgressBar::hidden(),
            )?;
            figures.extend(
                contenders
                    .iter()
                    .map(|contender| contender.figure(dtype, elements, is_software(gpu))),
            );
        }
    }
    Ok(figures)
}

/// Runs all kernels in turn, each after a copy of its shape, so that other load on the machine
/// affects both.
pub fn take_turns(
    watch: &Stopwatch<'_>,
    copies: &mut Copies<'_>,
    slices: &[Slice<'_>; INPUTS + OUTPUTS],
    contenders: &mut [Contender],
    turns: usize,
    progress: &ProgressBar,
) -> Result<()> {
    let mut beside: HashMap<Shape, (Copy, u32)> = HashMap::new();
    for shape in contenders.iter().map(|contender| contender.shape) {
        if let Entry::Vacant(place) = beside.entry(shape) {
            let copy = copies.copy(shape, Body::Copy, &operands(slices, shape));
            let mut repeats = 1;
            while repeats < MOST_REPEATS
                && watch.submit(repeats, &|pass| copy.record(pass))?.0 < LEAST
            {
                repeats *= 2;
            }
            place.insert((copy, repeats));
        }
    }
    for turn in 0..=turns {
        for contender in contenders.iter_mut() {
            let (copy, repeats) = &beside[&contender.shape];
            let of_copy = watch.time(*repeats, &|pass| copy.record(pass))?;
            let own = watch.time(*repeats, &*contender.record)?;
            // The first turn is to warm up.
            if turn > 0 {
                contender.turns.push([own, of_copy]);
            }
        }
        progress.inc(1);
    }
    Ok(())
}

/// Returns the figures of the copies themselves, from all the turns that they took.
fn copy_figures(contenders: &[Contender]) -> Vec<Contender> {
    let shapes = [(Pass::Forward, 1), (Pass::Backward, 2)]
        .map(|(pass, reads)| (pass, Shape { reads, writes: 1 }));
    let of_shape = |(pass, shape)| {
        let same = contenders
            .iter()
            .filter(|contender| contender.shape == shape);
        let turns: Vec<_> = same
            .flat_map(|contender| &contender.turns)
            .map(|[_, copy]| [*copy; 2])
            .collect();
        Contender {
            name: COPY.to_owned(),
            pass,
            shape,
            record: Box::new(|_| ()),
            turns,
        }
    };
    shapes
        .map(of_shape)
        .into_iter()
        .filter(|copy| !copy.turns.is_empty())
        .collect()
}

impl Contender {
    pub fn new(name: String, pass: Pass, shape: Shape, operation: Operation) -> Self {
        Self {
            name,
            pass,
            shape,
            record: Box::new(move |pass| operation.record(pass)),
            turns: vec![],
        }
    }

    fn of_operation(function: Function, pass: Pass, operation: Operation) -> Self {
        Self::new(function.name(), pass, function.shape(pass), operation)
    }

    fn of_body(
        name: String,
        pass: Pass,
        shape: Shape,
        copies: &mut Copies<'_>,
        body: Body,
        slices: &[Slice<'_>; INPUTS + OUTPUTS],
    ) -> Self {
        let copy = copies.copy(shape, body, &operands(slices, shape));
        Self {
            name,
            pass,
            shape,
            record: Box::new(move |pass| copy.record(pass)),
            turns: vec![],
        }
    }

    pub fn figure(&self, dtype: Dtype, elements: u64, is_software: bool) -> Figure {
        let counted = |seconds: &Seconds| {
            if is_software {
                seconds.cpu
            } else {
                seconds.kernel
            }
        };
        Figure {
            name: self.name.clone(),
            pass: self.pass,
            dtype,
            elements,
            kernel: Spread::of(self.turns.iter().map(|[own, _]| own.kernel)).median,
            cpu: Spread::of(self.turns.iter().map(|[own, _]| own.cpu)).median,
            ratio: Spread::of(
                self.turns
                    .iter()
                    .map(|[own, copy]| counted(own) / counted(copy)),
            ),
            bytes: (self.shape.reads + self.shape.writes) as u64 * elements * dtype.size(),
        }
    }
}

const INPUTS: usize = 3;
const OUTPUTS: usize = 2;

/// Returns the inputs and then the outputs of a shape.
fn operands<'a>(
    slices: &[Slice<'a>; INPUTS + OUTPUTS],
    Shape { reads, writes }: Shape,
) -> Vec<Slice<'a>> {
    [&slices[..reads], &slices[INPUTS..INPUTS + writes]].concat()
}

/// Creates buffers for every size. Smaller sizes use the beginning of the buffers.
pub struct Tensors([wgpu::Buffer; INPUTS + OUTPUTS]);

impl Tensors {
    pub fn new(gpu: &Gpu, dtype: Dtype, size: u64) -> Self {
        /// The number of values that are written at once.
        const VALUES: u64 = 1 << 18;
        // The values lie on both sides of every bend, so that all branches run. The values
        // themselves do not change the time.
        let values: Vec<_> = (0..VALUES).map(|i| (i as f32 * 0.37).sin() * 8.0).collect();
        let stored = stored(dtype, &values);
        let buffer = |_| {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST;
            let label = Some("tensor");
            let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
                label,
                size,
                usage,
                mapped_at_creation: false,
            });
            for offset in (0..size).step_by(stored.len()) {
                let rest = (size - offset).min(stored.len() as u64) as usize;
                gpu.queue().write_buffer(&buffer, offset, &stored[..rest]);
                // Staging memory is freed with the submission.
                gpu.queue().submit([]);
            }
            buffer
        };
        Self(std::array::from_fn(buffer))
    }

    pub fn slices(&self, size: u64) -> [Slice<'_>; INPUTS + OUTPUTS] {
        self.0.each_ref().map(|buffer| Slice::new(buffer, 0, size))
    }
}
