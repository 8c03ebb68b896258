//! Inputs from arguments and files.

use std::io::Write;

use super::*;

fn build_input(
    literal: Option<String>,
    file: Option<&Path>,
    fields: Vec<Field>,
) -> Result<Box<RawValue>, CommandError> {
    Input::load(literal, file, fields).map(|input| input.into_json().unwrap())
}

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn fields(texts: &[&str]) -> Vec<Field> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn fields_are_text_files_and_json() {
    let csv = file_of("city\nZürich\n".as_bytes());
    let from_file = format!("csv=@{}", csv.path().display());
    let input = build_input(
        None,
        None,
        fields(&[&from_file, "zip=00501", "limit:=3", "a=b=c"]),
    )
    .unwrap();

    assert_eq!(
        input.get(),
        r#"{"a":"b=c","csv":"city\nZürich\n","limit":3,"zip":"00501"}"#
    );
}

#[test]
fn fields_are_added_to_an_object_and_to_nothing_else() {
    let input = build_input(Some(r#"{"a":1}"#.to_owned()), None, fields(&["b=2"])).unwrap();
    let error = build_input(Some("[1]".to_owned()), None, fields(&["b=2"])).unwrap_err();

    assert_eq!(input.get(), r#"{"a":1,"b":"2"}"#);
    assert_eq!(
        error.to_string(),
        "the input must be a JSON object, because --field adds members to it"
    );
}

#[test]
fn a_field_replaces_a_member_of_the_input_but_no_other_field() {
    let build = |texts| build_input(Some(r#"{"a":1}"#.to_owned()), None, fields(texts));

    assert_eq!(build(&["a=2"]).unwrap().get(), r#"{"a":"2"}"#);
    assert_eq!(
        build(&["b=2", "b=3"]).unwrap_err().to_string(),
        "--field b is given more than once"
    );
}

#[test]
fn an_input_without_fields_is_sent_as_it_is_written() {
    let file = file_of(br#"{"b": 1.10, "a": 12345678901234567890123}"#);
    let input = build_input(None, Some(file.path()), Vec::new()).unwrap();

    assert_eq!(input.get(), r#"{"b": 1.10, "a": 12345678901234567890123}"#);
}

/// The lengths of the texts that stay in the input, which is built of files with these texts and gets this room.
fn kept(texts: &[&str], room: usize) -> Vec<usize> {
    let files: Vec<_> = texts.iter().map(|text| file_of(text.as_bytes())).collect();
    let named = files.iter().enumerate();
    let named = named.map(|(n, file)| format!("f{n}=@{}", file.path().display()));
    let fields = named.map(|field| field.parse().unwrap()).collect();
    let mut input = Input::load(None, None, fields).unwrap();
    input.fit(room).unwrap();
    let json = input.into_json().unwrap();
    let members: BTreeMap<String, Value> = serde_json::from_str(json.get()).unwrap();
    let texts = members.values().filter_map(Value::as_str);
    texts.map(str::len).collect()
}

#[test]
fn as_few_files_as_possible_leave_an_input_without_room_for_all() {
    let (short, long, longer) = ("a".repeat(100), "b".repeat(200), "c".repeat(300));
    let texts = [&*short, &*longer, &*long];
    let whole = r#"{"f0":"","f1":"","f2":""}"#.len() + 600;
    let without = whole - longer.len() - 2 + REFERENCE_BYTES;

    assert_eq!(kept(&texts, whole), [100, 300, 200]);
    assert_eq!(kept(&texts, whole - 1), [100, 200]);
    assert_eq!(kept(&texts, without), [100, 200]);
    assert_eq!(kept(&texts, without - 1), [100]);
}

#[test]
fn a_text_takes_the_room_that_it_has_as_json() {
    let quotes = "\"".repeat(100);
    let as_json = r#"{"f0":""}"#.len() + 200;

    assert_eq!(kept(&[&quotes], as_json), [100]);
    assert_eq!(kept(&[&quotes], as_json - 1), [0; 0]);
    let letters = "a".repeat(150);
    let both = r#"{"f0":"","f1":""}"#.len() + 200 + 150;
    assert_eq!(kept(&[&letters, &quotes], both), [150, 100]);
    assert_eq!(kept(&[&letters, &quotes], both - 1), [150]);
}

#[test]
fn a_file_in_another_encoding_is_named_with_the_line() {
    let file = file_of(b"city\nBern\nZ\xfcrich\n");
    let message = read_text(file.path()).unwrap_err().to_string();

    assert!(
        message.contains(&file.path().display().to_string()),
        "{message}"
    );
    assert!(message.contains("line 3"), "{message}");
}

#[test]
fn a_missing_file_is_named() {
    let message = read_text(Path::new("no/such.csv")).unwrap_err().to_string();

    assert_eq!(message, "no/such.csv cannot be read");
}

#[test]
fn a_field_without_a_key_or_with_bad_json_is_refused() {
    for text in ["csv", "=x", ":=1", "n:=one"] {
        assert!(text.parse::<Field>().is_err(), "{text}");
    }
}
