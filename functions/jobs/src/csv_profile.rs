//! `csv_profile`: what is in a CSV text, column by column.
//!
//! One pass over the text, in memory that does not grow with it: at most about 12 MB beyond the
//! text itself. [`Profiler`] does the work in steps, so that a caller can report progress and stop
//! between them; [`Profile`] is the result.
//!
//! # What counts as what
//! - A row is a CSV record after the header; blank lines are no rows. Fields are taken as they are:
//!   spaces belong to the value (RFC 4180), and a field of no bytes is *empty*, quoted or not.
//! - Empty fields are counted by themselves. They take no part in the type, the distinct count, the
//!   extremes and the commonest values.
//! - A column's type is the narrowest that all its values fit ([`ColumnType`] says what fits); a
//!   column of nothing but empty fields is text.
//! - Distinct values are those that differ in their bytes: `True` and `true` are two.
//!
//! # What is exact
//! Everything, until a column has more than [`EXACT_VALUES`] distinct values, or the values of all
//! columns together take more than 8 MiB (then the largest column gives way). From then on that column's distinct
//! count is an estimate and its commonest values are counted with a known error, and both say so.

mod budget;
mod column;
mod counted;
mod date;
mod digits;
mod extremes;
mod fields;
mod key;
mod kind;
mod malformed;
mod moments;
mod options;
mod outlook;
mod profile;
mod profiler;
#[cfg(test)]
mod properties;
mod quote;
mod records;
mod scan;
mod shown;
mod sketch;
mod tally;
mod top;
mod value;

pub use budget::{EXACT_VALUES, MAX_COLUMNS};
pub use malformed::{Malformed, Problem};
pub use options::{Delimiter, NotADelimiter, Options};
pub use profile::{Bound, ColumnProfile, ColumnType, CommonValue, Distinct, Profile};
pub use profiler::{Profiler, Progress, Step};

use engine::{Context, Invalid, Job, JobError, Percent};
use schemars::JsonSchema;
use serde::Deserialize;

/// Profiles the text in `csv`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"csv": "city,people\nUlm,2\nBonn,3\n"}))]
pub struct CsvProfile {
    /// The text.
    #[schemars(length(min = 1))]
    csv: String,
    /// What separates fields: one ASCII character, a comma unless said otherwise.
    #[serde(default)]
    #[schemars(
        with = "String",
        length(equal = 1),
        regex(pattern = r"^[\x00-\x09\x0b\x0c\x0e-\x21\x23-\x7f]$")
    )]
    delimiter: Delimiter,
    /// Whether the first row has the columns' names; it does unless said otherwise.
    #[serde(default = "yes")]
    header: bool,
}

fn yes() -> bool {
    true
}

impl Job for CsvProfile {
    const NAME: &'static str = "csv_profile";
    /// The work is the same each time, so only the death of a worker is worth another attempt.
    const MAX_ATTEMPTS: u32 = 3;
    type Output = Profile;

    fn validate(&self) -> Result<(), Invalid> {
        if self.csv.is_empty() {
            Err(Invalid::new("/csv", "is empty"))
        } else {
            Ok(())
        }
    }

    async fn run(self, context: Context) -> Result<Profile, JobError> {
        let options = Options {
            delimiter: self.delimiter,
            header: self.header,
        };
        let mut profiler = Profiler::new(self.csv.as_bytes(), options);
        while profiler.step().map_err(|malformed| refused(&malformed))? == Step::More {
            let Progress {
                bytes_done,
                bytes_total,
                rows,
            } = profiler.progress();
            context.progress(
                Percent::of(bytes_done as u64, bytes_total as u64),
                format!("profiled {rows} rows"),
            );
            // A step takes milliseconds; in between, a cancel can take effect.
            tokio::task::yield_now().await;
        }
        let profile = profiler.finish();
        let (rows, columns) = (profile.rows, profile.columns.len());
        context.progress(
            Percent::DONE,
            format!("profiled {rows} rows in {columns} columns"),
        );
        Ok(profile)
    }
}

/// The text stays malformed however often it is read.
fn refused(malformed: &Malformed) -> JobError {
    JobError::permanent("malformed-csv", &malformed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::test_kit;

    fn job(csv: &str) -> CsvProfile {
        CsvProfile {
            csv: csv.to_owned(),
            delimiter: Delimiter::default(),
            header: true,
        }
    }

    #[tokio::test]
    async fn it_says_what_is_in_the_text() {
        let run = test_kit::run(job("city,people\nUlm,2\nBonn,3\n")).await;
        let profile = run.result.unwrap();
        assert_eq!((profile.rows, profile.columns.len()), (2, 2));
        assert_eq!(run.progress.percent, Percent::DONE);
        assert_eq!(
            run.progress.summary.as_deref(),
            Some("profiled 2 rows in 2 columns")
        );
    }

    #[tokio::test]
    async fn a_malformed_text_fails_for_good_and_the_line_is_named() {
        let run = test_kit::run(job("a,b\n1,2\n3\n")).await;
        let Err(JobError::Permanent(failure)) = run.result else {
            panic!("not permanent")
        };
        assert_eq!(failure.code(), "malformed-csv");
        assert!(
            failure.message().contains("line 3"),
            "{}",
            failure.message()
        );
    }

    #[tokio::test]
    async fn a_canceled_profile_stops_between_two_steps() {
        let (context, control) = test_kit::context(1);
        let long = job(&format!("a\n{}", "1\n".repeat(1 << 20)));
        let mut said = control.progress.clone();
        let work = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = context.stopped() => None,
                result = long.run(context.clone()) => Some(result.is_ok()),
            }
        });
        said.changed().await.unwrap();
        control.stop.send(true).unwrap();
        assert_eq!(work.await.unwrap(), None);
    }

    #[test]
    fn an_input_without_a_text_is_refused() {
        assert_eq!(job("").validate().unwrap_err().pointer, "/csv");
        assert!(serde_json::from_str::<CsvProfile>(r#"{"csv": "a", "delimiter": "ab"}"#).is_err());
        assert!(
            serde_json::from_str::<CsvProfile>(
                r#"{"csv": "a", "delimiter": ";", "header": false}"#
            )
            .is_ok()
        );
    }
}
