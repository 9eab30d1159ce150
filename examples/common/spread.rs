//! Statistics of repeated measurements.

/// The median and the quartiles, which outliers do not move.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub quartiles: [f64; 2],
}

impl Spread {
    /// Computes them for at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        // Interpolate linearly between neighbours.
        let at = |part: f64| {
            let place = part * (values.len() - 1) as f64;
            let (below, above) = (
                values[place.floor() as usize],
                values[place.ceil() as usize],
            );
            below + (above - below) * place.fract()
        };
        Self {
            median: at(0.5),
            quartiles: [at(0.25), at(0.75)],
        }
    }
}
