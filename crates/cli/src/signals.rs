/// Ends with the first Ctrl-C or SIGTERM. A second one ends the process at once.
pub(crate) async fn end() {
    next().await;
    tracing::info!("closing sessions; once more ends at once");
    tokio::spawn(async {
        next().await;
        std::process::exit(130);
    });
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

#[cfg(unix)]
async fn next() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("the runtime handles signals");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn next() {
    // Without a console there is no Ctrl-C to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
