use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, request::Parts};

use crate::{ConfigError, RemoteAddr, Secure};

/// The proxies whose word is taken for who a client is, how it came and which name it used:
/// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`. Anybody can send these headers; they are
/// read if the connection comes from one of these addresses.
///
/// ```
/// use sockeye_engine::TrustedProxies;
///
/// let proxies = TrustedProxies::only(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
/// assert_eq!(proxies.check(), Ok(()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Box<[Network]>,
    fault: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Network {
    address: u128,
    mask: u128,
}

/// What a trusted proxy tells of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) host: Option<String>,
}

impl TrustedProxies {
    /// Nobody's word is taken. The default.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of these addresses, or of these networks (`10.0.0.0/8`).
    #[must_use]
    pub fn only<I: IntoIterator<Item: AsRef<str>>>(proxies: I) -> Self {
        let mut fault = None;
        let mut networks = Vec::new();
        for proxy in proxies {
            match Network::parse(proxy.as_ref()) {
                Some(network) => networks.push(network),
                None => fault = fault.or_else(|| Some(proxy.as_ref().to_owned())),
            }
        }
        Self {
            networks: networks.into(),
            fault,
        }
    }

    /// Whether all of them are addresses.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        match &self.fault {
            Some(other) => Err(ConfigError::NotAnAddress(other.clone())),
            None => Ok(()),
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        let mut networks = self.networks.iter();
        networks.any(|network| bits & network.mask == network.address)
    }

    /// Puts what the proxy tells of the client in the place of what is known of the proxy.
    pub(crate) fn look_behind(&self, request: &mut Parts) -> Forwarded {
        if self.networks.is_empty() {
            return Forwarded::default();
        }
        let Some(RemoteAddr(peer)) = request.extensions.get::<RemoteAddr>().copied() else {
            return Forwarded::default();
        };
        if !self.trusts(peer.ip()) {
            return Forwarded::default();
        }
        let client = self.client(peer, &request.headers);
        request.extensions.insert(RemoteAddr(client));
        if let Some(scheme) = first(&request.headers, "x-forwarded-proto") {
            if matches!(scheme, "https" | "wss") {
                request.extensions.insert(Secure);
            } else {
                request.extensions.remove::<Secure>();
            }
        }
        Forwarded {
            host: first(&request.headers, "x-forwarded-host").map(str::to_owned),
        }
    }

    /// Each proxy appends the address that it sees: read from the end, the first that is not a trusted
    /// proxy's is the client's. What stands before it is the client's own word.
    fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = peer;
        let lines = headers.get_all("x-forwarded-for");
        let lines: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(address) = parse_hop(hop.trim()) else {
                break;
            };
            client = address;
            if !self.trusts(address.ip()) {
                break;
            }
        }
        client
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(longest);
        if length > longest {
            return None;
        }
        let mask = u128::MAX.checked_shl(longest - length).unwrap_or(0);
        Some(Self {
            address: bits(address) & mask,
            mask,
        })
    }
}

/// IPv4 addresses as IPv6 maps them, so that both notations are one.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// An address, with a port or without.
fn parse_hop(hop: &str) -> Option<SocketAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    bare.unwrap_or(hop)
        .parse::<IpAddr>()
        .map(|ip| SocketAddr::new(ip.to_canonical(), 0))
        .or_else(|_| hop.parse())
        .ok()
}

/// The first of a header's values: what the proxy that browsers talk to wrote.
fn first<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let line = headers.get(name)?.to_str().ok()?;
    let value = line.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], peer: &str, forwarded_for: &[&str]) -> String {
        let mut request = http::Request::builder();
        for line in forwarded_for {
            request = request.header("x-forwarded-for", *line);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let peer = peer.parse().expect("an address");
        parts.extensions.insert(RemoteAddr(peer));
        TrustedProxies::only(proxies).look_behind(&mut parts);
        let RemoteAddr(found) = parts.extensions.get().copied().expect("it is there");
        found.ip().to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let lines = ["6.6.6.6, 1.2.3.4"];
        assert_eq!(client(&[], "10.0.0.1:5", &lines), "10.0.0.1");
        assert_eq!(client(&["10.0.0.2"], "10.0.0.1:5", &lines), "10.0.0.1");
        // What the client wrote itself stands first, and is not read.
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:5", &lines), "1.2.3.4");
        let chain = ["6.6.6.6", "1.2.3.4:99, 10.9.9.9"];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:5", &chain), "1.2.3.4");
        assert_eq!(client(&["10.0.0.1"], "10.0.0.1:5", &chain), "10.9.9.9");
        assert_eq!(
            client(&["10.0.0.1"], "10.0.0.1:5", &["nonsense"]),
            "10.0.0.1"
        );
        assert_eq!(client(&["10.0.0.1"], "10.0.0.1:5", &[]), "10.0.0.1");
        assert_eq!(
            client(&["10.0.0.1"], "[::ffff:10.0.0.1]:5", &["::1"]),
            "::1"
        );
        assert_eq!(
            client(&["fd00::/8"], "[fd12::1]:5", &["[2001:db8::1]"]),
            "2001:db8::1"
        );
        assert_eq!(client(&["0.0.0.0/0"], "9.9.9.9:5", &["8.8.8.8"]), "8.8.8.8");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for other in ["localhost", "10.0.0.0/33", "10.0.0.0/x", "::/129", ""] {
            let error = ConfigError::NotAnAddress(other.to_owned());
            assert_eq!(TrustedProxies::only([other]).check(), Err(error));
        }
    }
}
