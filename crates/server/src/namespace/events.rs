use crate::handler::EventHandler;

/// The handlers of a namespace's events, by the length of their names.
///
/// They are few and fixed: hardly any two names are equally long, and comparing lengths takes no look-up.
#[derive(Default)]
pub(crate) struct Events(Vec<Vec<Entry>>);

struct Entry {
    name: Box<str>,
    handler: Box<dyn EventHandler>,
}

impl Events {
    /// Adds a handler. `false` if the event has one already.
    pub(crate) fn insert(&mut self, name: Box<str>, handler: Box<dyn EventHandler>) -> bool {
        if self.get(&name).is_some() {
            return false;
        }
        if self.0.len() <= name.len() {
            self.0.resize_with(name.len() + 1, Vec::new);
        }
        self.0[name.len()].push(Entry { name, handler });
        true
    }

    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&dyn EventHandler> {
        let entries = self.0.get(name.len())?;
        let entry = entries.iter().find(|entry| *entry.name == *name)?;
        Some(&*entry.handler)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{Incoming, Pending};

    struct Nothing;

    impl EventHandler for Nothing {
        fn call(&self, _: &Incoming<'_>) -> Option<Pending<()>> {
            None
        }
    }

    // parity: 5.3
    #[test]
    fn every_name_is_found_and_no_other() {
        let names = [
            "", "a", "b", "aa", "ba", "ab", "message", "massage", "é", "émail",
        ];
        let mut events = Events::default();
        for (n, name) in names.iter().enumerate() {
            assert!(events.insert((*name).into(), Box::new(Nothing)));
            assert!(
                !events.insert((*name).into(), Box::new(Nothing)),
                "{name} twice"
            );
            for (m, other) in names.iter().enumerate() {
                assert_eq!(events.get(other).is_some(), m <= n, "{other} after {name}");
            }
        }
        for other in ["c", "bb", "messag", "messagf", "e"] {
            assert!(events.get(other).is_none(), "{other}");
        }
    }
}
