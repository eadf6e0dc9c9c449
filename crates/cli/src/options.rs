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
    /// Why the address cannot be listened on, and a command that works, for a program called so.
    pub(crate) fn explain(&self, program: &str, error: &io::Error) -> String {
        let address = &self.listen;
        let host = address
            .rsplit_once(':')
            .map_or("127.0.0.1", |(host, _)| host);
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("{address} is in use; try another port: {program} --listen {host}:0")
            }
            io::ErrorKind::PermissionDenied => {
                format!("no permission to listen on {address}; try: {program} --listen {host}:3000")
            }
            _ => {
                format!(
                    "cannot listen on {address}: {error}; try: {program} --listen 127.0.0.1:3000"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_explained_with_a_command_that_works() {
        let options = Options::parse_from(["sockeye", "--listen", "[::1]:80"]);
        let busy = options.explain("target/sockeye", &io::ErrorKind::AddrInUse.into());
        assert_eq!(
            busy,
            "[::1]:80 is in use; try another port: target/sockeye --listen [::1]:0"
        );
    }
}
