//! The programs that are measured: release builds, all of one cargo run, so that they share what they are built of.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Error, Tls};

/// Which of the three functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Accepts jobs.
    Submit,
    /// Answers what became of them.
    Status,
    /// Runs them.
    Worker,
}

impl Role {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Submit, Self::Status, Self::Worker];

    /// As the function is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Status => "status",
            Self::Worker => "worker",
        }
    }
}

/// A program that serves as a function.
#[derive(Clone, Debug)]
pub struct Function {
    /// What it stands for.
    pub role: Role,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// What its environment has besides Lambda's.
    pub environment: Vec<(&'static str, String)>,
    /// How its table and queue are reached, unless over plain HTTP.
    pub tls: Option<Tls>,
}

impl Function {
    fn program(role: Role, path: PathBuf) -> Self {
        Self {
            role,
            command: vec![path.into()],
            environment: Vec::new(),
            tls: None,
        }
    }

    /// The same without its calls, which only the bare ones know how to leave out.
    #[must_use]
    pub fn without_calls(&self) -> Self {
        let mut function = self.clone();
        function.environment.push(("BARE_CALLS", "none".to_owned()));
        function
    }

    /// The same with its table and its queue behind TLS.
    #[must_use]
    pub fn over_tls(&self, tls: &Tls) -> Self {
        let mut function = self.clone();
        function.tls = Some(tls.clone());
        function
    }

    /// The executable's size in bytes.
    ///
    /// # Errors
    /// When it is not there.
    pub fn size(&self) -> Result<u64, Error> {
        let path = self.command.first().map_or(Path::new(""), Path::new);
        Ok(std::fs::metadata(path)?.len())
    }
}

/// Each function, and the bare one that it is measured against.
pub struct Builds(Vec<(Function, Function)>);

impl Builds {
    /// Builds all six, or takes them from the folder that `FUNCTIONS` names, where each is `NAME/bootstrap` or `NAME`, as
    /// `cargo lambda build` and cargo leave them.
    ///
    /// # Errors
    /// When they cannot be built, or one is not in that folder.
    pub fn make() -> Result<Self, Error> {
        let folder = std::env::var_os("FUNCTIONS").map(PathBuf::from);
        let built = if folder.is_some() {
            Vec::new()
        } else {
            build()?
        };
        let find = |name: &str| match &folder {
            Some(folder) => in_folder(folder, name),
            None => among(&built, name),
        };
        let pairs = Role::ALL.iter().map(|&role| {
            let ours = find(role.name())?;
            let bare = find(&format!("bare-{}", role.name()))?;
            Ok((Function::program(role, ours), Function::program(role, bare)))
        });
        Ok(Self(pairs.collect::<Result<_, Error>>()?))
    }

    /// Each function and its bare counterpart.
    pub fn pairs(&self) -> impl Iterator<Item = &(Function, Function)> {
        self.0.iter()
    }

    /// A function of the project.
    #[must_use]
    pub fn ours(&self, role: Role) -> Option<&Function> {
        self.0
            .iter()
            .map(|(ours, _)| ours)
            .find(|function| function.role == role)
    }
}

fn in_folder(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let places = [folder.join(name).join("bootstrap"), folder.join(name)];
    let found = places.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| Error::Unexpected(format!("no {name} in {}", folder.display())))
}

fn among(built: &[PathBuf], name: &str) -> Result<PathBuf, Error> {
    let mut named = built
        .iter()
        .filter(|path| path.file_name().is_some_and(|file| file == name));
    let found = named.next().cloned();
    found.ok_or_else(|| Error::Unexpected(format!("cargo built no {name}")))
}

/// The executables that cargo says it made.
fn build() -> Result<Vec<PathBuf>, Error> {
    let packages = ["submit", "status", "worker", "bare"]
        .iter()
        .flat_map(|name| ["--package", name]);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--locked",
            "--release",
            "--bins",
            "--message-format=json-render-diagnostics",
        ])
        .args(packages)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(Error::Unexpected(
            "cargo could not build the functions".to_owned(),
        ));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect())
}
