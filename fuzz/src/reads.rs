//! How a stream of bytes is cut into reads.

/// Cuts `stream` by `seed`: 0 gives single bytes, others lengths that differ from read to read,
/// some of them zero.
pub(crate) fn cut(stream: &[u8], seed: u8) -> Vec<&[u8]> {
    if seed == 0 {
        return stream.chunks(1).collect();
    }
    let mut reads = Vec::new();
    let mut state = u32::from(seed);
    let mut rest = stream;
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Short reads are the ones that cut headers and characters.
        let longest = [1, 3, 9, 40, 200, 5_000][(state >> 28) as usize % 6];
        let length = (state >> 12) as usize % (longest + 1);
        let (read, after) = rest.split_at(length.min(rest.len()));
        reads.push(read);
        rest = after;
    }
    reads
}
