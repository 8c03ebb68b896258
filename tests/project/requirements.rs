//! The table of requirements against the tests that it names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const TABLE: &str = include_str!("../REQUIREMENTS.md");

/// The file and the function of each test that a text names: `` `file` `function` ``, one pair behind another.
fn named(text: &str) -> Vec<(&str, &str)> {
    let code: Vec<_> = text.split('`').skip(1).step_by(2).collect();
    let file_and_test = code
        .windows(2)
        .filter(|pair| is_file(pair[0]) && !is_file(pair[1]));
    file_and_test.map(|pair| (pair[0], pair[1])).collect()
}

fn is_file(name: &str) -> bool {
    [".rs", ".py", ".mjs"].iter().any(|end| name.ends_with(end))
}

/// The file's text. A name without a folder is one in `tests`.
fn read(file: &str) -> String {
    let folder = if file.contains('/') { "" } else { "tests" };
    let path = Path::new(REPOSITORY).join(folder).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Whether the file has a test of this name: an attribute that makes one, and the function or the title below it.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        let is_it = function.is_some_and(|rest| rest.starts_with(&format!("{name}(")));
        let before = lines[at.saturating_sub(3)..at].iter();
        let is_marked = before
            .rev()
            .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        let is_python = line.starts_with(&format!("def {name}("));
        let is_javascript = ['"', '\'']
            .iter()
            .any(|quote| line.starts_with(&format!("test({quote}{name}{quote}")));
        (is_it && is_marked) || is_python || is_javascript
    })
}

#[test]
fn every_test_that_the_table_names_exists() {
    let mut files = BTreeMap::new();
    for (file, test) in named(TABLE) {
        let text = files.entry(file).or_insert_with(|| read(file));
        assert!(has_test(text, test), "{file} has no test {test}");
    }
    assert!(files.len() >= 15, "{:?}", files.keys());
}

#[test]
fn every_requirement_names_a_test() {
    let rows = TABLE
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let requirements: Vec<_> = rows.filter(|row| !row.ends_with("| shown by |")).collect();
    assert!(requirements.len() >= 40, "{}", requirements.len());
    for row in requirements {
        let shown_by = row.trim_end_matches('|').rsplit('|').next().unwrap();
        assert!(!named(shown_by).is_empty(), "{row}");
    }
}

#[test]
fn a_test_that_is_none_is_not_taken_for_one() {
    let text = "#[test]\nfn there_is_one() {}\n\n\n\nfn a_helper() {}\n";
    assert!(has_test(text, "there_is_one"));
    assert!(!has_test(text, "a_helper"));
    assert!(!has_test(text, "there_is"));
    assert!(has_test("def test_it(client):", "test_it"));
}
