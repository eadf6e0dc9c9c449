//! Replays the corpus of the fuzz targets, which live beside it in `fuzz/`.
#![cfg(feature = "deflate")]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "public for the fuzz targets")]
mod fuzz;

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_input_keeps_every_promise() {
    for (target, _) in fuzz::TARGETS {
        let inputs = inputs(target);
        assert!(inputs.len() >= 5, "{target} has {} inputs", inputs.len());
        for input in inputs {
            let bytes = fs::read(&input).expect("an input");
            let kept = std::panic::catch_unwind(|| fuzz::run(target, &bytes)).is_ok();
            assert!(kept, "{}", input.display());
        }
    }
}
