//! Chooses the inputs of a sweep.

/// The number of inputs that are computed at once.
const CHUNK: u64 = 1 << 21;

/// The number of bit patterns of f32.
const PATTERNS: u64 = 1 << 32;

/// The number of neighbours on each side of a landmark that are inputs.
const NEIGHBOURS: u32 = 2000;

/// Landmarks of the format and of exponentials: zeros, subnormals, the limits of e^x, infinities.
const LANDMARKS: [f32; 7] = [
    0.0,
    f32::MIN_POSITIVE,
    17.0,
    88.0,
    104.0,
    f32::MAX,
    f32::INFINITY,
];

/// Returns every `stride`-th bit pattern and, unless these are all, the neighbours of landmarks.
pub struct Inputs {
    stride: u64,
    landmarks: Vec<u32>,
}

impl Inputs {
    pub fn new(derivative: impl Fn(f64) -> f64, stride: u64) -> Self {
        let landmarks = if stride == 1 {
            vec![]
        } else {
            landmarks(derivative)
        };
        Self { stride, landmarks }
    }

    pub fn len(&self) -> u64 {
        PATTERNS.div_ceil(self.stride) + self.landmarks.len() as u64
    }

    pub fn chunks(&self) -> impl Iterator<Item = Vec<f32>> {
        let number = |bits: u64| f32::from_bits(bits as u32);
        let step = self.stride * CHUNK;
        let chunk = move |start: u64| {
            (start..(start + step).min(PATTERNS))
                .step_by(self.stride as usize)
                .map(number)
                .collect::<Vec<_>>()
        };
        let neighbours = self.landmarks.chunks(CHUNK as usize);
        let neighbours =
            neighbours.map(|bits| bits.iter().map(|&bits| f32::from_bits(bits)).collect());
        (0..PATTERNS)
            .step_by(step as usize)
            .map(chunk)
            .chain(neighbours)
    }
}

/// Returns the bits of all landmarks and of their neighbours.
fn landmarks(derivative: impl Fn(f64) -> f64) -> Vec<u32> {
    let ends = LANDMARKS.iter().flat_map(|&x| [x, -x]);
    // Waves have too many landmarks.
    let is_wave = derivative(f64::INFINITY).is_nan();
    let turns = if is_wave {
        vec![]
    } else {
        turns(|x| derivative(f64::from(x)))
    };
    let mut bits: Vec<_> = ends.chain(turns).flat_map(neighbours).collect();
    bits.sort_unstable();
    bits.dedup();
    bits
}

/// Returns the bits of a number and of its neighbours.
fn neighbours(x: f32) -> impl Iterator<Item = u32> {
    (0..=2 * NEIGHBOURS).map(move |step| x.to_bits().wrapping_sub(NEIGHBOURS).wrapping_add(step))
}

/// Finds the places where a derivative changes its sign or jumps: its zeros, and the kinks of its
/// function.
fn turns(derivative: impl Fn(f32) -> f64) -> Vec<f32> {
    /// The search finds one such place between numbers that are this far apart in bits. There are
    /// 128 such steps in a binade.
    const STEP: i64 = 1 << 16;
    /// No smooth derivative changes by this factor from one f32 to the next.
    const JUMP: f64 = 1e-3;
    let end = i64::from(f32::INFINITY.to_bits());
    let at = |position: i64| derivative(nth(position));
    let is_turn = |[a, b]: [f64; 2]| match [a, b].map(f64::is_nan) {
        [false, false] => a.signum() != b.signum() || (a - b).abs() > JUMP * a.abs().max(b.abs()),
        [a, b] => a != b,
    };
    let turn = |start: i64| {
        let (mut low, mut high) = (start, start + STEP);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let [a, b, c] = [low, middle, high].map(at);
            let is_left = if a.signum() == c.signum() {
                (a - b).abs() > (b - c).abs()
            } else {
                a.signum() != b.signum()
            };
            (low, high) = if is_left {
                (low, middle)
            } else {
                (middle, high)
            };
        }
        is_turn([low, high].map(at)).then(|| nth(low))
    };
    (-end..end)
        .step_by(STEP as usize)
        .filter_map(turn)
        .collect()
}

/// Returns the number at a position in numerical order: 0 is at position 0, positive numbers
/// follow.
fn nth(position: i64) -> f32 {
    let magnitude = f32::from_bits(position.unsigned_abs() as u32);
    if position < 0 { -magnitude } else { magnitude }
}
