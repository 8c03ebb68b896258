//! One pass over a CSV text, in steps.

use super::budget::{EXACT_BYTES, counters_for};
use super::column::Column;
use super::malformed::{Malformed, Problem};
use super::options::Options;
use super::outlook::Outlook;
use super::profile::Profile;
use super::records::{Record, Records};

/// Bytes of text that one step reads: a few milliseconds of work.
const STEP_BYTES: usize = 256 << 10;

/// Makes a [`Profile`] in steps, so that the caller can report progress, yield or stop in between.
///
/// The result does not depend on where the steps end.
///
/// ```
/// use jobs::csv_profile::{Options, Profiler, Step};
///
/// let text = b"city,inhabitants\nUlm,130000\nBonn,340000\n";
/// let mut profiler = Profiler::new(text, Options::default());
/// while profiler.step()? == Step::More {
///     let progress = profiler.progress();
///     println!("{} of {} bytes", progress.bytes_done, progress.bytes_total);
/// }
/// let profile = profiler.finish();
/// assert_eq!((profile.rows, profile.columns[1].mean), (2, Some(235_000.0)));
/// # Ok::<(), jobs::csv_profile::Malformed>(())
/// ```
pub struct Profiler<'text> {
    text: &'text [u8],
    options: Options,
    records: Records<'text>,
    columns: Vec<Column>,
    counters: usize,
    /// What the exact tables of all columns take, at most.
    exact_bytes: usize,
    first_start: usize,
    rows: u64,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is text left.
    More,
    /// The whole text has been read.
    Done,
}

/// How far a profiler has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the text that have been read.
    pub bytes_done: usize,
    /// Bytes of the whole text.
    pub bytes_total: usize,
    /// Rows among the bytes read.
    pub rows: u64,
}

impl<'text> Profiler<'text> {
    /// Makes a profiler that has read nothing yet.
    #[must_use]
    pub fn new(text: &'text [u8], options: Options) -> Self {
        Self {
            text,
            options,
            records: Records::new(text, options.delimiter),
            columns: Vec::new(),
            counters: 0,
            exact_bytes: 0,
            first_start: 0,
            rows: 0,
        }
    }

    /// Reads on for about 256 KiB. The row that is begun is read to its end.
    pub fn step(&mut self) -> Result<Step, Malformed> {
        self.advance(STEP_BYTES)
    }

    /// How far this profiler has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes_done: self.records.position(),
            bytes_total: self.text.len(),
            rows: self.rows,
        }
    }

    /// The profile of what has been read: of the whole text after [`Step::Done`].
    #[must_use]
    pub fn finish(self) -> Profile {
        Profile {
            rows: self.rows,
            columns: self.columns.into_iter().map(Column::finish).collect(),
        }
    }

    fn advance(&mut self, bytes: usize) -> Result<Step, Malformed> {
        let until = self.records.position().saturating_add(bytes);
        while self.records.position() < until {
            if !self.read_record()? {
                return self.end();
            }
        }
        Ok(Step::More)
    }

    /// Reads one record; answers whether there was one.
    fn read_record(&mut self) -> Result<bool, Malformed> {
        let Some(record) = self.records.next()? else {
            return Ok(false);
        };
        let (start, fields) = (record.start, record.len());
        if self.columns.is_empty() {
            self.columns = columns(&record, self.options.header);
            self.counters = counters_for(fields);
            self.first_start = start;
            if self.options.header {
                return Ok(true);
            }
        }
        if fields != self.columns.len() {
            return Err(self.ragged(start, fields));
        }
        let outlook = Outlook {
            columns: fields,
            counters: self.counters,
            bytes_done: start,
            bytes_total: self.text.len(),
        };
        for (column, field) in self.columns.iter_mut().zip(record.fields()) {
            self.exact_bytes += column.add(field, &outlook);
        }
        if self.exact_bytes > EXACT_BYTES {
            self.exact_bytes = keep_to_budget(&mut self.columns, self.counters);
        }
        self.rows += 1;
        Ok(true)
    }

    fn ragged(&self, start: usize, fields: usize) -> Malformed {
        let first_line = self.records.line_of(self.first_start);
        let first_fields = self.columns.len();
        self.records.fail_at(
            start,
            Problem::Ragged {
                fields,
                first_line,
                first_fields,
            },
        )
    }

    fn end(&self) -> Result<Step, Malformed> {
        if self.rows > 0 {
            return Ok(Step::Done);
        }
        Err(Problem::NoRows.at(self.text, self.text.len()))
    }
}

/// Lets the largest columns give up their exact counts until the others fit; answers what those take.
fn keep_to_budget(columns: &mut [Column], counters: usize) -> usize {
    let taken = |columns: &[Column]| columns.iter().map(Column::exact_bytes).sum::<usize>();
    while taken(columns) > EXACT_BYTES
        && let Some(largest) = columns.iter_mut().max_by_key(|column| column.exact_bytes())
    {
        largest.give_up_exactness(counters);
    }
    taken(columns)
}

/// The columns that the first record tells of.
fn columns(first: &Record<'_>, has_header: bool) -> Vec<Column> {
    let names = first
        .fields()
        .map(|field| if has_header { field } else { &[] });
    names
        .zip(1..)
        .map(|(name, position)| Column::new(name, position))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::{Bound, ColumnType, MAX_COLUMNS};
    use super::*;

    pub(crate) fn profile_in_steps(
        text: &[u8],
        options: Options,
        step: usize,
    ) -> Result<Profile, Malformed> {
        let mut profiler = Profiler::new(text, options);
        while profiler.advance(step)? == Step::More {}
        Ok(profiler.finish())
    }

    fn profile(text: &str) -> Result<Profile, Malformed> {
        profile_in_steps(text.as_bytes(), Options::default(), STEP_BYTES)
    }

    fn message(text: &[u8]) -> String {
        profile_in_steps(text, Options::default(), STEP_BYTES)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_profile_reads_as_its_documentation_says() {
        let text = "\u{feff}zip,city,inhabitants\r\n00501,Holtsville,10\r\n00544,Holtsville,\r\n06390,\"Fishers Island, NY\",12\r\n";
        let profile = serde_json::to_value(profile(text).unwrap()).unwrap();
        assert_eq!(profile["rows"], 3);
        assert_eq!(
            (
                &profile["columns"][0]["name"],
                &profile["columns"][0]["type"]
            ),
            (&"zip".into(), &"text".into())
        );
        assert_eq!(
            profile["columns"][1]["commonest"],
            serde_json::json!([{"value": "Holtsville", "count": 2}, {"value": "Fishers Island, NY", "count": 1}])
        );
        assert_eq!(
            profile["columns"][2],
            serde_json::json!({
                "name": "inhabitants", "type": "integer", "empty": 1,
                "distinct": {"count": 2, "exact": true},
                "min": 10, "max": 12, "mean": 11.0, "standard-deviation": std::f64::consts::SQRT_2,
                "commonest-exact": true,
                "commonest": [{"value": "10", "count": 1}, {"value": "12", "count": 1}],
            })
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases: [(&[u8], &str); 11] = [
            (b"", "line 1 is where the text ends, and it has no rows"),
            (
                b"a,b\n",
                "line 2 is where the text ends, and it has no rows",
            ),
            (b"a,b\n1,2\n3\n", "line 3 has 1 field where line 1 has 2"),
            (
                b"\n\na,b\n1,2,3\n",
                "line 4 has 3 fields where line 3 has 2",
            ),
            (
                b"a,b\n\"1\n1\",2\n\n3,4,5\n",
                "line 5 has 3 fields where line 1 has 2",
            ),
            (
                b"a,b\r\n\r\n1,2\r\n3\r\n",
                "line 4 has 1 field where line 1 has 2",
            ),
            (
                b"a,b\n1,2\n3,\xff\n",
                "line 3 is not UTF-8: byte 0xff is part of no character",
            ),
            (
                b"a,b\n1,2\n3,\xc3",
                "line 3 is not UTF-8: byte 0xc3 is part of no character",
            ),
            (
                b"a,b\n1,2\n3,\"4\n5,6\n",
                "line 3 opens a quote that is never closed",
            ),
            (
                b"a,b\n\"1\n\",\"2\n",
                "line 3 opens a quote that is never closed",
            ),
            (
                b"a\n\xef\xbb\xbf\n\xe2\x82\n",
                "line 3 is not UTF-8: byte 0xe2 is part of no character",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(message(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn too_many_columns_and_endless_rows_are_refused() {
        let wide = vec!["x"; MAX_COLUMNS].join(",");
        assert_eq!(
            profile(&format!("{wide}\n{wide}")).unwrap().columns.len(),
            MAX_COLUMNS
        );
        let refusal = "line 1 has more than 256 fields, the most that can be profiled";
        assert_eq!(message(format!("{wide},x\n").as_bytes()), refusal);
        assert_eq!(message(format!("{wide},x,x,x\n").as_bytes()), refusal);
        let endless = format!("a\n1\n\"{}\"", "x".repeat(1 << 20));
        assert_eq!(
            message(endless.as_bytes()),
            "line 3 begins a row of more than 1048576 bytes: is a quote left open?"
        );
    }

    #[test]
    fn columns_without_a_name_are_named_by_their_position() {
        let names = |header| {
            let options = Options {
                header,
                ..Options::default()
            };
            let profile = profile_in_steps(b"a,,a\n1,2,3\n", options, STEP_BYTES).unwrap();
            profile
                .columns
                .into_iter()
                .map(|column| column.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(true), ["a", "column-2", "a"]);
        assert_eq!(names(false), ["column-1", "column-2", "column-3"]);
    }

    #[test]
    fn fields_are_separated_by_the_delimiter_of_the_options() {
        let options = Options {
            delimiter: ";".to_owned().try_into().unwrap(),
            header: true,
        };
        let profile = profile_in_steps(b"a;b\n1,5;2\n", options, STEP_BYTES).unwrap();
        assert_eq!(profile.columns[0].max, Some(Bound::Text("1,5".into())));
        assert_eq!(profile.columns[1].r#type, ColumnType::Integer);
    }

    /// Control characters are the longest in JSON; unique ones in all columns give up exactness, so
    /// that every optional member is there.
    #[test]
    fn the_largest_profile_takes_less_than_350_000_bytes() {
        let mut text = String::new();
        for row in 0..1_200_u32 {
            let field =
                |column: usize| format!("\"\u{1}{:>60}{row}{column}\u{1}\"", "\"\"".repeat(60));
            text.extend(
                (0..MAX_COLUMNS).map(|column| {
                    field(column) + if column + 1 < MAX_COLUMNS { "," } else { "\n" }
                }),
            );
        }
        let profile = profile(&text).unwrap();
        assert!(profile.columns.iter().any(|column| !column.distinct.exact));
        let json = serde_json::to_string(&profile).unwrap();
        assert!(json.len() < 350_000, "{}", json.len());
    }
}
