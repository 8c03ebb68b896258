//! Warns about a kind that nobody registered: a file in `src` that `lib.rs` does not name is not even compiled.

use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    let listed = fs::read_to_string("src/lib.rs")?;
    for entry in fs::read_dir("src")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(kind) = name.strip_suffix(".rs").filter(|kind| *kind != "lib") else {
            continue;
        };
        let is_listed = listed
            .lines()
            .any(|line| line.trim_start().starts_with(&format!("{kind}::")));
        if !is_listed {
            println!(
                "cargo::warning=src/{name} is no job kind yet: add its line, `{kind}::Type,`, to src/lib.rs"
            );
        }
    }
    Ok(())
}
