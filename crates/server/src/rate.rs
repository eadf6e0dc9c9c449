use std::{fmt, num::NonZeroU32, time::Instant};

/// How many events a socket may send: a token bucket.
///
/// Each event takes a token; one that finds none is refused: its handler does not run, an acknowledgement
/// that was asked for is `{"error": "rate limited"}`, and it is counted. A client that goes on regardless
/// is disconnected as `rate limited`. Acknowledgements and heartbeats cost nothing.
///
/// ```
/// use std::num::NonZeroU32;
/// use sockeye::{RateLimit, Server};
///
/// let limit = RateLimit::per_second(NonZeroU32::new(50).expect("not 0")).burst(200);
/// let io = Server::builder().rate_limit(limit).build();
/// # let _ = io;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_second: NonZeroU32,
    burst: u32,
    tolerance: u32,
}

impl RateLimit {
    /// So many events a second, twice as many at once, and a disconnect when 100 in a row were refused.
    #[must_use]
    pub fn per_second(events: NonZeroU32) -> Self {
        Self {
            per_second: events,
            burst: events.get().saturating_mul(2),
            tolerance: 100,
        }
    }

    /// So many events at once, after a silence. At least 1.
    #[must_use]
    pub fn burst(mut self, events: u32) -> Self {
        self.burst = events.max(1);
        self
    }

    /// Disconnects a socket when so many of its events were refused and none was taken between them.
    #[must_use]
    pub fn tolerance(mut self, refused: u32) -> Self {
        self.tolerance = refused;
        self
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a second, {} at once", self.per_second, self.burst)
    }
}

/// What a socket has left.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// How many were there at some moment, that moment, and how many were refused since one was not.
    state: Option<(f64, Instant)>,
    refused: u32,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    Refused,
    /// And so was every one of too many before it.
    Incorrigible,
}

impl Bucket {
    pub(crate) fn take(&mut self, limit: &RateLimit, now: Instant) -> Verdict {
        let burst = f64::from(limit.burst);
        let tokens = match self.state {
            None => burst,
            Some((tokens, then)) => {
                let passed = now.saturating_duration_since(then).as_secs_f64();
                (tokens + passed * f64::from(limit.per_second.get())).min(burst)
            }
        };
        if tokens >= 1.0 {
            self.state = Some((tokens - 1.0, now));
            self.refused = 0;
            return Verdict::Taken;
        }
        self.state = Some((tokens, now));
        self.refused = self.refused.saturating_add(1);
        if self.refused > limit.tolerance {
            Verdict::Incorrigible
        } else {
            Verdict::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tokens_come_back_with_time_up_to_the_burst() {
        let limit = RateLimit::per_second(NonZeroU32::new(10).expect("not 0"))
            .burst(3)
            .tolerance(2);
        let start = Instant::now();
        let mut bucket = Bucket::default();
        let mut take = |millis| bucket.take(&limit, start + Duration::from_millis(millis));
        assert_eq!([take(0), take(0), take(0)], [Verdict::Taken; 3]);
        assert_eq!(take(0), Verdict::Refused);
        assert_eq!(
            take(99),
            Verdict::Refused,
            "a tenth of a second is one token"
        );
        assert_eq!(take(100), Verdict::Taken);
        assert_eq!(take(100), Verdict::Refused, "the count began anew");
        assert_eq!(take(100), Verdict::Refused);
        assert_eq!(take(100), Verdict::Incorrigible);
        assert_eq!([take(9000), take(9000), take(9000)], [Verdict::Taken; 3]);
        assert_eq!(take(9000), Verdict::Refused, "a long silence fills it once");
    }
}
