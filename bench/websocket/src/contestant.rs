//! The servers that are compared, and how each is started.

use std::fmt;
use std::path::PathBuf;

use sockeye_bench::process::Recipe;

use crate::certificate::Certificate;

/// A server of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    /// A bare epoll loop around our decoder.
    Yardstick,
    /// Ours: the examples `echo` and `hub` of the crate.
    Sockeye,
    /// tokio-tungstenite as it comes.
    Tungstenite,
    /// tokio-tungstenite with a read buffer of 4 KiB.
    #[value(name = "tungstenite-4k")]
    Tungstenite4k,
    Fastwebsockets,
    TokioWebsockets,
    Sockudo,
    Yawc,
    /// npm's `ws`.
    Ws,
    /// Any other, already running.
    Url,
}

/// What a row wants of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    /// Every message goes to all connections, instead of back.
    pub(crate) hub: bool,
    /// permessage-deflate is accepted.
    pub(crate) deflate: bool,
    pub(crate) tls: bool,
    /// Memory is weighed, not speed.
    pub(crate) sparing: bool,
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Places {
    /// Folder of our own programs.
    pub(crate) own: PathBuf,
    /// Folder of the Rust peers.
    pub(crate) peers: PathBuf,
    /// The Node server's script.
    pub(crate) node: PathBuf,
    pub(crate) certificate: Certificate,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yardstick => "yardstick",
            Self::Sockeye => "Sockeye",
            Self::Tungstenite => "tokio-tungstenite",
            Self::Tungstenite4k => "tokio-tungstenite, 4 KiB",
            Self::Fastwebsockets => "fastwebsockets",
            Self::TokioWebsockets => "tokio-websockets",
            Self::Sockudo => "sockudo-ws",
            Self::Yawc => "yawc",
            Self::Ws => "ws (Node)",
            Self::Url => "given URL",
        })
    }
}

impl Contestant {
    pub(crate) const ALL: [Self; 9] = [
        Self::Yardstick,
        Self::Sockeye,
        Self::Tungstenite,
        Self::Tungstenite4k,
        Self::Fastwebsockets,
        Self::TokioWebsockets,
        Self::Sockudo,
        Self::Yawc,
        Self::Ws,
    ];

    /// Whether it is a crate of somebody else.
    pub(crate) fn is_peer_crate(self) -> bool {
        !self.is_ours() && !matches!(self, Self::Ws | Self::Url)
    }

    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Yardstick | Self::Sockeye)
    }

    /// Whether it can do, or was taught here to do, what is wanted.
    pub(crate) fn suits(self, service: Service) -> bool {
        match self {
            Self::Sockeye | Self::Ws | Self::Url => true,
            Self::Yardstick => !service.deflate && !service.tls,
            Self::Tungstenite4k => !service.deflate,
            _ => !service.hub && !service.deflate && !service.tls,
        }
    }

    /// What starts the server.
    ///
    /// # Errors
    /// The file that is missing.
    pub(crate) fn recipe(self, places: &Places, service: Service) -> Result<Recipe, PathBuf> {
        let peer = |name: &str| places.peers.join(name);
        let (program, mut args) = match self {
            Self::Yardstick => (places.own.join("bench-yardstick"), Vec::new()),
            Self::Sockeye => {
                let example = if service.hub { "hub" } else { "echo" };
                (places.own.join("examples").join(example), Vec::new())
            }
            Self::Tungstenite => (peer("tungstenite"), Vec::new()),
            Self::Tungstenite4k => {
                let args = ["--read-buffer", "4096"].map(str::to_owned);
                (peer("tungstenite"), args.to_vec())
            }
            Self::Fastwebsockets => (peer("fastwebsockets"), Vec::new()),
            Self::TokioWebsockets => (peer("tokio-websockets"), Vec::new()),
            Self::Sockudo => (peer("sockudo"), Vec::new()),
            Self::Yawc => {
                let args = if service.sparing {
                    None
                } else {
                    Some("--fast".to_owned())
                };
                (peer("yawc"), args.into_iter().collect())
            }
            Self::Ws => ("node".into(), vec![places.node.display().to_string()]),
            Self::Url => unreachable!("a running server is not started"),
        };
        let needed = if self == Self::Ws {
            places.node.with_file_name("node_modules").join("ws")
        } else {
            program.clone()
        };
        if !needed.exists() {
            return Err(needed);
        }
        args.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
        if service.hub && self != Self::Sockeye {
            args.push("--hub".to_owned());
        }
        if service.deflate {
            args.push("--deflate".to_owned());
        }
        if service.tls && self == Self::Sockeye {
            args.push("--tls-self-signed".to_owned());
        } else if service.tls {
            let certificate = &places.certificate;
            for (option, file) in [
                ("--tls-cert", certificate.cert()),
                ("--tls-key", certificate.key()),
            ] {
                args.extend([option.to_owned(), file.display().to_string()]);
            }
        }
        Ok(Recipe::Start { program, args })
    }
}
