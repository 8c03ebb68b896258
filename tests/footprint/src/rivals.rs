//! The same work in Node and Python, with AWS's SDKs, where they are installed. They poll the Runtime API in a loop that does less than
//! AWS's own clients do.

use std::ffi::OsString;
use std::path::Path;

use crate::builds::{Function, Role};

/// A function in another language.
pub struct Rival {
    /// `Node` or `Python`.
    pub language: &'static str,
    /// How it runs.
    pub function: Function,
}

/// Those that are installed, and what to run for those that are not.
#[must_use]
pub fn rivals() -> (Vec<Rival>, Vec<&'static str>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let (python, node) = (folder.join("python"), folder.join("node"));
    let interpreter = python.join("venv/bin/python");
    if interpreter.exists() {
        found.extend([Role::Submit, Role::Status].map(|role| {
            let command = [
                interpreter.clone().into(),
                python.join("runtime.py").into(),
                role.name().into(),
            ];
            rival("Python", role, &command, ("PYTHONPATH", &python))
        }));
    } else {
        missing.push("(cd tests/footprint/python && python3 -m venv venv && venv/bin/pip install -r requirements.txt)");
    }
    if node.join("dist/submit.cjs").exists() {
        found.extend([Role::Submit, Role::Status].map(|role| {
            let file = node.join("dist").join(role.name()).with_extension("cjs");
            let command = ["node".into(), node.join("runtime.mjs").into(), file.into()];
            rival(
                "Node",
                role,
                &command,
                ("NODE_ENV", Path::new("production")),
            )
        }));
    } else {
        missing.push("(cd tests/footprint/node && npm ci && npm run build)");
    }
    (found, missing)
}

fn rival(
    language: &'static str,
    role: Role,
    command: &[OsString],
    (name, folder): (&'static str, &Path),
) -> Rival {
    let function = Function {
        role,
        command: command.to_vec(),
        environment: vec![(name, folder.display().to_string())],
        tls: None,
    };
    Rival { language, function }
}
