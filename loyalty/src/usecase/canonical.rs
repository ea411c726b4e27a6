//! What a JSON text says, whatever the order of its fields, its spaces and the spelling of its numbers (ruling 17).

use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Bytes that are the same for texts that mean the same and for no others; none when the text is not JSON. Made in one
/// pass, without a tree of values: every sale with a key goes through it.
pub(super) fn canonical(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut said = Vec::with_capacity(text.len() + 64);
    let mut reader = serde_json::Deserializer::from_slice(text);
    Writer(&mut said).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(said)
}

/// Writes one value: a letter for its kind, then its parts, each with its length, so that no two values look alike.
struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn text(self, kind: u8, text: &str) {
        self.0.push(kind);
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn whole(self, number: i128) {
        self.0.push(b'i');
        self.0.extend(number.to_le_bytes());
    }
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.push(b'n');
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.0.push(if flag { b't' } else { b'f' });
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.whole(number.into());
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.whole(number.into());
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // `100.0` and `1e2` are 100.
        if number.fract() == 0.0 && number.abs() < 1e38 {
            self.whole(number as i128);
        } else {
            self.0.push(b'd');
            self.0.extend(number.to_bits().to_le_bytes());
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(b's', text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        while items.next_element_seed(Writer(self.0))?.is_some() {}
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        let start = self.0.len();
        let mut fields: Vec<(String, Range<usize>)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let from = self.0.len();
            Writer(self.0).text(b'k', &name);
            map.next_value_seed(Writer(self.0))?;
            fields.push((name, from..self.0.len()));
        }
        in_order(self.0, start, fields);
        self.0.push(b'}');
        Ok(())
    }
}

/// Puts the fields written from `start` on in the order of their names; of equal names the last one counts.
fn in_order(said: &mut Vec<u8>, start: usize, mut fields: Vec<(String, Range<usize>)>) {
    if fields.is_sorted_by(|one, other| one.0 < other.0) {
        return;
    }
    // Stable: of equal names the last one sent stays last.
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    let mut sorted: Vec<u8> = Vec::with_capacity(said.len() - start);
    for (place, (name, range)) in fields.iter().enumerate() {
        if fields.get(place + 1).is_none_or(|next| next.0 != *name) {
            sorted.extend_from_slice(&said[range.clone()]);
        }
    }
    said.truncate(start);
    said.extend(sorted);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn ruling_17_what_means_the_same_is_the_same() {
        let said = canonical(br#"{"a":1,"b":[1.5,"x",null,true],"c":{"d":"","e":-0.0}}"#).unwrap();
        for same in [
            "\u{feff} {\"c\":{\"e\":0,\"d\":\"\"} , \"b\":[15e-1,\"\\u0078\",null,true],\n\"a\":1.0}",
            r#"{"a":2,"b":[1.50,"x",null,true],"c":{"d":"","e":0.0},"a":1e0}"#,
        ] {
            assert_eq!(canonical(same.as_bytes()), Some(said.clone()), "{same}");
        }
        for other in [
            r#"{"a":1,"b":["x",1.5,null,true],"c":{"d":"","e":0}}"#,
            r#"{"a":"1","b":[1.5,"x",null,true],"c":{"d":"","e":0}}"#,
            r#"{"a":1,"b":[1.5,"x",null,true],"c":{"d":"","e":0},"f":null}"#,
            r#"{"a":1,"b":[1.5,"x",null,true,{"d":"","e":0}]}"#,
            r#"{"a":1,"b":[1.5,["x"],null,true],"c":{"d":"","e":0}}"#,
        ] {
            assert_ne!(canonical(other.as_bytes()), Some(said.clone()), "{other}");
        }
        for no_json in ["", "receipt", "1 2", "{", "+992\n100\n0", "{\"a\":1e400}"] {
            assert_eq!(canonical(no_json.as_bytes()), None, "{no_json}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            "[a-c\u{0}\"]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]{0,2}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// With the fields of every object the other way round.
    fn turned(value: &Value) -> String {
        match value {
            Value::Array(items) => format!("[ {} ]", items.iter().map(turned).collect::<Vec<_>>().join(" ,")),
            Value::Object(fields) => {
                let fields = fields.iter().rev();
                let fields: Vec<_> = fields
                    .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), turned(value)))
                    .collect();
                format!("{{\n{}}}", fields.join(","))
            }
            leaf => leaf.to_string(),
        }
    }

    proptest! {
        #[test]
        fn the_same_value_and_no_other(one in value(), other in value()) {
            let said = canonical(one.to_string().as_bytes());
            prop_assert!(said.is_some());
            prop_assert_eq!(&canonical(turned(&one).as_bytes()), &said);
            prop_assert_eq!(canonical(other.to_string().as_bytes()) == said, other == one);
        }
    }
}
