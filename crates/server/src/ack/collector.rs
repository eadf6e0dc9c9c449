use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sockeye_protocol::{Arguments, OwnedArguments};

/// Collects the acknowledgements of an event that went to many, on this server and on others.
///
/// It is complete once every server has told how many were asked, and each of those has answered or left.
/// An [`Adapter`](crate::Adapter) that reaches other servers first says how many of them there are, and
/// then hands over what they tell. Cheap to clone; every clone is the same collector.
#[derive(Clone)]
pub struct AckCollector(Arc<Mutex<State>>);

struct State {
    /// Servers that have not told yet how many they asked.
    servers: usize,
    asked: usize,
    /// Those who have answered, or never will.
    settled: usize,
    /// Those of them who owe too many acknowledgements.
    not_asked: usize,
    answers: VecDeque<OwnedArguments>,
    waker: Option<Waker>,
    wanted: bool,
}

impl AckCollector {
    /// Waits for one server's word: this one's, by [`asked`](Self::asked) or
    /// [`LocalRooms::broadcast_with_ack`](crate::LocalRooms::broadcast_with_ack).
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            servers: 1,
            asked: 0,
            settled: 0,
            not_asked: 0,
            answers: VecDeque::new(),
            waker: None,
            wanted: true,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes who waits for it, under no lock.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// So many other servers are going to tell how many they asked.
    pub fn expect_servers(&self, servers: usize) {
        self.change(|state| state.servers += servers);
    }

    /// A server has asked so many: they answer, or are told [`gone`](Self::gone) or
    /// [`not_asked`](Self::not_asked).
    pub fn asked(&self, count: usize) {
        self.change(|state| {
            state.servers = state.servers.saturating_sub(1);
            state.asked += count;
        });
    }

    /// A server that was expected is not there any more.
    pub fn server_gone(&self) {
        self.asked(0);
    }

    /// One of those that were asked has answered. `false` if nobody waits for it any more.
    pub fn answer(&self, answer: OwnedArguments) -> bool {
        let mut wanted = false;
        self.change(|state| {
            wanted = state.wanted;
            state.settled += 1;
            if wanted {
                state.answers.push_back(answer);
            }
        });
        wanted
    }

    /// So many of those that were asked have left without an answer.
    pub fn gone(&self, count: usize) {
        self.change(|state| state.settled += count);
    }

    /// So many of those that were to be asked were not, since they owe too many acknowledgements already.
    pub fn not_asked(&self, count: usize) {
        self.change(|state| {
            state.settled += count;
            state.not_asked += count;
        });
    }

    /// How many were [not asked](Self::not_asked), as far as is known.
    ///
    /// ```
    /// let answers = sockeye::AckCollector::new();
    /// answers.asked(3);
    /// answers.not_asked(1);
    /// assert_eq!((answers.asked_so_far(), answers.not_asked_so_far()), (3, 1));
    /// ```
    #[must_use]
    pub fn not_asked_so_far(&self) -> usize {
        self.lock().not_asked
    }

    /// Whether anybody still waits for answers.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.lock().wanted
    }

    /// How many were asked or were to be, as far as is known.
    #[must_use]
    pub fn asked_so_far(&self) -> usize {
        self.lock().asked
    }

    /// Nobody waits any more: what comes is dropped.
    pub(crate) fn give_up(&self) {
        let mut state = self.lock();
        state.wanted = false;
        let kept = (std::mem::take(&mut state.answers), state.waker.take());
        drop(state);
        drop(kept);
    }

    /// The next answer, for a server that asks its sockets for another one; `None` once all are there that
    /// will come. One task at a time may wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&self) -> Option<OwnedArguments> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<OwnedArguments>> {
        let mut state = self.lock();
        if let Some(answer) = state.answers.pop_front() {
            return Poll::Ready(Some(answer));
        }
        if state.servers == 0 && state.settled >= state.asked {
            return Poll::Ready(None);
        }
        let before = state.waker.replace(cx.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// What a socket holds while it is asked.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(Some(self.clone()))
    }
}

impl Default for AckCollector {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AckCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("AckCollector")
            .field("servers", &state.servers)
            .field("asked", &state.asked)
            .field("settled", &state.settled)
            .finish_non_exhaustive()
    }
}

/// One socket that is asked: it answers, or is counted as gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticket(Option<AckCollector>);

impl Ticket {
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.as_ref().is_some_and(AckCollector::is_wanted)
    }

    /// It owes too many acknowledgements.
    pub(crate) fn not_asked(mut self) {
        if let Some(collector) = self.0.take() {
            collector.not_asked(1);
        }
    }

    pub(crate) fn answer(mut self, arguments: &Arguments<'_>) -> bool {
        let Some(collector) = self.0.take() else {
            return false;
        };
        collector.answer(arguments.to_owned())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(collector) = &self.0 {
            collector.gone(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(collector: &AckCollector) -> Poll<Option<u8>> {
        collector
            .poll_next(&mut Context::from_waker(Waker::noop()))
            .map(|answer| answer.map(|answer| answer.borrow().first().expect("a number")))
    }

    fn answer(n: u8) -> OwnedArguments {
        OwnedArguments::new(&n).expect("a number")
    }

    #[test]
    fn it_is_complete_when_every_server_and_everybody_asked_has_spoken() {
        let collector = AckCollector::new();
        collector.expect_servers(1);
        assert!(
            collector.answer(answer(1)),
            "an answer may overtake the count"
        );
        collector.asked(2);
        assert_eq!(poll(&collector), Poll::Ready(Some(1)));
        drop(collector.ticket());
        assert_eq!(poll(&collector), Poll::Pending, "a server has not told");
        collector.asked(1);
        assert_eq!(poll(&collector), Poll::Pending, "one has not answered");
        collector.answer(answer(3));
        assert_eq!(poll(&collector), Poll::Ready(Some(3)));
        assert_eq!(poll(&collector), Poll::Ready(None));
        assert_eq!(collector.not_asked_so_far(), 0);
    }

    #[test]
    fn who_owes_too_many_is_not_waited_for_and_told_apart() {
        let collector = AckCollector::new();
        collector.asked(2);
        collector.ticket().not_asked();
        assert_eq!(poll(&collector), Poll::Pending, "the other one may answer");
        drop(collector.ticket());
        assert_eq!(poll(&collector), Poll::Ready(None));
        assert_eq!(collector.not_asked_so_far(), 1);
    }

    #[test]
    fn what_nobody_waits_for_is_not_kept() {
        let collector = AckCollector::new();
        collector.asked(2);
        assert!(collector.answer(answer(1)));
        collector.give_up();
        assert!(!collector.answer(answer(2)));
        assert!(collector.lock().answers.is_empty());
    }
}
