//! RFC 6455 5.3: byte `i` is combined with byte `i % 4` of the key, which is its own inverse.

/// Masks or unmasks in place; byte 0 of `payload` meets byte 0 of `key`.
#[inline]
pub(crate) fn apply(payload: &mut [u8], key: [u8; 4]) {
    let four = u32::from_ne_bytes(key);
    let eight = (u64::from(four) << 32) | u64::from(four);
    // Vectors only pay above a few words; below, their set-up is most of the time.
    let (blocks, rest) = if payload.len() > 64 {
        payload.as_chunks_mut::<64>()
    } else {
        (&mut [][..], payload)
    };
    for block in blocks {
        for word in block.as_chunks_mut::<8>().0 {
            *word = (u64::from_ne_bytes(*word) ^ eight).to_ne_bytes();
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ eight).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// The key for what follows `done` bytes of the same frame.
pub(crate) fn rotated(mut key: [u8; 4], done: usize) -> [u8; 4] {
    key.rotate_left(done % 4);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    #[test]
    fn every_length_and_alignment() {
        for start in 0..9 {
            for length in 0..300 {
                let plain: Vec<u8> = (0..start + length).map(|i| (i * 7) as u8).collect();
                let mut masked = plain.clone();
                apply(&mut masked[start..], KEY);
                for (i, byte) in masked.iter().enumerate() {
                    let key = if i < start { 0 } else { KEY[(i - start) % 4] };
                    assert_eq!(
                        *byte,
                        plain[i] ^ key,
                        "start {start} length {length} at {i}"
                    );
                }
            }
        }
    }

    #[test]
    fn in_two_parts() {
        for cut in 0..=130 {
            let mut whole = vec![0x55; 130];
            let mut parts = whole.clone();
            apply(&mut whole, KEY);
            let (head, tail) = parts.split_at_mut(cut);
            apply(head, KEY);
            apply(tail, rotated(KEY, cut));
            assert_eq!(whole, parts, "cut at {cut}");
        }
    }
}
