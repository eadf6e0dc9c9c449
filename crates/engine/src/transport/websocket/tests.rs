use super::*;

struct Nothing;

impl Application for Nothing {
    type Client = ();
    type Reader = ();

    fn open(&self, _: &Handshake) -> ((), ()) {
        ((), ())
    }

    fn opened(&self, _: &Arc<Connection<Self>>) {}

    fn text(&self, _: &Arc<Connection<Self>>, (): &mut (), _: &str) -> ControlFlow<CloseReason> {
        ControlFlow::Continue(())
    }

    fn binary(&self, _: &Arc<Connection<Self>>, (): &mut (), _: &[u8]) -> ControlFlow<CloseReason> {
        ControlFlow::Continue(())
    }

    fn timeout(&self, _: &Arc<Connection<Self>>) {}

    fn slow(&self, _: &Arc<Connection<Self>>, _: Duration) {}

    fn closed(&self, _: &Arc<Connection<Self>>, (): (), _: CloseReason) {}
}

/// Every idle connection keeps one.
#[test]
#[cfg(target_pointer_width = "64")]
fn a_connections_task_is_small() {
    let size = size_of::<Driver<Nothing>>();
    assert!(size <= 192, "{size} bytes");
}
