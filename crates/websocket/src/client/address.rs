//! From a host's name to a connection: look-up, and RFC 8305 ("Happy Eyeballs").

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use url::Host;

use super::ConnectError;
use super::target::Endpoint;

/// RFC 8305 5: "recommended to be 250 milliseconds".
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Addresses that are used instead of the system's look-up.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides(Vec<(String, Vec<SocketAddr>)>);

impl Overrides {
    /// A name in a URL is in lower case and ASCII by then, so this one is brought there too.
    pub(super) fn set(&mut self, host: &str, addresses: Vec<SocketAddr>) {
        let host = Host::parse(host).map_or_else(|_| host.to_owned(), |host| host.to_string());
        self.0.retain(|(known, _)| *known != host);
        self.0.push((host, addresses));
    }

    fn find(&self, host: &str) -> Option<&[SocketAddr]> {
        let (_, addresses) = self.0.iter().find(|(known, _)| known == host)?;
        Some(addresses)
    }
}

/// Connects to the first address that accepts, within `limit` over look-up and all attempts.
pub(super) async fn connect(
    endpoint: &Endpoint,
    overrides: &Overrides,
    limit: Duration,
    nodelay: bool,
) -> Result<TcpStream, ConnectError> {
    connect_by(endpoint, overrides, limit, |address| async move {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(nodelay)?;
        Ok(stream)
    })
    .await
}

async fn connect_by<T, F: Future<Output = io::Result<T>>>(
    endpoint: &Endpoint,
    overrides: &Overrides,
    limit: Duration,
    dial: impl Fn(SocketAddr) -> F,
) -> Result<T, ConnectError> {
    let mut errors = Vec::new();
    let connecting = async {
        let addresses = resolve(endpoint, overrides).await?;
        Ok(race(interleaved(addresses), dial, &mut errors).await)
    };
    match timeout(limit, connecting).await {
        Ok(Ok(Some(connected))) => Ok(connected),
        Ok(Ok(None)) => Err(ConnectError::Connect {
            authority: endpoint.authority(),
            errors,
        }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ConnectError::ConnectTimeout {
            authority: endpoint.authority(),
            after: limit,
            errors,
        }),
    }
}

async fn resolve(
    endpoint: &Endpoint,
    overrides: &Overrides,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let host = endpoint.host.to_string();
    if let Some(addresses) = overrides.find(&host) {
        let mut addresses = addresses.to_vec();
        for address in addresses.iter_mut().filter(|address| address.port() == 0) {
            address.set_port(endpoint.port);
        }
        return if addresses.is_empty() {
            Err(ConnectError::NoAddress { host })
        } else {
            Ok(addresses)
        };
    }
    if let Some(ip) = endpoint.ip() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
    }
    let found: io::Result<Vec<_>> = tokio::net::lookup_host((host.as_str(), endpoint.port))
        .await
        .map(Iterator::collect);
    match found {
        Ok(addresses) if addresses.is_empty() => Err(ConnectError::NoAddress { host }),
        Ok(addresses) => Ok(addresses),
        Err(source) => Err(ConnectError::Resolve { host, source }),
    }
}

/// RFC 8305 4: the families take turns, the system's first choice (RFC 6724) begins, and the
/// order within a family stays. No address twice.
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(|first| is_v6(first.ip()));
    let (mut turn, mut other): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| is_v6(address.ip()) == first_is_v6);
    let mut order = VecDeque::with_capacity(turn.len() + other.len());
    while let Some(address) = turn.pop_front() {
        if !order.contains(&address) {
            order.push_back(address);
        }
        if !other.is_empty() {
            std::mem::swap(&mut turn, &mut other);
        }
    }
    order
}

fn is_v6(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(_))
}

/// RFC 8305 5: an attempt begins when the one before it has failed or taken [`ATTEMPT_DELAY`], and
/// the first to connect ends all others. `None` if all failed.
async fn race<T, F: Future<Output = io::Result<T>>>(
    mut waiting: VecDeque<SocketAddr>,
    dial: impl Fn(SocketAddr) -> F,
    errors: &mut Vec<(SocketAddr, io::Error)>,
) -> Option<T> {
    let mut attempts: Vec<(SocketAddr, Pin<Box<F>>)> = Vec::new();
    let mut delay = pin!(sleep(ATTEMPT_DELAY));
    poll_fn(|context| {
        loop {
            let mut failed = false;
            let mut at = 0;
            while let Some((address, attempt)) = attempts.get_mut(at) {
                match attempt.as_mut().poll(context) {
                    Poll::Ready(Ok(connected)) => return Poll::Ready(Some(connected)),
                    Poll::Ready(Err(error)) => {
                        errors.push((*address, error));
                        drop(attempts.remove(at));
                        failed = true;
                    }
                    Poll::Pending => at += 1,
                }
            }
            if waiting.is_empty() && attempts.is_empty() {
                return Poll::Ready(None);
            }
            let due = failed || attempts.is_empty() || delay.as_mut().poll(context).is_ready();
            if waiting.is_empty() || !due {
                return Poll::Pending;
            }
            if let Some(address) = waiting.pop_front() {
                attempts.push((address, Box::pin(dial(address))));
                delay.set(sleep(ATTEMPT_DELAY));
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::Instant;

    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter()
            .map(|address| address.parse().expect("an address"))
            .collect()
    }

    #[test]
    fn families_take_turns() {
        let order = |list: &[&str]| Vec::from(interleaved(addresses(list)));
        assert_eq!(
            order(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]),
            addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"])
        );
        assert_eq!(
            order(&["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1", "[::1]:1"]),
            addresses(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "3.3.3.3:1"])
        );
        assert_eq!(
            order(&["1.1.1.1:1", "1.1.1.1:1", "[::1]:1", "1.1.1.1:1"]),
            addresses(&["1.1.1.1:1", "[::1]:1"])
        );
        assert!(order(&[]).is_empty());
    }

    /// What an address does, and after how many milliseconds.
    #[derive(Clone, Copy)]
    enum Does {
        Accepts(u64),
        Refuses(u64),
        Nothing,
    }
    use Does::{Accepts, Nothing, Refuses};

    /// Who won, when each attempt began, and who failed in which order (as ports).
    type Outcome = (Option<u16>, Vec<(u16, u64)>, Vec<u16>);

    /// Addresses are the ports 1, 2, 3, ...
    async fn raced(does: &[Does]) -> (Outcome, u64) {
        let start = Instant::now();
        let since = || u64::try_from(start.elapsed().as_millis()).expect("short");
        let began = RefCell::new(Vec::new());
        let list = (1..=does.len())
            .map(|port| SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).expect("few"))))
            .collect();
        let dial = |address: SocketAddr| {
            began.borrow_mut().push((address.port(), since()));
            let does = does[usize::from(address.port()) - 1];
            async move {
                match does {
                    Accepts(after) => {
                        sleep(Duration::from_millis(after)).await;
                        Ok(address.port())
                    }
                    Refuses(after) => {
                        sleep(Duration::from_millis(after)).await;
                        Err(io::ErrorKind::ConnectionRefused.into())
                    }
                    Nothing => std::future::pending().await,
                }
            }
        };
        let mut errors = Vec::new();
        let winner = race(list, dial, &mut errors).await;
        let failed = errors.iter().map(|(address, _)| address.port()).collect();
        let end = since();
        ((winner, began.into_inner(), failed), end)
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_to_connect_wins() {
        // The first one, at once: nobody else is asked.
        assert_eq!(
            raced(&[Accepts(0), Accepts(0)]).await,
            ((Some(1), vec![(1, 0)], vec![]), 0)
        );
        // The first one, before the second's turn.
        assert_eq!(
            raced(&[Accepts(249), Accepts(0)]).await,
            ((Some(1), vec![(1, 0)], vec![]), 249)
        );
        // An address that never answers costs 250 ms.
        assert_eq!(
            raced(&[Nothing, Accepts(10)]).await,
            ((Some(2), vec![(1, 0), (2, 250)], vec![]), 260)
        );
        // A slow first one may still win after the second began.
        assert_eq!(
            raced(&[Accepts(300), Accepts(100)]).await,
            ((Some(1), vec![(1, 0), (2, 250)], vec![]), 300)
        );
        // Each further one begins 250 ms later.
        assert_eq!(
            raced(&[Nothing, Nothing, Nothing, Accepts(5)]).await,
            (
                (Some(4), vec![(1, 0), (2, 250), (3, 500), (4, 750)], vec![]),
                755
            )
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_brings_the_next_turn_forward() {
        assert_eq!(
            raced(&[Refuses(20), Accepts(5)]).await,
            ((Some(2), vec![(1, 0), (2, 20)], vec![1]), 25)
        );
        // The delay begins anew with each attempt.
        assert_eq!(
            raced(&[Refuses(200), Nothing, Accepts(0)]).await,
            ((Some(3), vec![(1, 0), (2, 200), (3, 450)], vec![1]), 450)
        );
        // Errors stand in the order in which they came.
        assert_eq!(
            raced(&[Refuses(260), Refuses(20), Refuses(0)]).await,
            ((None, vec![(1, 0), (2, 250), (3, 260)], vec![1, 3, 2]), 270)
        );
        assert_eq!(raced(&[]).await, ((None, vec![], vec![]), 0));
    }
    #[tokio::test(start_paused = true)]
    async fn one_time_out_for_all_addresses() {
        let endpoint = Endpoint {
            host: Host::Domain("many.example".to_owned()),
            port: 80,
        };
        let mut overrides = Overrides::default();
        overrides.set(
            "Many.Example",
            addresses(&["[::1]:0", "127.0.0.1:0", "127.0.0.2:81"]),
        );
        let asked = RefCell::new(Vec::new());
        let start = Instant::now();
        let dial = |address: SocketAddr| {
            asked.borrow_mut().push(address);
            async move {
                if address.is_ipv6() {
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                std::future::pending::<io::Result<()>>().await
            }
        };
        let limit = Duration::from_secs(10);
        let error = connect_by(&endpoint, &overrides, limit, dial)
            .await
            .expect_err("nobody answers");
        assert_eq!(start.elapsed(), limit);
        assert!(error.is_timeout());
        assert_eq!(
            error.to_string(),
            "no connection to many.example:80 within 10s: [::1]:80: connection refused"
        );
        assert!(matches!(
            error,
            ConnectError::ConnectTimeout { authority, after, errors }
                if authority == "many.example:80" && after == limit && errors.len() == 1
        ));
        // A port of 0 stands for the URL's.
        let asked = asked.into_inner();
        assert_eq!(
            asked,
            addresses(&["[::1]:80", "127.0.0.1:80", "127.0.0.2:81"])
        );
    }
}
