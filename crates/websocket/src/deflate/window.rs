//! The last bytes of a direction, to which what follows may refer (RFC 7692 7.2.3.2).

use std::collections::VecDeque;

/// At most as many bytes as a window has; it grows with what came.
#[derive(Debug)]
pub(crate) struct Window {
    bytes: VecDeque<u8>,
    size: usize,
}

impl Window {
    pub(crate) fn new(bits: u8) -> Self {
        Self {
            bytes: VecDeque::new(),
            // Some compressors take 9 where they agreed on 8.
            size: 1 << bits.clamp(9, 15),
        }
    }

    /// Adds bytes; the oldest make room.
    pub(crate) fn record(&mut self, new: &[u8]) {
        let new = &new[new.len().saturating_sub(self.size)..];
        let kept = self.bytes.len().min(self.size - new.len());
        self.bytes.drain(..self.bytes.len() - kept);
        let needed = kept + new.len();
        if self.bytes.capacity() < needed {
            let roomy = needed.saturating_mul(2).min(self.size);
            self.bytes.reserve_exact(roomy - kept);
        }
        self.bytes.extend(new);
    }

    /// The bytes, the oldest first, in two parts.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        let (first, second) = self.bytes.as_slices();
        [first, second]
    }

    pub(crate) fn heap(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_bytes() {
        let bytes: Vec<u8> = (0..5_000).map(|i| (i * 7 % 251) as u8).collect();
        for step in [1, 3, 100, 511, 512, 513, 1_024, 4_999] {
            let mut window = Window::new(9);
            let mut came = 0;
            for chunk in bytes.chunks(step) {
                window.record(chunk);
                came += chunk.len();
                let expected = &bytes[came.saturating_sub(512)..came];
                assert_eq!(window.parts().concat(), expected, "{step}");
                assert!(window.heap() <= 512 + size_of::<Window>());
            }
        }
    }

    #[test]
    fn grows_with_what_came() {
        let mut window = Window::new(15);
        window.record(&[1; 100]);
        assert!(window.heap() <= 200 + size_of::<Window>());
        assert_eq!(Window::new(8).size, 512);
    }
}
