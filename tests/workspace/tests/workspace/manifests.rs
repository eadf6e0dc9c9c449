use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::{printed, root};

/// The oldest compiler of the published crates.
const RUST_VERSION: &str = "1.88";

/// The layers from the lowest to the highest; `sockeye-protocol` stands beside the first two.
const LAYERS: [&str; 3] = ["sockeye-websocket", "sockeye-engine", "sockeye"];
const PROTOCOL: &str = "sockeye-protocol";

/// The derive macro, which knows the crates above by their names alone.
const MACROS: &str = "sockeye-macros";

fn metadata() -> Value {
    let text = printed(
        env!("CARGO"),
        &[
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ],
    );
    serde_json::from_str(&text).expect("cargo metadata prints JSON")
}

fn packages(metadata: &Value) -> BTreeMap<&str, &Value> {
    metadata["packages"]
        .as_array()
        .expect("packages is a list")
        .iter()
        .map(|package| {
            (
                package["name"].as_str().expect("a package has a name"),
                package,
            )
        })
        .collect()
}

/// `publish = false` shows as an empty list of registries.
fn is_published(package: &Value) -> bool {
    package["publish"].is_null()
}

/// The crates of this workspace that a package depends on, for whatever kind.
fn own_dependencies<'a>(package: &'a Value, kinds: &[Option<&str>]) -> Vec<&'a str> {
    package["dependencies"]
        .as_array()
        .expect("dependencies is a list")
        .iter()
        .filter(|dependency| kinds.contains(&dependency["kind"].as_str()))
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|name| name.starts_with("sockeye"))
        .collect()
}

#[test]
fn published_crates_say_what_they_need() {
    let metadata = metadata();
    let published: BTreeMap<_, _> = packages(&metadata)
        .into_iter()
        .filter(|(_, package)| is_published(package))
        .collect();
    for name in LAYERS.iter().chain([&PROTOCOL]) {
        assert!(published.contains_key(name), "{name} is not published");
    }
    for (name, package) in published {
        assert_eq!(
            package["rust_version"], RUST_VERSION,
            "{name}: rust-version"
        );
        assert!(package["description"].is_string(), "{name}: description");
        assert!(package["repository"].is_string(), "{name}: repository");
    }
}

#[test]
fn every_crate_has_the_edition_and_the_licence() {
    let metadata = metadata();
    for (name, package) in packages(&metadata) {
        assert_eq!(package["edition"], "2024", "{name}: edition");
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}: license");
    }
}

#[test]
fn only_the_library_crates_are_published() {
    let metadata = metadata();
    for (name, package) in packages(&metadata) {
        let manifest = package["manifest_path"]
            .as_str()
            .expect("a package has a manifest");
        let library = manifest.contains("/crates/") && !manifest.contains("/crates/cli/");
        assert_eq!(is_published(package), library, "{name}: publish");
    }
}

#[test]
fn no_layer_depends_on_one_above_it() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let every_kind = [None, Some("dev"), Some("build")];
    for (level, layer) in LAYERS.iter().enumerate() {
        for dependency in own_dependencies(packages[layer], &every_kind) {
            let below = LAYERS[..level].contains(&dependency);
            let protocol = [PROTOCOL, MACROS].contains(&dependency) && *layer == "sockeye";
            // A crate may turn its own features on for its tests.
            let own = dependency == *layer;
            assert!(below || protocol || own, "{layer} depends on {dependency}");
        }
    }
    for alone in [PROTOCOL, MACROS] {
        assert_eq!(
            own_dependencies(packages[alone], &every_kind),
            Vec::<&str>::new(),
            "{alone} stands alone"
        );
    }
}

#[test]
fn published_crates_depend_on_published_crates() {
    let metadata = metadata();
    let packages = packages(&metadata);
    for (name, package) in packages.iter().filter(|(_, package)| is_published(package)) {
        for dependency in own_dependencies(package, &[None, Some("build")]) {
            assert!(
                is_published(packages[dependency]),
                "{name} depends on {dependency}"
            );
        }
    }
}

#[test]
fn the_binary_is_what_cargo_run_runs() {
    let metadata = metadata();
    let members = metadata["workspace_default_members"]
        .as_array()
        .expect("default members is a list");
    let cli = packages(&metadata)["sockeye-cli"];
    assert_eq!(members, std::slice::from_ref(&cli["id"]));
    let binaries: Vec<_> = cli["targets"]
        .as_array()
        .expect("targets is a list")
        .iter()
        .filter(|target| target["kind"][0] == "bin")
        .map(|target| target["name"].as_str().expect("a target has a name"))
        .collect();
    assert_eq!(binaries, ["sockeye"]);
}

/// Whom the benchmark compares with, by the manifest that names them.
const PEERS: [(&str, &str, &str); 2] = [
    (
        "bench/peers/socketioxide/Cargo.toml",
        "socketioxide = \"",
        "=",
    ),
    ("bench/peers/node/package.json", "\"socket.io\": \"", ""),
];

#[test]
fn the_peers_have_exact_versions() {
    // The resolver would take an older socketioxide otherwise, and the comparison with it.
    for (manifest, before, exact) in PEERS {
        let text = fs::read_to_string(root().join(manifest))
            .unwrap_or_else(|error| panic!("{manifest}: {error}"));
        let version = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(before))
            .unwrap_or_else(|| panic!("{manifest} names no peer"));
        let number = version
            .strip_prefix(exact)
            .and_then(|rest| rest.split('"').next());
        assert!(
            number.is_some_and(|number| {
                number.split('.').count() == 3
                    && number.split('.').all(|part| part.parse::<u32>().is_ok())
            }),
            "{manifest}: {before}{version}"
        );
    }
}
