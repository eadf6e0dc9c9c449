//! Where attachments stand in a packet's JSON: `{"_placeholder":true,"num":0}`.

use crate::scan;

/// The place of one attachment in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) num: usize,
}

/// The placeholders in the checked `json`, in order, for a packet of `attachments`; none if one
/// of them is illegal.
///
/// As in the reference, any object whose `_placeholder` is `true` is one, whatever else it
/// holds; of equal keys the last counts; the same attachment may be meant several times.
pub(crate) fn locate(json: &str, attachments: usize) -> Option<Vec<Placeholder>> {
    let mut search = Search {
        json,
        attachments,
        found: Vec::new(),
    };
    search.value(0)?.legal.then_some(search.found)
}

struct Search<'a> {
    json: &'a str,
    attachments: usize,
    found: Vec<Placeholder>,
}

struct Visited {
    end: usize,
    legal: bool,
}

impl Search<'_> {
    /// Recursion is bounded by the depth that the check of the text allowed.
    fn value(&mut self, at: usize) -> Option<Visited> {
        match self.json.as_bytes().get(at)? {
            b'{' => self.object(at),
            b'[' => self.array(at),
            _ => {
                let end = scan::value(self.json.as_bytes(), at, 0).ok()?;
                Some(Visited { end, legal: true })
            }
        }
    }

    fn array(&mut self, start: usize) -> Option<Visited> {
        let text = self.json.as_bytes();
        let mut legal = true;
        let mut at = scan::blanks(text, start + 1);
        while *text.get(at)? != b']' {
            let element = self.value(at)?;
            legal &= element.legal;
            at = next(text, element.end);
        }
        Some(Visited { end: at + 1, legal })
    }

    fn object(&mut self, start: usize) -> Option<Visited> {
        let text = self.json.as_bytes();
        let before = self.found.len();
        let mut legal = true;
        let mut marked = false;
        let mut num = None;
        let mut at = scan::blanks(text, start + 1);
        while *text.get(at)? != b'}' {
            let key = at;
            let key_end = scan::string(text, key).ok()?;
            let value = scan::key(text, key).ok()?;
            let visited = self.value(value)?;
            legal &= visited.legal;
            let content = &self.json[value..visited.end];
            match &*unescaped(&self.json[key..key_end]) {
                "_placeholder" => marked = content == "true",
                "num" => num = index(content, self.attachments),
                _ => {}
            }
            at = next(text, visited.end);
        }
        let end = at + 1;
        if marked {
            // What stands inside a placeholder is replaced with it.
            self.found.truncate(before);
            legal = num.is_some();
            self.found
                .extend(num.map(|num| Placeholder { start, end, num }));
        }
        Some(Visited { end, legal })
    }
}

/// The position of what follows a value: behind a comma, or at the closing bracket.
fn next(text: &[u8], at: usize) -> usize {
    let at = scan::blanks(text, at);
    if text.get(at) == Some(&b',') {
        scan::blanks(text, at + 1)
    } else {
        at
    }
}

fn unescaped(quoted: &str) -> std::borrow::Cow<'_, str> {
    let content = &quoted[1..quoted.len() - 1];
    if content.contains('\\') {
        // Half a surrogate pair is no Rust string, and no name that matters here.
        serde_json::from_str::<String>(quoted)
            .unwrap_or_default()
            .into()
    } else {
        content.into()
    }
}

/// An integer below `count`, in any spelling that JSON has for it.
fn index(content: &str, count: usize) -> Option<usize> {
    let number = match content.parse::<usize>() {
        Ok(number) => number,
        Err(_) => {
            let number: f64 = serde_json::from_str(content).ok()?;
            if number.fract() != 0.0 || number < 0.0 {
                return None;
            }
            number as usize
        }
    };
    (number < count).then_some(number)
}
