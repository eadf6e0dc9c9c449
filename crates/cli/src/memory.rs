//! Gives memory back to the system when most clients have left.

use std::time::Duration;

use sockeye::Server;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(5);

/// What fewer sessions took is not worth the look through the heap.
const WORTH_WHILE: u64 = 1000;

/// How many sessions had ended when memory was given back last.
#[derive(Debug, Default)]
struct Tide {
    ended: u64,
}

impl Tide {
    /// Whether as many have ended since as are there now.
    fn turns(&mut self, opened: u64, here: u64) -> bool {
        let ended = opened.saturating_sub(here);
        let out = ended.saturating_sub(self.ended) >= WORTH_WHILE.max(here);
        if out {
            self.ended = ended;
        }
        out
    }
}

/// Watches the server's sessions, for as long as it is polled.
pub(crate) async fn watch(server: Server) {
    let mut tide = Tide::default();
    loop {
        tokio::time::sleep(PERIOD).await;
        let stats = server.stats().engine;
        if tide.turns(stats.opened, stats.polling + stats.websocket) {
            tokio::task::spawn_blocking(give_back);
        }
    }
}

/// glibc keeps the pages of freed blocks unless they lie at the end of its heap: of 10,000 sessions that
/// have left, 93 % stayed resident (`bench/run --only waves`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library has no other way to be told")]
fn give_back() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: The C library documents it as safe to call from any thread (MT-Safe) with any argument; it
    // takes no pointer, gives none, and leaves what is allocated where it is.
    unsafe {
        malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_when_as_many_have_left_as_stay() {
        let mut tide = Tide::default();
        let turns = [
            (0, 0),
            (4000, 4000),
            (4000, 2500),
            (4000, 2000),
            (4000, 1900),
            // Those that came and went between two looks count too.
            (9000, 1900),
            (9000, 1900),
        ];
        let turned = turns.map(|(opened, here)| tide.turns(opened, here));
        assert_eq!(turned, [false, false, false, true, false, true, false]);
    }

    #[test]
    fn a_few_sessions_are_not_worth_it() {
        let mut tide = Tide::default();
        assert!(!tide.turns(900, 0));
        assert!(tide.turns(1000, 0));
    }
}
