use thiserror::Error;

/// Why the chat says no, in words that the page shows.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("this chat needs a name with at least one visible character")]
    EmptyName,
    #[error("a message needs at least one visible character")]
    EmptyText,
    #[error("the id of a message is 8 to 64 letters and digits")]
    Id,
    #[error("the key is 8 to 128 characters")]
    Key,
    #[error("a name has at most 32 characters")]
    LongName,
    #[error("a message has at most 2,000 characters")]
    LongText,
    #[error("join the room first")]
    NotInRoom,
    #[error("say who you are first")]
    Stranger,
    #[error("there are 100 rooms with people in them, which is enough")]
    TooManyRooms,
}
