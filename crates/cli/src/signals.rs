/// What ends the program: Ctrl-C and SIGTERM.
#[derive(Debug)]
pub(crate) struct End {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl End {
    /// Heeds the signals from here on, whenever they are waited for.
    #[cfg(unix)]
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let heed = |kind| signal(kind).expect("the runtime handles signals");
        Self {
            interrupt: heed(SignalKind::interrupt()),
            terminate: heed(SignalKind::terminate()),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Ends with the first signal. A second one ends the process at once.
    pub(crate) async fn wait(mut self) {
        self.next().await;
        tracing::info!("closing sessions; once more ends at once");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Without a console there is no Ctrl-C to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Calls `f` each time the process is sent SIGHUP. Without Unix there is no such signal.
pub(crate) async fn each_hangup(f: impl Fn()) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup()).expect("the runtime handles signals");
        while hangup.recv().await.is_some() {
            f();
        }
    }
    #[cfg(not(unix))]
    drop(f);
}
