//! How many sessions may begin: at a time by one address, and a second by everybody.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Instant,
};

use crate::{Config, Sid, sync::Mutex};

/// The doors of an engine.
#[derive(Debug)]
pub(crate) struct Admissions {
    per_address: Option<(NonZeroUsize, Arc<Addresses>)>,
    rate: Option<(NonZeroU32, Mutex<Bucket>)>,
}

type Addresses = Mutex<HashMap<IpAddr, usize>>;

/// Tokens that were there at some moment.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What a session begins with.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) sid: Sid,
    pub(crate) admission: Option<Box<Admission>>,
}

/// The place of one session among those of its address; free again once this is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Admissions {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            per_address: config
                .max_sessions_per_address
                .map(|limit| (limit, Arc::default())),
            rate: config.new_sessions_per_second.map(|rate| {
                let tokens = f64::from(rate.get());
                (rate, Mutex::new(Bucket { tokens, at: now }))
            }),
        }
    }

    /// Whether a session may begin for a client at this address.
    pub(crate) fn admit(
        &self,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<Option<Box<Admission>>, Full> {
        // Who has too many does not use up what others may begin.
        let admission = self.at_address(address)?;
        if let Some((rate, bucket)) = &self.rate {
            let rate = f64::from(rate.get());
            let mut bucket = bucket.lock();
            let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
            bucket.tokens = (bucket.tokens + passed * rate).min(rate);
            bucket.at = now;
            if bucket.tokens < 1.0 {
                return Err(Full);
            }
            bucket.tokens -= 1.0;
        }
        Ok(admission)
    }

    fn at_address(&self, address: Option<IpAddr>) -> Result<Option<Box<Admission>>, Full> {
        let (Some((limit, addresses)), Some(address)) = (&self.per_address, address) else {
            return Ok(None);
        };
        let address = subscriber(address);
        let mut sessions = addresses.lock();
        let count = sessions.entry(address).or_default();
        if *count >= limit.get() {
            return Err(Full);
        }
        *count += 1;
        drop(sessions);
        Ok(Some(Box::new(Admission {
            addresses: Arc::clone(addresses),
            address,
        })))
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut sessions = self.addresses.lock();
        if let Some(count) = sessions.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                sessions.remove(&self.address);
            }
        }
    }
}

/// No session may begin now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What one subscriber has: an address of IPv4, and of IPv6 a network of 64 bits.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn an_address_has_so_many_sessions_at_a_time() {
        let config = Config {
            max_sessions_per_address: NonZeroUsize::new(2),
            ..Config::default()
        };
        let now = Instant::now();
        let doors = Admissions::new(&config, now);
        let first = doors.admit(address("2001:db8::1"), now).expect("the first");
        let _second = doors
            .admit(address("2001:db8::2:1"), now)
            .expect("the second");
        let third = doors.admit(address("2001:db8::ffff"), now);
        assert_eq!(third.err(), Some(Full), "they share a network of 64 bits");
        assert!(doors.admit(address("2001:db8:0:1::1"), now).is_ok());
        assert!(doors.admit(None, now).is_ok(), "an address nobody knows");
        drop(first);
        assert!(doors.admit(address("2001:db8::ffff"), now).is_ok());
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        assert_eq!(
            address("::ffff:10.1.2.3").map(subscriber),
            address("10.1.2.3")
        );
    }

    #[test]
    fn so_many_sessions_begin_in_a_second() {
        let config = Config {
            new_sessions_per_second: NonZeroU32::new(2),
            ..Config::default()
        };
        let now = Instant::now();
        let doors = Admissions::new(&config, now);
        let admitted = |at: Duration| doors.admit(None, now + at).is_ok();
        assert!(admitted(Duration::ZERO) && admitted(Duration::ZERO));
        assert!(!admitted(Duration::ZERO));
        assert!(!admitted(Duration::from_millis(400)));
        assert!(admitted(Duration::from_millis(600)));
        assert!(!admitted(Duration::from_millis(700)));
        assert!(admitted(Duration::from_secs(100)) && admitted(Duration::from_secs(100)));
        assert!(!admitted(Duration::from_secs(100)));
    }
}
