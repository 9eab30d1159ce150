//! Parameters of any value on every simulated device.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use wgpu_activations::Activation;

use super::DEVICES;
use super::case::Case;
use crate::common::{Worst, errors_with_any_parameters, inputs_of, of_any_parameters};

#[test]
fn every_parameter_is_within_the_bound_on_every_device() {
    let activations = of_any_parameters();
    let programs: BTreeMap<_, _> = Activation::ALL
        .iter()
        .flat_map(|&activation| Case::all(activation))
        .map(|case| (case.name(), case.program()))
        .collect();
    let (next, worst) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(&activation) = activations.get(next.fetch_add(1, Relaxed)) {
            let x = inputs_of(activation);
            for case in Case::all(activation) {
                for device in DEVICES {
                    let got = device.run(&programs[&case.name()], &x, &case.parameters());
                    let errors = errors_with_any_parameters(
                        activation,
                        &x,
                        &got,
                        case.is_first(),
                        |activation, x| Case { activation, ..case }.truth(x),
                    );
                    let found = Worst::of(errors);
                    if found.error > case.bound() {
                        let mut worst = worst.lock().expect("no other panic");
                        let report = format!("on {}: {}", device.name, found.report);
                        worst.insert((case.name(), activation.to_string()), report);
                    }
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let failures = worst.into_inner().expect("no panic");
    assert!(
        failures.is_empty(),
        "{} failures: {failures:#?}",
        failures.len()
    );
}
