//! How long a file may be, and which files there must be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let of = |path: PathBuf| match path.extension() {
        Some(extension) if extension == "rs" => vec![path],
        _ if path.is_dir() && !path.ends_with("node_modules") => rust_files(&path),
        _ => Vec::new(),
    };
    paths.flat_map(of).collect()
}

#[test]
fn a_file_over_300_lines_says_why_in_its_first_comment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the root");
    let files = ["functions", "tests"].map(|folder| rust_files(&root.join(folder)));
    let files = files.concat();
    assert!(files.len() > 300, "{}", files.len());
    for path in files {
        let text = fs::read_to_string(&path).expect("a text");
        let mut first = text.lines().take_while(|line| line.starts_with("//"));
        let says_why = first.any(|line| line.contains("Over 300 lines"));
        assert!(
            says_why || text.lines().count() <= 300,
            "{}",
            path.display()
        );
    }
}

/// The compiler ignores a file without its `mod` line, and its kind is then missing from the service without a word.
#[test]
fn every_file_of_a_kind_is_declared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/jobs/src");
    let library = fs::read_to_string(folder.join("lib.rs")).unwrap();
    let declared = library
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let declared: BTreeSet<_> = declared
        .filter_map(|line| line.strip_suffix(';'))
        .map(str::to_owned)
        .collect();

    let files = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let names: BTreeSet<_> = names.filter(|name| name != "lib").collect();

    assert_eq!(names, declared);
}
