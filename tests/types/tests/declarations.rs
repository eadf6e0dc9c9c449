//! What is generated for TypeScript; `tsc.test.mjs` compiles programs against it.

use std::{env, fs, path::Path};

#[test]
fn the_committed_declarations_are_those_of_the_types() {
    let generated = sockeye_types::contract().to_string();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript/events.ts");
    if env::var_os("SOCKEYE_WRITE").is_some() {
        fs::write(&path, &generated).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, generated,
        "run this test with SOCKEYE_WRITE=1 to write the file anew"
    );
}

#[test]
#[should_panic(expected = "two events of clients are called `count`")]
fn a_name_stands_once() {
    let _ = sockeye_types::contract().client_to_server::<sockeye_types::Count>();
}

#[test]
#[should_panic(expected = "two types are called `Accepted`: rename one")]
fn a_type_is_declared_once() {
    #[derive(ts_rs::TS)]
    #[ts(rename = "Accepted")]
    #[expect(dead_code, reason = "only its declaration matters")]
    struct Other {
        at: String,
    }
    #[derive(sockeye::Event, ts_rs::TS)]
    #[event(reply = Other)]
    struct Ask;
    let _ = sockeye_types::contract().client_to_server::<Ask>();
}
