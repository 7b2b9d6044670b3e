//! Strict JSON: repeated keys and numbers whose whole digits get lost are errors.
//!
//! Two readers of one text must never see two different things, so a text that leaves room for
//! that is refused: RFC 8259 section 4 allows repeated keys, and section 6 lets numbers beyond
//! 2^53 lose digits; here both are errors. Fractions are read to the nearest double, as everywhere.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The largest integer that every JSON reader keeps exactly, 2^53.
pub const MAX_EXACT: u64 = 1 << 53;

/// Why a text is not strict JSON; the message names place and reason.
#[derive(Debug, thiserror::Error)]
#[error("not strict JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

/// Reads one JSON value and nothing behind it.
///
/// # Errors
/// Malformed JSON, a repeated key at any depth, an integer or number beyond ±2^53.
pub fn parse(untrusted_text: &str) -> Result<Value, JsonError> {
    let Strict(value) = serde_json::from_str(untrusted_text)?;
    Ok(value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_EXACT {
            return Err(E::custom("a number beyond 2^53"));
        }
        Ok(Value::from(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_EXACT {
            return Err(E::custom("a number beyond 2^53"));
        }
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // Not the limit itself either: the text may have been of a larger number that was rounded to it.
        if value.abs() >= MAX_EXACT as f64 {
            return Err(E::custom("a number beyond 2^53"));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = access.next_entry::<String, Strict>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::json;

    #[test]
    fn plain_values_are_read() {
        let text = r#"{"a":[1,-2,"х",null,true,1.5],"b":{"c":9007199254740992}}"#;
        let want = json!({"a": [1, -2, "х", null, true, 1.5], "b": {"c": 9007199254740992u64}});
        assert_eq!(parse(text).unwrap(), want);
    }

    #[test]
    fn ambiguous_texts_are_refused() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"{"a":1,"\u0061":2}"#,
            "9007199254740993",
            "-9007199254740993",
            "9007199254740992.5",
            "-9007199254740992.5",
            "1e300",
            "[1] 2",
            "{\"a\":1,}",
            "",
        ] {
            assert!(parse(text).is_err(), "{text} was accepted");
        }
    }
}
