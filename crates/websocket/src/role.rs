/// Which end of the connection this one is; the two differ in who masks (RFC 6455 5.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// Masks what it sends and refuses masked frames.
    Client,
    /// Sends plain frames and refuses unmasked ones.
    Server,
}
