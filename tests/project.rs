//! The command line, the READMEs and the lists in them.

mod command_line;
mod dependencies;
mod files;
mod readme;
mod requirements;
mod webhooks;
