//! The servers that are compared.

use std::fmt;
use std::path::{Path, PathBuf};

use sockeye_bench::process::Recipe;

/// A server of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    /// The npm reference.
    Node,
    /// The Rust peer.
    Socketioxide,
    /// A bare epoll server with prebuilt answers.
    Floor,
    /// hyper alone, where requests are held or bodies go on.
    Hyper,
    /// Ours, through its own listener.
    Sockeye,
    /// Ours, with connection state recovery.
    Recovery,
    /// Ours, through `axum::serve`.
    SockeyeAxum,
    /// Any other, already running.
    Url,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node => "Node",
            Self::Socketioxide => "socketioxide",
            Self::Floor => "floor",
            Self::Hyper => "hyper",
            Self::Sockeye => "Sockeye",
            Self::Recovery => "Sockeye, recovery",
            Self::SockeyeAxum => "Sockeye, axum::serve",
            Self::Url => "given URL",
        })
    }
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Places {
    /// Folder of our own programs.
    pub(crate) own: PathBuf,
    pub(crate) node: PathBuf,
    pub(crate) socketioxide: PathBuf,
}

impl Contestant {
    /// What starts the server with so many workers.
    ///
    /// # Errors
    /// The file that is missing.
    pub(crate) fn recipe(self, places: &Places, workers: usize) -> Result<Recipe, PathBuf> {
        let workers = ["--workers".to_owned(), workers.to_string()];
        let own = |name: &str, more: &[&str]| {
            let args = workers
                .iter()
                .cloned()
                .chain(more.iter().map(|&arg| arg.to_owned()));
            Recipe::Start {
                program: places.own.join(name),
                args: args.collect(),
            }
        };
        let (needed, recipe) = match self {
            Self::Node => {
                let script = &places.node;
                let args = vec![script.display().to_string()];
                (
                    installed(script),
                    Recipe::Start {
                        program: "node".into(),
                        args,
                    },
                )
            }
            Self::Socketioxide => {
                let program = places.socketioxide.clone();
                (
                    program.clone(),
                    Recipe::Start {
                        program,
                        args: workers.to_vec(),
                    },
                )
            }
            Self::Floor => (places.own.join("bench-floor"), own("bench-floor", &[])),
            Self::Hyper => (places.own.join("bench-hyper"), own("bench-hyper", &[])),
            Self::Sockeye => (
                places.own.join("bench-sockeye"),
                own("bench-sockeye", &["--mount", "serve"]),
            ),
            Self::Recovery => (
                places.own.join("bench-sockeye"),
                own("bench-sockeye", &["--recovery"]),
            ),
            Self::SockeyeAxum => (
                places.own.join("bench-sockeye"),
                own("bench-sockeye", &["--mount", "axum"]),
            ),
            Self::Url => unreachable!("a running server is not started"),
        };
        if needed.exists() {
            Ok(recipe)
        } else {
            Err(needed)
        }
    }
}

/// The package beside a script without which it does not start.
fn installed(script: &Path) -> PathBuf {
    script.with_file_name("node_modules").join("socket.io")
}
