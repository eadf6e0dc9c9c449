use std::fs;

use crate::{printed, root};

/// Folders of the machine that somebody worked on, in two halves: this file is searched too.
const MACHINE: [(&str, &str); 5] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("/tmp", "/t-"),
];

/// The tracked text files, with their text.
fn tracked() -> Vec<(String, String)> {
    printed("git", &["ls-files", "-z"])
        .split('\0')
        .filter(|path| !path.is_empty())
        .filter_map(|path| {
            let text = fs::read_to_string(root().join(path)).ok()?;
            Some((path.to_owned(), text))
        })
        .collect()
}

#[test]
fn no_tracked_file_names_a_path_of_a_machine() {
    let files = tracked();
    assert!(files.len() > 20, "git lists {} text files", files.len());
    let mut found = Vec::new();
    for (path, text) in &files {
        for (number, line) in text.lines().enumerate() {
            for (first, second) in MACHINE {
                let folder = format!("{first}{second}");
                let named = line.match_indices(&folder).any(|(at, _)| {
                    // A path begins there: `framework/` and the path of an address do not.
                    let before = line[..at].chars().next_back();
                    let after = line[at + folder.len()..].chars().next();
                    !before.is_some_and(|c| c.is_alphanumeric() || "./-_$}".contains(c))
                        && after.is_some_and(char::is_alphanumeric)
                });
                if named {
                    found.push(format!("{path}:{}", number + 1));
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn lock_files_name_no_registry_but_crates_io() {
    let known = "registry+https://github.com/rust-lang/crates.io-index";
    for (path, text) in tracked()
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.lock"))
    {
        for line in text.lines().filter(|line| line.starts_with("source = ")) {
            assert_eq!(line, format!("source = \"{known}\""), "{path}");
        }
    }
    for (path, text) in tracked()
        .iter()
        .filter(|(path, _)| path.ends_with("package-lock.json"))
    {
        assert!(
            !text.contains("\"resolved\": \"http"),
            "{path} names a registry's host"
        );
    }
}

#[test]
fn both_licences_are_there() {
    let text = |name: &str| {
        fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert!(text("LICENSE-MIT").starts_with("MIT License"));
    assert!(text("LICENSE-APACHE").contains("Version 2.0, January 2004"));
}

#[test]
fn the_server_embeds_the_browser_client_that_was_built() {
    let embedded = fs::read_dir(root().join("crates/server/client")).expect("it is tracked");
    let mut compared = 0;
    let mut tarballs = Vec::new();
    for file in embedded {
        let file = file.expect("it is readable").path();
        let name = file.file_name().expect("it is a file");
        if file.extension().is_some_and(|extension| extension == "tgz") {
            // Made from the whole of browser/dist: the browser's own tests unpack it.
            tarballs.push(name.to_owned());
            continue;
        }
        let built = root().join("browser/dist").join(name);
        assert!(
            fs::read(&file).ok() == fs::read(&built).ok(),
            "{name:?} is not what browser/dist has: run scripts/client"
        );
        compared += 1;
    }
    assert_eq!(
        compared, 24,
        "four files, their maps, each plain and compressed twice"
    );
    assert_eq!(tarballs, ["sockeye-client.tgz"]);
}
