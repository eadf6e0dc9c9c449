use crate::{Close, ProtocolError};

/// Whether an endpoint may send this code: what RFC 6455 7.4.1 and the registry of its 11.7
/// assign (1012 to 1014 came later), and the two ranges of 7.4.2. 1005, 1006 and 1015 only ever
/// exist locally.
pub(crate) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Reads a close frame's payload (RFC 6455 5.5.1).
pub(crate) fn parse(payload: &[u8]) -> Result<Option<Close<'_>>, ProtocolError> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(ProtocolError::CloseLengthOne),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !may_be_sent(code) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
    Ok(Some(Close { code, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for code in [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
        ] {
            assert!(may_be_sent(code), "{code}");
        }
        for code in [3000, 3999, 4000, 4999] {
            assert!(may_be_sent(code), "{code}");
        }
        for code in [
            0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
        ] {
            assert!(!may_be_sent(code), "{code}");
        }
    }

    #[test]
    fn payloads() {
        let close = |code, reason| Ok(Some(Close { code, reason }));
        assert_eq!(parse(b""), Ok(None));
        assert_eq!(parse(b"\x03\xe8"), close(1000, ""));
        assert_eq!(parse(b"\x03\xf3n\xc3\xa4h"), close(1011, "n\u{e4}h"));
        assert_eq!(parse(b"\x03"), Err(ProtocolError::CloseLengthOne));
        assert_eq!(
            parse(b"\x03\xed"),
            Err(ProtocolError::InvalidCloseCode(1005))
        );
        assert_eq!(
            parse(b"\x03\xe8\xc3"),
            Err(ProtocolError::InvalidCloseReason)
        );
    }
}
