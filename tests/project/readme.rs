//! The READMEs: the examples of the API are run by bash as they stand, and every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app::App;

const README: &str = include_str!("../../functions/api/README.md");
const BASE_URL: &str = "http://127.0.0.1:3000";

/// Commands under a comment that begins with the status code of their answer, if one is shown.
struct Example {
    comment: &'static str,
    commands: Vec<&'static str>,
}

/// The examples of the sections about requests, in their order.
fn examples() -> Vec<Example> {
    let sections = ["## Requests and answers", "## Large inputs and results"];
    sections.into_iter().flat_map(examples_of).collect()
}

fn examples_of(section: &str) -> Vec<Example> {
    let (_, section) = README.split_once(&format!("\n{section}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    let example = |text: &'static str| {
        let (comments, commands) = text
            .lines()
            .partition::<Vec<_>, _>(|line| line.starts_with('#'));
        Example {
            comment: comments.first().expect("a comment"),
            commands,
        }
    };
    block.split("\n\n").map(example).collect()
}

impl Example {
    fn statuses(&self) -> Vec<&str> {
        let words = self.comment.trim_start_matches("# ").split([' ', ':']);
        words
            .take_while(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()))
            .collect()
    }

    /// The commands whose answers are shown.
    fn shown(&self) -> Vec<String> {
        let text = self.commands.join("\n").replace("\\\n", " ");
        let shown = text.lines().filter(|line| line.starts_with("curl -i "));
        shown.map(str::to_owned).collect()
    }

    /// Method and path of each answer of the API that is shown, ids and slugs as the table writes them.
    fn requests(&self) -> Vec<String> {
        let shown = self.shown();
        let of_api = shown.iter().filter(|command| command.contains(BASE_URL));
        of_api.map(|command| request(command)).collect()
    }
}

fn request(command: &str) -> String {
    let (_, rest) = command.split_once(BASE_URL).expect("a URL");
    let path = rest.split([' ', '\'', '"', '?']).next().unwrap();
    let path = match path.strip_prefix("/problems/") {
        Some(_) => "/problems/{slug}".to_owned(),
        None => path
            .replace("$ID", "{id}")
            .replace("$TOKEN", "{token}")
            .replace("csv_profile", "{name}"),
    };
    let method = match command.split_once("-X ") {
        Some((_, rest)) => rest.split(' ').next().unwrap(),
        None if command.contains(" -d '") => "POST",
        None => "GET",
    };
    format!("{method} {path}")
}

/// Method and path of each row of the table.
fn rows() -> BTreeSet<String> {
    let (_, section) = README.split_once("## Requests and answers").unwrap();
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let requests = rows.flat_map(|row| row.split('|').nth(1).unwrap().split(", "));
    requests
        .map(|request| request.trim().trim_matches('`'))
        .map(|request| request.split('?').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_row_of_the_api_table_has_an_example() {
    let shown: BTreeSet<_> = examples().iter().flat_map(Example::requests).collect();

    let rows = rows();

    assert!(rows.len() >= 9, "{rows:?}");
    let missing: Vec<_> = rows.difference(&shown).collect();
    assert!(missing.is_empty(), "{missing:?} of {shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_api_answers_as_its_comment_says() {
    let app = App::start(&["--concurrency", "2"]);
    let examples = examples();
    let commands = examples.iter().map(|example| {
        let commands = example.commands.join("\n");
        format!("printf '\\n=== example\\n'\n{commands}\n")
    });
    let script = commands.collect::<String>();
    let script = script.replace(BASE_URL, &app.service.url);

    let run = Command::new("bash").args(["-c", &script]).output().unwrap();

    let said = String::from_utf8(run.stdout).unwrap();
    let mut answers = said.split("\n=== example\n").skip(1);
    for example in &examples {
        let answer = answers.next().unwrap();
        let statuses: Vec<_> = answer
            .lines()
            .filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.split(' ').next())
            // curl waits for it before it sends a file.
            .filter(|status| *status != "100")
            .collect();
        assert_eq!(
            statuses,
            example.statuses(),
            "{}\n{answer}",
            example.comment
        );
        assert_eq!(statuses.len(), example.shown().len(), "{}", example.comment);
    }
    let first = said.split("\n=== example\n").nth(1).unwrap();
    for header in ["location", "operation-location", "retry-after"] {
        assert!(first.contains(&format!("\n{header}: ")), "{first}");
    }
}

/// Its commands have the id of the job that the first one submits.
#[tokio::test(flavor = "multi_thread")]
async fn the_requests_of_the_first_readme_succeed_in_their_order() {
    let app = App::start(&[]);
    let (_, section) = include_str!("../../README.md")
        .split_once("\n## Use the API\n")
        .unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let id = "\nID=$(curl -s http://127.0.0.1:3000/jobs | grep -o '\"id\":\"[^\"]*' | cut -d'\"' -f4)\ncurl";
    let script = block.replacen("\ncurl", id, 1).replace("/ID", "/$ID");
    let script = script.replace("curl -i", "curl -if");
    let script = script.replace(BASE_URL, &app.service.url);

    let run = Command::new("bash")
        .args(["-ec", &script])
        .output()
        .unwrap();

    assert!(script.matches("/$ID").count() >= 3, "{script}");
    assert!(run.status.success(), "{script}\n{run:?}");
}

/// The folders with a README, from the root of the repository.
const FOLDERS: [&str; 9] = [
    "",
    "events",
    "functions",
    "functions/api",
    "functions/client",
    "functions/jobs",
    "functions/local",
    "functions/local/data",
    "tests",
];

fn readme(folder: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join(folder).join("README.md")
}

/// The targets of the links to files in this repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://"))
}

/// The anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.replace(' ', "-");
        kept.chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            .collect()
    })
}

#[test]
fn every_link_of_a_readme_leads_somewhere() {
    let mut checked = 0;
    for folder in FOLDERS {
        let file = readme(folder);
        let text = fs::read_to_string(&file).unwrap();
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => file.clone(),
                path => file.with_file_name(path),
            };
            assert!(target.exists(), "{}: {link}", file.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let is_there = anchors(&text).any(|one| one == anchor);
                assert!(is_there, "{}: {link}", file.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}
