//! Replays the corpus of the fuzz target `engine3`, which lives in `fuzz/`.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/src/engine3.rs"]
mod engine3;

#[test]
fn every_input_keeps_every_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/engine3");
    let inputs = fs::read_dir(&folder).expect("the corpus");
    let mut count = 0;
    for input in inputs {
        let path = input.expect("an entry").path();
        let bytes = fs::read(&path).expect("an input");
        let kept = std::panic::catch_unwind(|| engine3::run(&bytes)).is_ok();
        assert!(kept, "{}", path.display());
        count += 1;
    }
    assert!(count >= 25, "{count} inputs");
}
