//! One pass over a CSV text, in steps.

use super::budget::{EXACT_BYTES, LOOK_EVERY_BYTES, counters_for};
use super::column::Column;
use super::malformed::{Malformed, Problem};
use super::options::Options;
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
    first_start: usize,
    rows: u64,
    look_at: usize,
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
            first_start: 0,
            rows: 0,
            look_at: LOOK_EVERY_BYTES,
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
            if self.records.position() >= self.look_at {
                self.keep_to_budget();
                self.look_at = self.records.position() + LOOK_EVERY_BYTES;
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
        for (column, field) in self.columns.iter_mut().zip(record.fields()) {
            column.add(field, self.counters);
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

    /// Lets the largest columns give up their exact counts until the others fit.
    fn keep_to_budget(&mut self) {
        while self.columns.iter().map(Column::exact_bytes).sum::<usize>() > EXACT_BYTES {
            if let Some(largest) = self
                .columns
                .iter_mut()
                .max_by_key(|column| column.exact_bytes())
            {
                largest.give_up_exactness(self.counters);
            }
        }
    }
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
