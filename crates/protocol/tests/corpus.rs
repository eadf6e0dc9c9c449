//! Replays the corpus of the fuzz target `message_pack`, which lives in `fuzz/`.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/src/message_pack.rs"]
mod message_pack;

#[test]
fn every_input_keeps_every_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/message_pack");
    let inputs = fs::read_dir(&folder).expect("the corpus");
    let mut count = 0;
    for input in inputs {
        let path = input.expect("an entry").path();
        let bytes = fs::read(&path).expect("an input");
        let kept = std::panic::catch_unwind(|| message_pack::run(&bytes)).is_ok();
        assert!(kept, "{}", path.display());
        count += 1;
    }
    assert!(count >= 30, "{count} inputs");
}
