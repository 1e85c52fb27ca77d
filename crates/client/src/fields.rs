//! Events and accounts field by field, as the IDL describes them: for logs, scripts and the curious.

use std::{collections::HashMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use solana_address::Address;

use crate::Event;

#[derive(Deserialize)]
struct Idl {
    accounts: Vec<Named>,
    types: Vec<Defined>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    discriminator: Vec<u8>,
}

#[derive(Deserialize)]
struct Defined {
    name: String,
    #[serde(rename = "type")]
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    fields: Vec<Value>,
}

struct Layouts {
    accounts: Vec<Named>,
    types: HashMap<String, Vec<Value>>,
}

fn layouts() -> &'static Layouts {
    static LAYOUTS: OnceLock<Layouts> = OnceLock::new();
    LAYOUTS.get_or_init(|| {
        let idl: Idl =
            serde_json::from_str(include_str!("../../../idl/firebreak.json")).expect("the committed IDL parses");
        let types = idl.types.into_iter().map(|defined| (defined.name, defined.body.fields));
        Layouts { accounts: idl.accounts, types: types.collect() }
    })
}

/// Takes the next bytes.
fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(length)?;
    *bytes = tail;
    Some(head)
}

fn defined(name: &str, bytes: &mut &[u8]) -> Option<Value> {
    let mut fields = Map::new();
    for field in layouts().types.get(name)? {
        let name = field.get("name")?.as_str()?;
        let value = value(field.get("type")?, name, bytes)?;
        if !name.starts_with("reserved") && !name.ends_with("spare") {
            fields.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(fields))
}

/// One value. Numbers of 64 bits become strings, so that nothing on the way to a reader rounds them.
fn value(kind: &Value, name: &str, bytes: &mut &[u8]) -> Option<Value> {
    macro_rules! number {
        ($type:ty) => {
            <$type>::from_le_bytes(take(bytes, size_of::<$type>())?.try_into().ok()?)
        };
    }
    if let Some(kind) = kind.as_str() {
        return Some(match kind {
            "u8" => json!(number!(u8)),
            "i8" => json!(number!(i8)),
            "u16" => json!(number!(u16)),
            "u32" => json!(number!(u32)),
            "i32" => json!(number!(i32)),
            "u64" => json!(number!(u64).to_string()),
            "i64" => json!(number!(i64).to_string()),
            "pubkey" => {
                let bytes: [u8; 32] = take(bytes, 32)?.try_into().ok()?;
                json!(Address::new_from_array(bytes).to_string())
            }
            _ => return None,
        });
    }
    if let Some(array) = kind.get("array") {
        let (item, length) = (array.get(0)?, usize::try_from(array.get(1)?.as_u64()?).ok()?);
        if item.as_str() == Some("u8") {
            return Some(octets(name, take(bytes, length)?));
        }
        let items: Option<Vec<Value>> = (0..length).map(|_| value(item, name, bytes)).collect();
        return items.map(Value::Array);
    }
    defined(kind.get("defined")?.get("name")?.as_str()?, bytes)
}

/// A symbol as text, anything else in hexadecimal without the zeros at its end.
fn octets(name: &str, bytes: &[u8]) -> Value {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if name == "symbol" {
        return json!(String::from_utf8_lossy(&bytes[..length]));
    }
    let length = if bytes.len() == 32 { 32 } else { length };
    json!(bytes[..length].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The fields of an event by name. Amounts are strings of whole atoms.
pub fn event_fields(event: &Event) -> Value {
    let bytes = event.to_bytes();
    let mut body = bytes.get(8..).unwrap_or_default();
    defined(event.name(), &mut body).unwrap_or(Value::Null)
}

/// The kind of an account of the program and its fields by name; of a board and a margin account without what follows their
/// headers. `None`: it is none that this version knows.
pub fn account_fields(data: &[u8]) -> Option<(&'static str, Value)> {
    let (discriminator, mut body) = data.split_at_checked(8)?;
    let account = layouts().accounts.iter().find(|account| account.discriminator == discriminator)?;
    Some((account.name.as_str(), defined(&account.name, &mut body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use firebreak::event;

    #[test]
    fn every_event_is_read_to_its_last_byte() {
        for name in Event::NAMES {
            let bytes = [0; 4_096];
            assert!(
                defined(name, &mut bytes.as_slice()).is_some(),
                "{name} is not in the IDL, or has a field that is not known"
            );
        }
        let event = Event::BreakerTripped(event::BreakerTripped { reason: 9, expires_at: -3, ..Zeroable::zeroed() });
        let bytes = event.to_bytes();
        let mut body = &bytes[8..];
        defined("BreakerTripped", &mut body).unwrap();
        assert!(body.is_empty());
        let fields = event_fields(&event);
        assert_eq!((&fields["reason"], &fields["expires_at"]), (&json!(9), &json!("-3")));
        assert_eq!(fields.get("reserved"), None);
    }

    #[test]
    fn every_account_is_known_by_its_discriminator() {
        for account in &layouts().accounts {
            let bytes = [account.discriminator.as_slice(), &[0; 4_096]].concat();
            assert_eq!(account_fields(&bytes).unwrap().0, account.name);
        }
        assert!(account_fields(&[0; 200]).is_none());
        assert!(account_fields(&[1, 2]).is_none());
    }
}
