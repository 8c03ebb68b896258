//! Message attributes: a name, a type and a value beside a message's body.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::error::{Code, Error, Result};
use super::limits::{MAX_MESSAGE_ATTRIBUTES, check_text};

/// Attributes by name, in the order that their digest wants.
pub(super) type Attributes = BTreeMap<String, Attribute>;

/// One attribute whose type and value were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WireAttribute", into = "WireAttribute")]
pub(super) struct Attribute {
    data_type: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Binary(Vec<u8>),
}

/// `MessageAttributeValue` as the API reference has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct WireAttribute {
    pub(super) data_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
    #[serde(skip_serializing)]
    string_list_values: Vec<String>,
    #[serde(skip_serializing)]
    binary_list_values: Vec<String>,
}

impl TryFrom<WireAttribute> for Attribute {
    type Error = Error;

    fn try_from(wire: WireAttribute) -> Result<Self> {
        if !(wire.string_list_values.is_empty() && wire.binary_list_values.is_empty()) {
            return Err(Code::UnsupportedOperation
                .because("Message attribute list values are not supported by SQS."));
        }
        let data_type = wire.data_type.unwrap_or_default();
        let value = match base_type(&data_type)? {
            BaseType::Binary => Value::Binary(decoded(&filled(wire.binary_value)?)?),
            BaseType::String => Value::Text(text(filled(wire.string_value)?)?),
            BaseType::Number => Value::Text(number(filled(wire.string_value)?)?),
        };
        Ok(Self { data_type, value })
    }
}

impl From<Attribute> for WireAttribute {
    fn from(attribute: Attribute) -> Self {
        let (string_value, binary_value) = match attribute.value {
            Value::Text(text) => (Some(text), None),
            Value::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        Self {
            data_type: Some(attribute.data_type),
            string_value,
            binary_value,
            ..Self::default()
        }
    }
}

impl Attribute {
    fn value_bytes(&self) -> &[u8] {
        match &self.value {
            Value::Text(text) => text.as_bytes(),
            Value::Binary(bytes) => bytes,
        }
    }

    /// The value, where it is text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Binary(_) => None,
        }
    }
}

enum BaseType {
    String,
    Number,
    Binary,
}

/// The type before an optional label: `Number.float` is a number.
fn base_type(data_type: &str) -> Result<BaseType> {
    let base = data_type.split('.').next().unwrap_or_default();
    match base {
        "String" => Ok(BaseType::String),
        "Number" => Ok(BaseType::Number),
        "Binary" => Ok(BaseType::Binary),
        _ => Err(Error::parameter(
            "DataType",
            data_type,
            "Must be String, Number or Binary, with an optional label.",
        )),
    }
    .and_then(|base| {
        if data_type.len() > 256 {
            Err(too_long_type())
        } else {
            Ok(base)
        }
    })
}

fn too_long_type() -> Error {
    Code::InvalidParameterValue.because("A message attribute's type can have up to 256 bytes.")
}

fn filled(value: Option<String>) -> Result<String> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        Code::InvalidParameterValue
            .because("A message attribute must have a value of its type, not an empty one.")
    })
}

fn text(value: String) -> Result<String> {
    check_text(&value)?;
    Ok(value)
}

/// SQS keeps numbers as they were written, with up to 38 digits.
fn number(value: String) -> Result<String> {
    let in_alphabet = value
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let mantissa = value.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    if in_alphabet && digits <= 38 && value.parse::<f64>().is_ok_and(f64::is_finite) {
        return Ok(value);
    }
    Err(Error::parameter(
        "StringValue",
        value,
        "It is no number of up to 38 digits.",
    ))
}

fn decoded(base64: &str) -> Result<Vec<u8>> {
    STANDARD
        .decode(base64)
        .map_err(|_| Code::InvalidParameterValue.because("A binary value must be in base64."))
}

/// The request's attributes, checked: at most ten, with legal names, types and values.
pub(super) fn parse_attributes(wire: BTreeMap<String, WireAttribute>) -> Result<Attributes> {
    if wire.len() > MAX_MESSAGE_ATTRIBUTES {
        let message = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MAX_MESSAGE_ATTRIBUTES}].",
            wire.len()
        );
        return Err(Code::InvalidParameterValue.because(message));
    }
    wire.into_iter()
        .map(|(name, value)| {
            check_name(&name)?;
            Ok((name, value.try_into()?))
        })
        .collect()
}

fn check_name(name: &str) -> Result<()> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let lower = name.to_ascii_lowercase();
    let reserved = lower.starts_with("aws.") || lower.starts_with("amazon.");
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if (1..=256).contains(&name.len()) && name.bytes().all(legal) && !reserved && !dots {
        return Ok(());
    }
    let reason = "Up to 256 letters, digits, underscores, hyphens and single inner periods, not beginning with AWS. or Amazon.";
    Err(Error::parameter("MessageAttributeName", name, reason))
}

/// What the attributes add to a message's size: names, types and values, in bytes.
pub(super) fn size_bytes(attributes: &Attributes) -> usize {
    let one = |(name, attribute): (&String, &Attribute)| {
        name.len() + attribute.data_type.len() + attribute.value_bytes().len()
    };
    attributes.iter().map(one).sum()
}

/// `MD5OfMessageAttributes`, as the developer guide defines it; none without attributes.
pub(super) fn digest<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>,
) -> Option<String> {
    let mut md5 = Md5::new();
    let mut any = false;
    for (name, attribute) in attributes {
        any = true;
        add(&mut md5, name.as_bytes());
        add(&mut md5, attribute.data_type.as_bytes());
        md5.update([match attribute.value {
            Value::Text(_) => 1,
            Value::Binary(_) => 2,
        }]);
        add(&mut md5, attribute.value_bytes());
    }
    any.then(|| hex(md5))
}

fn add(md5: &mut Md5, part: &[u8]) {
    // A message is at most 1 MiB, so its parts' lengths fit.
    md5.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    md5.update(part);
}

/// MD5 of a body, in lower-case hexadecimal digits.
pub(super) fn body_digest(body: &str) -> String {
    hex(Md5::new_with_prefix(body))
}

fn hex(md5: Md5) -> String {
    format!("{:032x}", u128::from_be_bytes(md5.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(data_type: &str, text: Option<&str>, binary: Option<&str>) -> WireAttribute {
        WireAttribute {
            data_type: Some(data_type.to_owned()),
            string_value: text.map(str::to_owned),
            binary_value: binary.map(str::to_owned),
            ..WireAttribute::default()
        }
    }

    #[test]
    fn numbers_are_checked_but_not_rewritten() {
        for good in [
            "0",
            "-1.50",
            "1e10",
            "99999999999999999999999999999999999999",
        ] {
            assert!(
                Attribute::try_from(wire("Number", Some(good), None)).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "",
            "inf",
            "NaN",
            "0x1",
            "1_0",
            "--1",
            "999999999999999999999999999999999999999",
        ] {
            assert!(
                Attribute::try_from(wire("Number.x", Some(bad), None)).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused() {
        assert!(Attribute::try_from(wire("Binary", Some("eA=="), None)).is_err());
        assert!(Attribute::try_from(wire("String", None, Some("eA=="))).is_err());
        assert!(Attribute::try_from(wire("Binary", None, Some("no base64!"))).is_err());
        assert!(Attribute::try_from(wire("Strings", Some("x"), None)).is_err());
    }

    #[test]
    fn an_attribute_survives_its_wire_form() {
        let binary = Attribute::try_from(wire("Binary.gif", None, Some("AP8="))).unwrap();

        let back = Attribute::try_from(WireAttribute::from(binary.clone())).unwrap();

        assert_eq!(back, binary);
    }
}
