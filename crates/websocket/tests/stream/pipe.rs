//! A stream in memory that can be cut, and that hides bytes until they are let through.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    bytes: VecDeque<u8>,
    capacity: usize,
    ended: bool,
    failed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Pipe {
    input: Arc<Mutex<Lane>>,
    output: Arc<Mutex<Lane>>,
}

pub(crate) fn pipe(capacity: usize) -> (Pipe, Pipe) {
    let lane = || {
        Arc::new(Mutex::new(Lane {
            capacity,
            ..Lane::default()
        }))
    };
    let (one, other) = (lane(), lane());
    let near = Pipe {
        input: one.clone(),
        output: other.clone(),
    };
    let far = Pipe {
        input: other,
        output: one,
    };
    (near, far)
}

impl Pipe {
    /// Takes what the other end has written.
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut lane = self.input.lock().unwrap();
        let bytes = lane.bytes.drain(..).collect();
        let writer = lane.writer.take();
        drop(lane);
        writer.into_iter().for_each(Waker::wake);
        bytes
    }

    /// Writes past every limit.
    pub(crate) fn give(&self, bytes: &[u8]) {
        let mut lane = self.output.lock().unwrap();
        lane.bytes.extend(bytes);
        let reader = lane.reader.take();
        drop(lane);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Sets how many bytes the other end's writes may leave unread.
    pub(crate) fn set_room(&self, capacity: usize) {
        let mut lane = self.input.lock().unwrap();
        lane.capacity = capacity;
        let writer = lane.writer.take();
        drop(lane);
        writer.into_iter().for_each(Waker::wake);
    }

    /// Ends this side's direction, as a peer that shuts its half down.
    pub(crate) fn end(&self) {
        let mut lane = self.output.lock().unwrap();
        lane.ended = true;
        let reader = lane.reader.take();
        drop(lane);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Fails both directions, as a connection that is reset.
    pub(crate) fn reset(&self) {
        for lane in [&self.input, &self.output] {
            let mut lane = lane.lock().unwrap();
            lane.failed = true;
            let wakers = [lane.reader.take(), lane.writer.take()];
            drop(lane);
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// Whether the other end has ended its direction.
    pub(crate) fn has_ended(&self) -> bool {
        self.input.lock().unwrap().ended
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut lane = self.input.lock().unwrap();
        if lane.failed {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if lane.bytes.is_empty() {
            if lane.ended {
                return Poll::Ready(Ok(()));
            }
            lane.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = lane.bytes.len().min(buffer.remaining());
        let bytes: Vec<u8> = lane.bytes.drain(..count).collect();
        buffer.put_slice(&bytes);
        let writer = lane.writer.take();
        drop(lane);
        writer.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut lane = self.output.lock().unwrap();
        if lane.failed || lane.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = lane.capacity.saturating_sub(lane.bytes.len());
        if room == 0 {
            lane.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = room.min(bytes.len());
        lane.bytes.extend(&bytes[..count]);
        let reader = lane.reader.take();
        drop(lane);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}
