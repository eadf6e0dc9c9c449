use std::io;

use clap::Parser;

use crate::tls::Tls;

/// A Socket.IO server with demos.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Options {
    /// The address to listen on; port 0 lets the system pick one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    pub(crate) listen: String,

    /// What to log, by level and module, such as `debug` or `sockeye_engine=trace`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub(crate) log: String,

    #[command(flatten)]
    pub(crate) tls: Tls,
}

impl Options {
    /// Why the address cannot be listened on, and a command that works, if this one began the program.
    pub(crate) fn explain(
        &self,
        command: impl IntoIterator<Item = String>,
        error: &io::Error,
    ) -> String {
        let address = &self.listen;
        let host = address
            .rsplit_once(':')
            .map_or("127.0.0.1", |(host, _)| host);
        let (reason, works) = match error.kind() {
            io::ErrorKind::AddrInUse => (
                format!("{address} is in use; try another port"),
                format!("{host}:0"),
            ),
            io::ErrorKind::PermissionDenied => (
                format!("no permission to listen on {address}; try"),
                format!("{host}:3000"),
            ),
            _ => (
                format!("cannot listen on {address}: {error}; try"),
                "127.0.0.1:3000".to_owned(),
            ),
        };
        format!("{reason}: {}", listening_on(&works, command))
    }
}

/// The same command, but for the address.
fn listening_on(address: &str, command: impl IntoIterator<Item = String>) -> String {
    let mut command = command.into_iter();
    let program = command.next().unwrap_or_else(|| "sockeye".to_owned());
    let mut words = vec![program, "--listen".to_owned(), address.to_owned()];
    while let Some(word) = command.next() {
        if word == "--listen" {
            command.next();
        } else if !word.starts_with("--listen=") {
            words.push(word);
        }
    }
    let words: Vec<_> = words.into_iter().map(quoted).collect();
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_explained_with_a_command_that_works() {
        for (command, expected) in [
            (
                &["sockeye"] as &[_],
                "127.0.0.1:3000 is in use; try another port: sockeye --listen 127.0.0.1:0",
            ),
            (
                &["target/sockeye", "--listen", "[::1]:80"],
                "[::1]:80 is in use; try another port: target/sockeye --listen '[::1]:0'",
            ),
            (
                &[
                    "sockeye",
                    "--tls-cert",
                    "my chain.pem",
                    "--listen=localhost:443",
                    "--tls-key=it's.pem",
                ],
                r"localhost:443 is in use; try another port: sockeye --listen localhost:0 --tls-cert 'my chain.pem' '--tls-key=it'\''s.pem'",
            ),
        ] {
            let options = Options::parse_from(command);
            let command = command.iter().map(|&word| word.to_owned());
            let busy = options.explain(command, &io::ErrorKind::AddrInUse.into());
            assert_eq!(busy, expected);
        }
    }
}
