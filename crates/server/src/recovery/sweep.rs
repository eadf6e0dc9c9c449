use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::application::Engine;

/// How often what has aged is looked for, at most and at least.
const TURNS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Forgets what nobody can miss any more, also while nothing is sent.
#[derive(Debug, Default)]
pub(crate) struct Sweeper(AtomicBool);

impl Sweeper {
    /// Starts the task if it does not run, or its runtime has ended. It ends when nothing is left.
    pub(crate) fn ensure(&self, engine: &Arc<Engine>, max_away: Duration) {
        if self.0.load(Ordering::Relaxed) || self.0.swap(true, Ordering::AcqRel) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            self.0.store(false, Ordering::Release);
            return;
        };
        let engine = Arc::downgrade(engine);
        let running = Running(engine.clone());
        let turn = (max_away / 4).clamp(TURNS.0, TURNS.1);
        runtime.spawn(async move {
            let running = running;
            loop {
                tokio::time::sleep(turn).await;
                let Some(engine) = engine.upgrade() else {
                    break;
                };
                let left = engine.application().namespaces().expire(Instant::now());
                if !left && engine.connections().is_empty() {
                    break;
                }
            }
            drop(running);
        });
    }
}

/// The task runs as long as this lives.
struct Running(std::sync::Weak<Engine>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(engine) = self.0.upgrade() {
            let sweeper = engine.application().sweeper();
            sweeper.0.store(false, Ordering::Release);
        }
    }
}
