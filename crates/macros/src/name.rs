use syn::{Error, LitStr, Result};

/// The longest name that every parser takes, in bytes.
const LONGEST: usize = 255;

/// What the reference gives a meaning of its own.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Refuses what no application may call an event.
pub(crate) fn check(name: &LitStr) -> Result<()> {
    let text = name.value();
    if RESERVED.contains(&&*text) {
        let message = format!(
            "`{text}` is a name that Socket.IO keeps for itself: choose another one\n\
             (reserved are `{}`)",
            RESERVED.join("`, `")
        );
        return Err(Error::new(name.span(), message));
    }
    if text.len() > LONGEST {
        let message = format!(
            "the name of an event has at most {LONGEST} bytes, this one has {}",
            text.len()
        );
        return Err(Error::new(name.span(), message));
    }
    Ok(())
}

/// A type's name as an event's: `ChatMessage` is `chatMessage`, `URLChanged` is `urlChanged`.
pub(crate) fn of_type(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut lowered = String::with_capacity(name.len());
    let mut first_word = true;
    for (at, letter) in letters.iter().enumerate() {
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if at > 0 && (!letter.is_uppercase() || next_is_lower) {
            first_word = false;
        }
        if first_word {
            lowered.extend(letter.to_lowercase());
        } else {
            lowered.push(*letter);
        }
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types() {
        for (name, event) in [
            ("Say", "say"),
            ("ChatMessage", "chatMessage"),
            ("URLChanged", "urlChanged"),
            ("URL", "url"),
            ("X", "x"),
            ("X2Y", "x2Y"),
            ("lower", "lower"),
        ] {
            assert_eq!(of_type(name), event);
        }
    }
}
