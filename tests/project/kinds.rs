//! The files of the job kinds.

use std::collections::BTreeSet;
use std::path::Path;

/// The compiler ignores a file without its `mod` line, and its kind is then missing from the service without a word.
#[test]
fn every_file_of_a_kind_is_declared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/jobs/src");
    let library = std::fs::read_to_string(folder.join("lib.rs")).unwrap();
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
