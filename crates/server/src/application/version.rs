//! What clients of Socket.IO 2 do in another way.

use std::sync::Arc;

use serde_json::{Map, Value};
use sockeye_engine::{Protocol, query_pairs};
use sockeye_protocol::EncodeError;

use super::Connection;
use crate::{RawJson, Reject};

/// Whether the client is one of Socket.IO 2: it is in `/` from the beginning, its sockets have the ids
/// that it computes, and it reads an error where newer ones read an object.
#[inline]
pub(crate) fn is_v2(connection: &Arc<Connection>) -> bool {
    connection.protocol() == Protocol::V3
}

/// The namespace of a packet, without the query that a CONNECT packet may carry, and that query.
pub(super) fn split_query(namespace: &str) -> (&str, Option<&str>) {
    match namespace.split_once('?') {
        Some((name, query)) => (name, Some(query)),
        None => (namespace, None),
    }
}

/// The query of a CONNECT packet as what newer clients send for `auth`: an object of texts, with a list
/// where a name comes several times.
pub(super) fn query_as_auth(query: &str) -> String {
    let mut auth = Map::new();
    for (name, value) in query_pairs(query) {
        let value = Value::from(value.into_owned());
        match auth.get_mut(&*name) {
            None => drop(auth.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(auth).to_string()
}

/// What a refused client reads: the data, or the message if the data is nothing.
pub(super) fn error(reject: &Reject) -> Result<RawJson, EncodeError> {
    match reject.raw_data() {
        Some(data) if !matches!(data.as_str(), "null" | "false" | "0" | r#""""#) => {
            Ok(data.clone())
        }
        _ => RawJson::from_value(&reject.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_read_as_auth() {
        for (query, auth) in [
            ("", json!({})),
            ("token=a%20b", json!({ "token": "a b" })),
            (
                "a=1&b=&a=2&c&a=3",
                json!({ "a": ["1", "2", "3"], "b": "", "c": "" }),
            ),
            ("__proto__=x", json!({ "__proto__": "x" })),
        ] {
            let read: Value = serde_json::from_str(&query_as_auth(query)).expect("JSON");
            assert_eq!(read, auth, "{query:?}");
        }
    }

    #[test]
    fn the_query_is_no_part_of_the_namespace() {
        assert_eq!(split_query("/a"), ("/a", None));
        assert_eq!(split_query("/a?b=/c?d"), ("/a", Some("b=/c?d")));
    }

    #[test]
    fn an_error_is_the_data_or_else_the_message() {
        let written = |reject: &Reject| error(reject).expect("JSON").as_str().to_owned();
        let reject = Reject::new("no \"entry\"");
        assert_eq!(written(&reject), r#""no \"entry\"""#);
        for nothing in [json!(null), json!(false), json!(0), json!("")] {
            assert_eq!(written(&reject.clone().data(nothing)), r#""no \"entry\"""#);
        }
        assert_eq!(written(&reject.data(json!({ "code": 1 }))), r#"{"code":1}"#);
    }
}
