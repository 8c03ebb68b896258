//! What the functions are built of.

use std::collections::BTreeSet;

const README: &str = include_str!("../../functions/README.md");

/// The kinds of a deployment may need further crates, which the table need not list.
const OF_KINDS: &str = include_str!("../../functions/jobs/Cargo.toml");

const MANIFESTS: [&str; 5] = [
    include_str!("../../functions/api/Cargo.toml"),
    include_str!("../../functions/engine/Cargo.toml"),
    include_str!("../../functions/status/Cargo.toml"),
    include_str!("../../functions/submit/Cargo.toml"),
    include_str!("../../functions/worker/Cargo.toml"),
];

const CLIENT: &str = include_str!("../../functions/client/Cargo.toml");

const OWN: [&str; 3] = ["api", "engine", "jobs"];

/// The names under `[dependencies]`, except for our own crates.
fn dependencies(manifest: &'static str) -> impl Iterator<Item = &'static str> {
    names(manifest).filter(|name| !OWN.contains(name))
}

/// The names under `[dependencies]`.
fn names(manifest: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]");
    let lines = lines.skip(1).take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#'))
}

/// The names in the first column of the README's table.
fn listed() -> BTreeSet<&'static str> {
    let (_, table) = README
        .split_once("| crate | what for |\n")
        .expect("the table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells
        .flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`')))
        .collect()
}

#[test]
fn the_readme_names_each_crate_that_a_function_is_built_of_and_no_other() {
    let used: BTreeSet<_> = MANIFESTS.into_iter().flat_map(dependencies).collect();
    assert!(used.contains("tokio"), "{used:?}");
    let listed = listed();
    assert!(
        used.is_subset(&listed),
        "not listed: {:?}",
        used.difference(&listed)
    );
    let used = used.into_iter().chain(dependencies(OF_KINDS)).collect();
    assert!(
        listed.is_subset(&used),
        "not used: {:?}",
        listed.difference(&used)
    );
}

#[test]
fn the_client_depends_on_no_crate_of_this_project() {
    let own = include_str!("../../Cargo.toml")
        .lines()
        .filter(|line| line.contains("{ path = "));
    let own: BTreeSet<_> = own.filter_map(|line| line.split(' ').next()).collect();
    assert!(own.contains("engine"), "{own:?}");

    let used: BTreeSet<_> = names(CLIENT).collect();

    assert!(used.contains("reqwest"), "{used:?}");
    assert!(used.is_disjoint(&own), "{used:?}");
}
