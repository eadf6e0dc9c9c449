//! Frames byte by byte, also those that no endpoint may send.

use sockeye_websocket::Role;

/// What a peer of `role` would send: the first byte as given, the shortest length, masked if the
/// peer is a client.
pub(crate) fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(len as u8),
        len @ 126..=0xFFFF => {
            bytes.push(126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    if role == Role::Client {
        bytes.extend(payload);
        return bytes;
    }
    let key = [0x9a, 0x03, 0xc7, 0x5e];
    bytes[1] |= 0x80;
    bytes.extend(key);
    bytes.extend(
        payload
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}
