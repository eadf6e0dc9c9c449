use sockeye_websocket::{Config, ProtocolError, Role};

use crate::library::open;
use crate::wire::frame_to;

#[test]
fn codes_assigned_after_the_rfc_are_echoed() {
    for role in [Role::Client, Role::Server] {
        for code in [1012, 1013, 1014] {
            let mut library = open(role, &Config::new(), None);
            let payload = [&u16::to_be_bytes(code), &b"why"[..]].concat();
            library.peer.write(&frame_to(role, 0x88, &payload));
            assert_eq!(library.peer.close_code(), Some(code), "{role:?}");
            let closed = library.ended().closed();
            assert_eq!(
                (closed.code, &*closed.reason, closed.was_clean),
                (code, "why", true),
                "{role:?}"
            );
        }
    }
}

#[test]
fn a_close_frame_without_a_code_is_answered_without_one() {
    for role in [Role::Client, Role::Server] {
        let mut library = open(role, &Config::new(), None);
        library.peer.write(&frame_to(role, 0x88, b""));
        assert_eq!(library.peer.close_code(), None, "{role:?}");
        assert_eq!(library.ended().closed().code, 1005, "{role:?}");
    }
}

#[test]
fn codes_that_are_never_sent_are_refused() {
    for role in [Role::Client, Role::Server] {
        for code in [1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            let mut library = open(role, &Config::new(), None);
            library
                .peer
                .write(&frame_to(role, 0x88, &u16::to_be_bytes(code)));
            assert_eq!(library.peer.close_code(), Some(1002), "{role:?}: {code}");
            assert_eq!(
                library.ended().violation(),
                ProtocolError::InvalidCloseCode(code),
                "{role:?}"
            );
        }
    }
}
