use super::unfinished::Message;
use crate::ProtocolError;
use crate::deflate::{Direction, Inflater, Lent, Progress, Window};

/// What inflates the message that is open.
#[derive(Debug)]
pub(super) struct Inflating {
    inflater: Lent<Inflater>,
    /// What the next bytes may refer to, where the message itself does not tell: because other
    /// messages came before, or because its parts are handed out.
    window: Option<Box<Window>>,
    /// How much of the chunk is in the window.
    recorded: usize,
    /// Up to where the chunk was handed out.
    handed_out: usize,
    /// The lengths of the message's frames so far.
    came: usize,
    /// The next byte of the input was read before.
    ahead: bool,
}

impl Inflating {
    /// For a new message. `history` is what the messages before left for it; `parts` tells that
    /// it is handed out in parts.
    pub(super) fn new(direction: Direction, history: Option<Box<Window>>, parts: bool) -> Self {
        let window = history.or_else(|| {
            (direction.takeover || parts).then(|| Box::new(Window::new(direction.window_bits)))
        });
        let dictionary = window
            .as_ref()
            .map_or([&[][..]; 2], |window| window.parts());
        Self {
            inflater: Inflater::lend(dictionary),
            window,
            recorded: 0,
            handed_out: 0,
            came: 0,
            ahead: false,
        }
    }

    pub(super) fn came(&self) -> usize {
        self.came
    }

    /// Says that a frame of this length begins.
    pub(super) fn expect(&mut self, len: usize) {
        self.came = self.came.saturating_add(len);
    }

    pub(super) fn heap(&self) -> usize {
        Inflater::HEAP + self.window.as_ref().map_or(0, |window| window.heap())
    }

    /// What came out last.
    pub(super) fn chunk(&self) -> &[u8] {
        self.inflater.chunk()
    }

    /// The part of the chunk that was handed out last.
    pub(super) fn part(&self) -> &[u8] {
        &self.inflater.chunk()[..self.handed_out]
    }

    /// Hands out the chunk up to `end`.
    pub(super) fn hand_out(&mut self, end: usize) {
        self.record();
        self.handed_out = end;
    }

    pub(super) fn is_ahead(&self) -> bool {
        self.ahead
    }

    pub(super) fn set_ahead(&mut self, ahead: bool) {
        self.ahead = ahead;
    }

    /// Frees what was handed out.
    pub(super) fn clear_part(&mut self) {
        self.inflater.clear(self.handed_out);
        self.recorded -= self.handed_out;
        self.handed_out = 0;
    }

    /// Puts what came out since the last time into the window.
    fn record(&mut self) {
        let chunk = self.inflater.chunk();
        if let Some(window) = &mut self.window {
            window.record(&chunk[self.recorded..]);
        }
        self.recorded = chunk.len();
    }

    /// What the next message may refer to, at the end of this one.
    pub(super) fn take_history(&mut self) -> Option<Box<Window>> {
        self.record();
        self.window.take()
    }

    /// Reads `input` into the chunk, across last blocks; for messages that are handed out in
    /// parts.
    pub(super) fn inflate_part(&mut self, input: &mut &[u8]) -> Result<Progress, ProtocolError> {
        loop {
            match self.inflater.inflate(input) {
                Progress::Ended => {
                    self.record();
                    self.restart(&Message::None)?;
                }
                progress => return Ok(progress),
            }
        }
    }

    /// Ends the message that [`inflate_part`](Self::inflate_part) read.
    pub(super) fn finish_part(&mut self) -> Progress {
        self.inflater.finish()
    }

    /// Reads `input` into the chunk as far as there is room; the first step of a message.
    pub(super) fn first(&mut self, input: &mut &[u8]) -> Progress {
        match self.inflater.inflate(input) {
            Progress::Hungry => self.inflater.finish(),
            progress => progress,
        }
    }

    /// Reads `input`, after `progress` was made with it, into `message`, and ends the message if
    /// this is the `last` of it. No more comes out than `limit` bytes and a chunk.
    pub(super) fn inflate(
        &mut self,
        message: &mut Message,
        mut input: &[u8],
        mut progress: Option<Progress>,
        last: bool,
        limit: usize,
    ) -> Result<(), ProtocolError> {
        loop {
            let made = match progress.take() {
                Some(made) => made,
                None => self.inflater.inflate(&mut input),
            };
            self.flush(message, limit)?;
            match made {
                Progress::Complete => return Ok(()),
                Progress::Hungry if last => progress = Some(self.inflater.finish()),
                Progress::Hungry => return Ok(()),
                Progress::Full => {}
                Progress::Ended => self.restart(message)?,
                Progress::Corrupt => return Err(ProtocolError::InvalidDeflate),
            }
        }
    }

    /// Appends the chunk to the message.
    fn flush(&mut self, message: &mut Message, limit: usize) -> Result<(), ProtocolError> {
        self.record();
        let chunk = self.inflater.chunk();
        let room = limit.saturating_sub(message.len()).min(chunk.len());
        // What is wrong before the limit counts, however the message was cut.
        message.push(&chunk[..room], limit)?;
        if room < chunk.len() {
            return Err(ProtocolError::MessageTooBig { limit });
        }
        self.inflater.clear(room);
        self.recorded = 0;
        Ok(())
    }

    /// Goes on behind a last block (RFC 7692 7.2.3.4), with the window that was there before it.
    fn restart(&mut self, message: &Message) -> Result<(), ProtocolError> {
        let dictionary = match &self.window {
            Some(window) => window.parts(),
            None => message.parts(),
        };
        if self.inflater.restart(dictionary) {
            Ok(())
        } else {
            Err(ProtocolError::TooManyFinalBlocks)
        }
    }
}
