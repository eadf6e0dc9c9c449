//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 9.1).

use http::header::{HeaderMap, SEC_WEBSOCKET_EXTENSIONS};

use super::is_token;

/// One extension with its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Extension<'h> {
    pub(super) name: &'h str,
    /// The values as they are without quotes.
    pub(super) parameters: Vec<(&'h str, Option<String>)>,
}

/// That a header is not a list of extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

/// Reads all lines of the header (RFC 6455 9.1). Empty elements of the list are passed over
/// (RFC 9110 5.6.1.2).
pub(super) fn parse(headers: &HeaderMap) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut extensions = Vec::new();
    for line in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
        let mut rest = Rest(line.to_str().map_err(|_| Malformed)?);
        loop {
            while rest.skip(',') {}
            if rest.is_empty() {
                break;
            }
            extensions.push(rest.extension()?);
            if !rest.is_empty() && !rest.skip(',') {
                return Err(Malformed);
            }
        }
    }
    Ok(extensions)
}

/// What is not read of a line.
struct Rest<'h>(&'h str);

impl<'h> Rest<'h> {
    fn is_empty(&mut self) -> bool {
        self.0 = self.0.trim_ascii_start();
        self.0.is_empty()
    }

    /// Takes this character, with space around it, if it is the next one.
    fn skip(&mut self, separator: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        let Some(rest) = self.0.strip_prefix(separator) else {
            return false;
        };
        self.0 = rest.trim_ascii_start();
        true
    }

    fn extension(&mut self) -> Result<Extension<'h>, Malformed> {
        let name = self.token()?;
        let mut parameters = Vec::new();
        while self.skip(';') {
            let name = self.token()?;
            let value = if self.skip('=') {
                Some(self.value()?)
            } else {
                None
            };
            parameters.push((name, value));
        }
        Ok(Extension { name, parameters })
    }

    fn token(&mut self) -> Result<&'h str, Malformed> {
        let end = self.0.bytes().position(|byte| !is_token(&[byte]));
        let (token, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        if token.is_empty() {
            return Err(Malformed);
        }
        self.0 = rest;
        Ok(token)
    }

    fn value(&mut self) -> Result<String, Malformed> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.token().map(str::to_owned);
        };
        let mut value = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next().ok_or(Malformed)? {
                '"' => break,
                '\\' => value.push(characters.next().ok_or(Malformed)?),
                character => value.push(character),
            }
        }
        self.0 = characters.as_str();
        // RFC 6455 9.1: without its quotes it has to be a token.
        if !is_token(value.as_bytes()) {
            return Err(Malformed);
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn lines(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_str(line).expect("a value");
            headers.append(SEC_WEBSOCKET_EXTENSIONS, line);
        }
        headers
    }

    #[test]
    fn the_grammar() {
        let headers = lines(&[
            "foo",
            " , a ;b; c=d ;\te = \"f\" ,, g;h=\"1\\5\",",
            "",
            "permessage-deflate; client_max_window_bits",
        ]);
        let extension = |name, parameters: &[(&'static str, Option<&str>)]| Extension {
            name,
            parameters: parameters
                .iter()
                .map(|(name, value)| (*name, value.map(str::to_owned)))
                .collect(),
        };
        let expected = [
            extension("foo", &[]),
            extension("a", &[("b", None), ("c", Some("d")), ("e", Some("f"))]),
            extension("g", &[("h", Some("15"))]),
            extension("permessage-deflate", &[("client_max_window_bits", None)]),
        ];
        assert_eq!(parse(&headers).as_deref(), Ok(&expected[..]));
    }

    #[test]
    fn what_is_no_list_of_extensions() {
        for line in [
            "a b",
            ";a",
            "a;",
            "a;;b",
            "a;b=",
            "a;b=;c",
            "a=b",
            "a;b=\"",
            "a;b=\"c",
            "a;b=\"\"",
            "a;b=\"c d\"",
            "a;b=\"c\\",
            "a;b=\"c\"d",
            "a;=b",
            "\"a\"",
            "a;b c",
            "a;b=c d",
            "a/b",
            "\u{e4}",
        ] {
            assert_eq!(parse(&lines(&["fine", line])), Err(Malformed), "{line:?}");
        }
    }
}
