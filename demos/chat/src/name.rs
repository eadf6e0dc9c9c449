//! What people and rooms may be called.

use std::fmt;

use serde::Serialize;

use crate::refusal::Refusal;

const LONGEST: usize = 32; // characters

/// A person's name, cleaned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PersonName(String);

impl PersonName {
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        clean(raw).map(Self)
    }

    /// This name if it is free, else with the first number behind it that makes it so.
    pub(crate) fn first_free(self, taken: impl Fn(&Self) -> bool) -> Self {
        let mut name = self.clone();
        let mut number = 1_u32;
        while taken(&name) {
            number += 1;
            let suffix = format!(" {number}");
            let kept: String = self.0.chars().take(LONGEST - suffix.len()).collect();
            name = Self(kept.trim_end().to_owned() + &suffix);
        }
        name
    }

    /// Two names with the same folded form look like one person.
    pub(crate) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A room's name, cleaned and in lower case.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RoomName(String);

impl RoomName {
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        clean(&raw.to_lowercase()).map(Self)
    }

    /// The room that everybody is in, and that the tutorial's clients hear.
    pub(crate) fn lobby() -> Self {
        Self("lobby".to_owned())
    }

    /// The Socket.IO room of its members. Every socket has a room named by its own id, which nobody may join by
    /// choosing that name, hence the prefix.
    pub(crate) fn members(&self) -> String {
        format!("room:{}", self.0)
    }
}

/// One line of visible characters with single spaces.
fn clean(raw: &str) -> Result<String, Refusal> {
    let visible: String = raw
        .chars()
        .filter(|&c| c.is_whitespace() || !is_hidden(c))
        .collect();
    let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Refusal::EmptyName),
        1..=LONGEST => Ok(name),
        _ => Err(Refusal::LongName),
    }
}

/// Characters that one cannot see, or that turn the direction of what follows: with them, two names look alike.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(raw: &str) -> Result<String, Refusal> {
        PersonName::parse(raw).map(|name| name.to_string())
    }

    #[test]
    fn names_are_cleaned() {
        for (raw, cleaned) in [
            ("Ada", "Ada"),
            ("  Ada \t\n Lovelace ", "Ada Lovelace"),
            ("A\u{200b}d\u{202e}a\0", "Ada"),
            ("Зоя", "Зоя"),
            ("寿限無", "寿限無"),
        ] {
            assert_eq!(person(raw).as_deref(), Ok(cleaned), "{raw:?}");
        }
    }

    #[test]
    fn empty_and_long_names_are_refused() {
        for raw in ["", " ", "\u{200b}\u{feff}", "\0\n"] {
            assert_eq!(person(raw), Err(Refusal::EmptyName), "{raw:?}");
        }
        assert_eq!(person(&"é".repeat(32)), Ok("é".repeat(32)));
        assert_eq!(person(&"é".repeat(33)), Err(Refusal::LongName));
    }

    #[test]
    fn a_taken_name_gets_a_number_and_stays_short() {
        let free = |raw: &str, taken: &[&str]| {
            let name = PersonName::parse(raw).expect("a good name");
            name.first_free(|name| taken.contains(&name.folded().as_str()))
                .to_string()
        };
        assert_eq!(free("Ada", &[]), "Ada");
        assert_eq!(free("Ada", &["ada"]), "Ada 2");
        assert_eq!(free("ADA", &["ada", "ada 2"]), "ADA 3");
        let long = "x".repeat(32);
        assert_eq!(free(&long, &[&long]), format!("{} 2", "x".repeat(30)));
    }

    #[test]
    fn rooms_differ_by_more_than_case() {
        assert_eq!(
            RoomName::parse(" Rust  Lang ").map(|room| room.members()),
            Ok("room:rust lang".to_owned())
        );
        assert_eq!(RoomName::parse("LOBBY"), Ok(RoomName::lobby()));
    }
}
