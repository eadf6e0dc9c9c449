//! What the clients say and what a right server answers: frames made before anything is measured.

use sockeye_bench::frame::{self, TEXT};
use sockeye_bench::ring::Ring;

use crate::deflate;

/// Messages that differ, so that a lost, doubled or mixed up one is noticed.
const DIFFERENT: usize = 128;
/// Of long messages only a few differ, so that they stay in the generator's cache.
const DIFFERENT_LONG: usize = 2;
/// From here on a message is long.
const LONG: usize = 16 * 1024;

/// Frames of both directions; all requests have one length, and so have all answers.
#[derive(Debug)]
pub(crate) struct Speech {
    pub(crate) requests: Ring,
    pub(crate) answers: Ring,
}

impl Speech {
    /// Text messages of so many bytes.
    pub(crate) fn texts(len: usize) -> Self {
        let of = |index| text(index, len);
        Self::of(different(len), of, |text| frame::from_client(TEXT, text))
    }

    /// The same, compressed by the client. The answers are what they are uncompressed.
    pub(crate) fn compressed_texts(len: usize) -> Self {
        // One message, because compressed ones differ in length.
        Self::of(
            1,
            |_| text(0, len),
            |text| frame::from_client(deflate::RSV1 | TEXT, &deflate::compress(text)),
        )
    }

    /// JSON documents of so many bytes.
    pub(crate) fn documents(len: usize) -> Self {
        let of = |index| document(index, len);
        Self::of(different(len), of, |text| frame::from_client(TEXT, text))
    }

    fn of(
        count: usize,
        text: impl Fn(usize) -> Vec<u8>,
        request: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Self {
        Self {
            requests: Ring::new(count, |index| request(&text(index))),
            answers: Ring::new(count, |index| frame::from_server(TEXT, &text(index))),
        }
    }
}

fn different(len: usize) -> usize {
    if len >= LONG {
        DIFFERENT_LONG
    } else {
        DIFFERENT
    }
}

fn text(index: usize, len: usize) -> Vec<u8> {
    let sentence = format!("{index:03} the salmon turns red on its way up the river. ");
    sentence.bytes().cycle().take(len).collect()
}

/// A list of readings as a service would push it.
pub(crate) fn document(index: usize, len: usize) -> Vec<u8> {
    let mut text = format!(r#"{{"number":{index:03},"readings":["#);
    let mut seed = index as u32 + 1;
    loop {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (sensor, value) = (seed >> 22, seed >> 12 & 0xfff);
        let reading = format!(
            r#"{{"sensor":"s-{sensor:04}","celsius":{}.{:02},"ok":true}},"#,
            value % 40,
            value % 97
        );
        if text.len() + reading.len() + r#"{"note":""}]}"#.len() > len {
            break;
        }
        text.push_str(&reading);
    }
    let filler = len - text.len() - r#"{"note":""}]}"#.len();
    text.push_str(&format!(r#"{{"note":"{}"}}]}}"#, "n".repeat(filler)));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_length_that_the_table_names_and_differ() {
        for make in [text, document] {
            for len in [1024, 4096] {
                assert_eq!(make(7, len).len(), len);
                assert_ne!(make(7, len), make(8, len));
            }
        }
        assert_ne!(text(1, 32), text(2, 32));
    }

    #[test]
    fn a_compressed_request_says_what_the_answer_says() {
        let speech = Speech::compressed_texts(16 * 1024);
        let request = speech.requests.message(0);
        assert_eq!(request[0], 0x80 | deflate::RSV1 | TEXT);
        let unmasked = frame::peek_client(request);
        let answer = frame::split(speech.answers.message(0))
            .expect("well formed")
            .expect("complete");
        let mut inflater = deflate::Inflater::default();
        assert_eq!(inflater.message(&unmasked), Some(answer.payload));
    }
}
