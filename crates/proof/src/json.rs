//! Strict JSON: repeated keys and numbers whose whole digits get lost are errors.
//!
//! Two readers of one text must never see two different things, so a text that leaves room for
//! that is refused: RFC 8259 section 4 allows repeated keys, and section 6 lets numbers beyond
//! 2^53 lose digits; here both are errors. Fractions are read to the nearest double, as everywhere.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The largest integer that every JSON reader keeps exactly, 2^53.
pub const MAX_EXACT: u64 = 1 << 53;

/// The most values that one text may hold, more than the longest record needs. A value takes 32 bytes and more of memory, a
/// character of text one: without a limit a stranger's record would take twenty times its own size.
pub const MAX_VALUES: usize = 1 << 20;

/// Why a text is not strict JSON; the message names place and reason.
#[derive(Debug, thiserror::Error)]
#[error("not strict JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

/// Reads one JSON value and nothing behind it.
///
/// # Errors
/// Malformed JSON, a repeated key at any depth, an integer or number beyond ±2^53, more than [`MAX_VALUES`].
pub fn parse(untrusted_text: &str) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(untrusted_text);
    let value = Strict(&Cell::new(MAX_VALUES)).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Would [`parse`] read this value back, once it is written?
pub fn is_exact(value: &Value) -> bool {
    fn fits(value: &Value, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match value {
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => number <= MAX_EXACT,
                (_, Some(number), _) => number.unsigned_abs() <= MAX_EXACT,
                (.., number) => number.is_some_and(|number| number.abs() < MAX_EXACT as f64),
            },
            Value::Array(values) => values.iter().all(|value| fits(value, left)),
            Value::Object(map) => map.values().all(|value| fits(value, left)),
            Value::Null | Value::Bool(_) | Value::String(_) => true,
        }
    }
    fits(value, &mut MAX_VALUES.clone())
}

/// Reads one value; the cell counts down how many may still come.
#[derive(Clone, Copy)]
struct Strict<'c>(&'c Cell<usize>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = access.next_entry_seed(PhantomData::<String>, self)? {
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
    use std::cell::Cell;

    use serde::de::DeserializeSeed as _;
    use serde::de::value::{BytesDeserializer, Error};

    use super::{MAX_EXACT, MAX_VALUES, Strict, is_exact, parse};
    use serde_json::json;

    #[test]
    fn plain_values_are_read() {
        let text = r#"{"a":[1,-2,"х",null,true,1.5],"b":{"c":9007199254740992,"d":-9007199254740992}}"#;
        let limits = json!({"c": 9007199254740992u64, "d": -9007199254740992i64});
        let want = json!({"a": [1, -2, "х", null, true, 1.5], "b": limits});
        assert_eq!(parse(text).unwrap(), want);
    }

    #[test]
    fn what_would_not_be_read_back_is_known_before() {
        let numbers = [
            "0",
            "-1",
            "1.5",
            "9007199254740992",
            "-9007199254740992",
            "9007199254740993",
            "-9007199254740993",
        ];
        let others = ["18446744073709551615", "9007199254740992.0", "1e300", "-1e300", "9007199254740991.0"];
        for number in numbers.iter().chain(&others) {
            for text in [(*number).to_owned(), format!("[null,{number}]"), format!("{{\"a\":[{number}]}}")] {
                let value = serde_json::from_str(&text).unwrap();
                assert_eq!(is_exact(&value), parse(&text).is_ok(), "{text}");
            }
        }
        let many = |values: usize| json!(vec![0; values]);
        assert!(is_exact(&many(MAX_VALUES - 1)) && !is_exact(&many(MAX_VALUES)));
    }

    #[test]
    fn a_text_holds_so_many_values_and_no_more() {
        assert_eq!((MAX_EXACT, MAX_VALUES), (9_007_199_254_740_992, 1_048_576));
        // The list itself is one of them.
        let list = |values: usize| format!("[{}]", vec!["0"; values].join(","));
        assert_eq!(parse(&list(MAX_VALUES - 1)).unwrap().as_array().unwrap().len(), MAX_VALUES - 1);
        let error = parse(&list(MAX_VALUES)).unwrap_err().to_string();
        assert!(error.contains("too many values"), "{error}");
        let map = format!("{{\"a\":{}}}", list(MAX_VALUES - 1));
        assert!(parse(&map).is_err());
    }

    #[test]
    fn what_json_has_no_word_for_is_refused() {
        let bytes = BytesDeserializer::<Error>::new(b"x");
        let error = Strict(&Cell::new(1)).deserialize(bytes).unwrap_err().to_string();
        assert!(error.ends_with("expected a JSON value"), "{error}");
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
