//! The variables by which users name their proxy: a convention, not a standard.

use std::net::IpAddr;

use url::Host;

use super::target::Endpoint;

/// What `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ProxyEnv {
    http: Option<String>,
    https: Option<String>,
    none: Vec<Exception>,
}

/// An entry of `no_proxy`.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Exception {
    All,
    /// The name itself and every name below it.
    Name(String, Option<u16>),
    /// An address with the number of leading bits that count.
    Net(IpAddr, u8, Option<u16>),
}

impl ProxyEnv {
    pub(super) fn read() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |lower: &str, upper: &str| {
            [lower, upper]
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.trim().is_empty()))
        };
        let all = either("all_proxy", "ALL_PROXY");
        Self {
            // Only in lower case: a CGI server turns a request's header `Proxy` into `HTTP_PROXY`.
            http: either("http_proxy", "http_proxy").or_else(|| all.clone()),
            https: either("https_proxy", "HTTPS_PROXY").or(all),
            none: either("no_proxy", "NO_PROXY")
                .unwrap_or_default()
                .split([',', ' '])
                .filter_map(exception)
                .collect(),
        }
    }

    /// The proxy's URL for a server, if it is to be reached through one.
    pub(super) fn choose(&self, secure: bool, endpoint: &Endpoint) -> Option<&str> {
        if self.none.iter().any(|exception| exception.covers(endpoint)) {
            return None;
        }
        let url = if secure { &self.https } else { &self.http };
        url.as_deref().map(str::trim)
    }
}

fn exception(entry: &str) -> Option<Exception> {
    let entry = entry.trim();
    if entry.is_empty() {
        return None;
    }
    if entry == "*" {
        return Some(Exception::All);
    }
    if let Some((address, bits)) = entry.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
        return Some(Exception::Net(address, bits, None));
    }
    let (host, port) = match entry.rsplit_once(':') {
        // More colons are an address without brackets.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse().ok()?))
        }
        _ => (entry, None),
    };
    let host = host.trim_start_matches("*.").trim_start_matches('.');
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Some(Exception::Net(address, width(address), port));
    }
    let host = Host::parse(host).ok()?.to_string();
    Some(Exception::Name(host, port))
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl Exception {
    fn covers(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::All => true,
            Self::Name(name, port) => {
                let Host::Domain(host) = &endpoint.host else {
                    return false;
                };
                let host = host.trim_end_matches('.');
                let below = host
                    .strip_suffix(name.as_str())
                    .is_some_and(|front| front.is_empty() || front.ends_with('.'));
                below && port.is_none_or(|port| port == endpoint.port)
            }
            Self::Net(net, bits, port) => {
                endpoint.ip().is_some_and(|ip| same_net(*net, ip, *bits))
                    && port.is_none_or(|port| port == endpoint.port)
            }
        }
    }
}

fn same_net(net: IpAddr, ip: IpAddr, bits: u8) -> bool {
    match (net, ip) {
        (IpAddr::V4(net), IpAddr::V4(ip)) => {
            let differing = net.to_bits() ^ ip.to_bits();
            differing.leading_zeros() >= u32::from(bits)
        }
        (IpAddr::V6(net), IpAddr::V6(ip)) => {
            let differing = net.to_bits() ^ ip.to_bits();
            differing.leading_zeros() >= u32::from(bits)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::target::Target;

    fn chosen(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let env = ProxyEnv::from_variables(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        });
        let target = Target::parse(url).expect(url);
        env.choose(target.is_secure(), &target.endpoint())
            .map(str::to_owned)
    }

    #[test]
    fn which_variable_counts() {
        let all = [
            ("http_proxy", "http://a:1"),
            ("https_proxy", "http://b:2"),
            ("HTTPS_PROXY", "http://c:3"),
            ("all_proxy", "http://d:4"),
        ];
        assert_eq!(chosen(&all, "ws://x").as_deref(), Some("http://a:1"));
        assert_eq!(chosen(&all, "wss://x").as_deref(), Some("http://b:2"));
        assert_eq!(chosen(&all[2..], "wss://x").as_deref(), Some("http://c:3"));
        assert_eq!(chosen(&all[2..], "ws://x").as_deref(), Some("http://d:4"));
        // It may come from a request's header.
        assert_eq!(chosen(&[("HTTP_PROXY", "http://evil:1")], "ws://x"), None);
        // An empty one means none.
        let emptied = [("https_proxy", " "), ("ALL_PROXY", "e")];
        assert_eq!(chosen(&emptied, "wss://x").as_deref(), Some("e"));
        assert_eq!(chosen(&[], "wss://x"), None);
    }

    #[test]
    fn exceptions() {
        let direct = |none: &str, url: &str| {
            chosen(&[("all_proxy", "http://p"), ("no_proxy", none)], url).is_none()
        };
        let cases = [
            ("*", "ws://example.com", true),
            ("", "ws://example.com", false),
            ("example.com", "ws://example.com", true),
            ("example.com", "ws://www.example.com:8080", true),
            ("example.com", "ws://notexample.com", false),
            ("example.com", "ws://example.com.evil.test", false),
            (".example.com", "ws://example.com", true),
            ("*.example.com", "ws://a.example.com", true),
            ("EXAMPLE.com", "ws://example.com", true),
            ("example.com", "ws://example.com./", true),
            ("a, example.com ,b", "ws://example.com", true),
            ("a example.com", "ws://example.com", true),
            ("example.com:8080", "ws://example.com:8080", true),
            ("example.com:8080", "ws://example.com", false),
            ("example.com:443", "wss://example.com", true),
            ("b\u{fc}cher.example", "ws://xn--bcher-kva.example", true),
            ("10.1.2.3", "ws://10.1.2.3", true),
            ("10.1.2.3", "ws://10.1.2.4", false),
            ("2.3", "ws://10.1.2.3", false),
            ("10.0.0.0/8", "ws://10.200.1.1", true),
            ("10.0.0.0/8", "ws://11.0.0.1", false),
            ("0.0.0.0/0", "ws://11.0.0.1", true),
            ("10.0.0.0/33", "ws://10.0.0.0", false),
            ("::1", "ws://[::1]", true),
            ("[::1]", "ws://[::1]", true),
            ("[::1]:80", "ws://[::1]:80", true),
            ("[::1]:81", "ws://[::1]:80", false),
            ("fd00::/8", "ws://[fd12::1]", true),
            ("fd00::/8", "ws://[fe80::1]", false),
            ("127.0.0.1/8", "ws://[::7f00:1]", false),
            ("example.com:no", "ws://example.com", false),
        ];
        for (none, url, expected) in cases {
            assert_eq!(direct(none, url), expected, "{none:?} {url}");
        }
    }
}
