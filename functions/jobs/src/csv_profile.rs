//! `csv_profile`: what a CSV text contains, column by column.
//!
//! The text is read once, as a stream, in memory that does not grow with it: 20 MB at most. A field without characters is *empty*; any
//! other is a value, including its spaces (RFC 4180). Blank lines are not rows.
//!
//! Over 300 lines because it declares the types of its result.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{Chain, Read, Take};

use ColumnType::{Boolean, Date, Empty, Integer, Number, Text};
use cardinality_estimator::CardinalityEstimator;
use csv::{ByteRecord, Reader, ReaderBuilder};
use engine::{Attachment, Context, Invalid, Job, JobError, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number as JsonNumber;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Maximum number of columns. With [`SHOWN_CHARS`], it keeps every result below [`engine::MAX_RESULT_BYTES`].
const MAX_COLUMNS: usize = 128;
/// Maximum length of a value in the result. No number is longer.
const SHOWN_CHARS: usize = 48;
/// Maximum length of a row: 1 MiB, and the 8 KiB that the reader may have buffered. A longer one is usually an open quote.
const MAX_ROW_BYTES: u64 = (1 << 20) + (8 << 10);
/// How many different values all columns together count: up to 16 MB.
const COUNTED_VALUES: usize = 65_536;
/// Follows the text. It is read as a row of its own, unless a quote is still open. No text contains it, because it is not UTF-8.
const END: &[u8] = b"\n\xffend of text";

/// Profiles a CSV text: for each column its type, the number of empty fields and of distinct values, the smallest and the largest value,
/// mean and standard deviation, and the commonest values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"csv": "city,people\nUlm,2\nBonn,3\n"}))]
pub(crate) struct CsvProfile {
    /// The text. It has up to 128 columns.
    #[schemars(extend("minLength" = 1))]
    csv: Attachment,
    /// The character between two fields: any ASCII character except the double quote, CR and LF.
    #[serde(default = "comma")]
    #[schemars(regex(pattern = r"^[\x00-\x09\x0b\x0c\x0e-\x21\x23-\x7f]$"))]
    delimiter: char,
    /// Whether the first row contains the names of the columns.
    #[serde(default = "yes")]
    header: bool,
}

fn comma() -> char {
    ','
}

fn yes() -> bool {
    true
}

/// What the text contains.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Profile {
    /// Number of rows, without the header.
    rows: u64,
    columns: Vec<ColumnProfile>,
}

/// What a column contains. Values longer than 48 characters end in `…`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ColumnProfile {
    name: String,
    r#type: ColumnType,
    /// Number of empty fields.
    empty: u64,
    distinct: Distinct,
    /// The smallest value in the order of the type; null in an empty column.
    min: Option<Scalar>,
    max: Option<Scalar>,
    /// Null unless the values are numbers.
    mean: Option<f64>,
    /// Sample standard deviation (divided by n - 1). Null unless the column has at least two numbers.
    standard_deviation: Option<f64>,
    /// Whether the counts of the commonest values are exact. Otherwise, they are lower bounds.
    commonest_exact: bool,
    /// Up to five values, the most frequent first.
    commonest: Vec<Common>,
}

/// Number of distinct values.
#[derive(Debug, Serialize, JsonSchema)]
struct Distinct {
    count: usize,
    /// Whether the number is exact. Otherwise, it is an estimate with a standard error of 1.6 %.
    exact: bool,
}

/// A frequent value.
#[derive(Debug, Serialize, JsonSchema)]
struct Common {
    value: String,
    count: u64,
}

/// A value: a number or a boolean in a column of that type, otherwise text.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Scalar {
    Number(JsonNumber),
    Boolean(bool),
    Text(String),
}

/// The first of these types that fits all values.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ColumnType {
    #[default]
    Empty,
    /// Whole numbers in 64 bits, as JSON writes them: `00501` is not a number but an identifier.
    Integer,
    Number,
    /// `true` and `false`, in any case.
    Boolean,
    /// `2024-02-29`, or a date and time (RFC 3339; in UTC if there is no offset).
    Date,
    Text,
}

impl Job for CsvProfile {
    const NAME: &'static str = "csv_profile";
    type Output = Profile;

    fn validate(&self) -> Result<(), Invalid> {
        if self.csv.is_empty() {
            return Err(Invalid::new("/csv", "must not be empty"));
        }
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\r' | '\n') {
            let detail = "must be an ASCII character other than a double quote, CR and LF";
            return Err(Invalid::new("/delimiter", detail));
        }
        Ok(())
    }

    async fn run(self, context: Context) -> Result<Profile, JobError> {
        let text = self.csv.open(&context, 0)?;
        let size = text.size();
        let mut records = Records::new(text, u8::try_from(self.delimiter)?);
        let (mut columns, mut rows) = (Vec::new(), 0_u64);
        while let Some(fields) = records.read(columns.len())? {
            if columns.is_empty() {
                columns = Column::all(&fields, self.header);
                if self.header {
                    continue;
                }
            }
            for (column, field) in columns.iter_mut().zip(fields) {
                column.add(field);
            }
            rows += 1;
            if rows.is_multiple_of(100) {
                let percent = Percent::of(records.reader.position().byte(), size);
                context.progress(percent, format!("profiled {rows} rows"));
                // If the job was canceled, its attempt ends here.
                tokio::task::yield_now().await;
            }
        }
        context.progress(Percent::DONE, format!("profiled {rows} rows"));
        let columns = columns.into_iter().map(Column::finish).collect();
        Ok(Profile { rows, columns })
    }
}

struct Records<R> {
    reader: Reader<Take<Chain<R, &'static [u8]>>>,
    record: ByteRecord,
}

impl<R: Read> Records<R> {
    fn new(text: R, delimiter: u8) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true) // `END` has one field.
            .from_reader(text.chain(END).take(0));
        let record = ByteRecord::new();
        Self { reader, record }
    }

    /// The fields of the next record, one for each column (unless it is the first), or `None` at the end of the text. An error of the
    /// stream is retryable.
    fn read(&mut self, columns: usize) -> Result<Option<Vec<&str>>, JobError> {
        self.reader.get_mut().set_limit(MAX_ROW_BYTES);
        self.reader.read_byte_record(&mut self.record)?;
        if self.reader.get_ref().limit() == 0 || self.record.as_slice().ends_with(END) {
            return Err(self.malformed("has a quote that is not closed, or exceeds 1 MiB"));
        }
        if self.record.as_slice() == &END[1..] {
            return Ok(None);
        }
        let fields = self.record.len();
        if fields > MAX_COLUMNS {
            return Err(self.malformed(&format!("has more than {MAX_COLUMNS} fields")));
        }
        if columns > 0 && fields != columns {
            return Err(self.malformed(&format!("has {fields} fields instead of {columns}")));
        }
        let fields: Result<_, _> = self.record.iter().map(std::str::from_utf8).collect();
        fields.map(Some).map_err(|_| self.malformed("is not UTF-8"))
    }

    /// A permanent error in the current record. Rows are counted as in a spreadsheet, with the header but without blank lines.
    fn malformed(&self, problem: &str) -> JobError {
        let row = self.reader.position().record();
        JobError::permanent("malformed-csv", &format!("row {row} {problem}"))
    }
}

/// The smallest and the largest value, each with its place in the order of its type.
type Range = Option<((f64, String), (f64, String))>;

#[derive(Default)]
struct Column {
    name: String,
    r#type: ColumnType,
    empty: u64,
    by_type: Range,
    by_text: Range,
    /// The number of values, their mean and the sum of their squared deviations (Welford, 1962): of use if they are numbers.
    values: f64,
    mean: f64,
    squares: f64,
    /// Values, with their count and place, by their hash. If there are more than `limit`, counts are too low by up to `forgotten` (Misra
    /// and Gries, 1982).
    counts: HashMap<u64, (u64, String, f64)>,
    limit: usize,
    forgotten: u64,
    sketch: CardinalityEstimator<str>,
}

impl Column {
    fn all(first: &[&str], header: bool) -> Vec<Self> {
        let column = |(position, name): (usize, &&str)| Self {
            name: match *name {
                name if header && !name.is_empty() => cut(name),
                _ => format!("column-{position}"),
            },
            limit: COUNTED_VALUES / first.len(),
            ..Self::default()
        };
        (1..).zip(first).map(column).collect()
    }

    fn add(&mut self, value: &str) {
        if value.is_empty() {
            self.empty += 1;
            return;
        }
        let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one(value);
        self.sketch.insert_hash(hash);
        let place = match self.counts.get_mut(&hash) {
            Some((count, _, place)) => {
                *count += 1;
                *place
            }
            None => self.add_new(hash, value),
        };
        self.values += 1.0;
        let deviation = place - self.mean;
        self.mean += deviation / self.values;
        self.squares += deviation * (place - self.mean);
    }

    /// Adds a value that is new or was forgotten. Returns its place in the order of its type.
    fn add_new(&mut self, hash: u64, value: &str) -> f64 {
        let value = cut(value);
        let (r#type, place) = read(&value);
        self.r#type = match (self.r#type, r#type) {
            (Empty, new) => new,
            (Integer, Number) | (Number, Integer) => Number,
            (old, new) if old == new => old,
            _ => Text,
        };
        widen(&mut self.by_type, place, &value);
        widen(&mut self.by_text, 0.0, &value);
        if self.counts.len() < self.limit {
            self.counts.insert(hash, (1, value, place));
        } else {
            self.forgotten += 1;
            self.counts.retain(|_, (count, ..)| {
                *count -= 1;
                *count > 0
            });
        }
        place
    }

    fn finish(self) -> ColumnProfile {
        let (exact, is_text) = (self.forgotten == 0, self.r#type == Text);
        let range = if is_text { self.by_text } else { self.by_type };
        let (min, max) = range.unzip();
        let show = |(_, value): (f64, String)| match self.r#type {
            Integer | Number => value.parse().map_or(Scalar::Text(value), Scalar::Number),
            Boolean => Scalar::Boolean(value.eq_ignore_ascii_case("true")),
            Empty | Date | Text => Scalar::Text(value),
        };
        let is_number = matches!(self.r#type, Integer | Number);
        let deviation = (self.squares / (self.values - 1.0)).sqrt();
        let count = if exact {
            self.counts.len()
        } else {
            self.sketch.estimate()
        };
        let mut counts: Vec<_> = self.counts.into_values().collect();
        counts.sort_unstable_by(|(n, a, _), (m, b, _)| (m, a).cmp(&(n, b)));
        let commonest = counts
            .into_iter()
            .take(5)
            .map(|(count, value, _)| Common { value, count });
        ColumnProfile {
            name: self.name,
            r#type: self.r#type,
            empty: self.empty,
            distinct: Distinct { count, exact },
            min: min.map(show),
            max: max.map(show),
            mean: is_number.then_some(self.mean),
            standard_deviation: (is_number && self.values > 1.0).then_some(deviation),
            commonest_exact: exact,
            commonest: commonest.collect(),
        }
    }
}

/// The type of a value, and its place in the order of that type.
fn read(value: &str) -> (ColumnType, f64) {
    if let Ok(number) = value.parse::<serde_json::Number>() {
        let r#type = if number.is_f64() { Number } else { Integer };
        return (r#type, number.as_f64().unwrap_or_default());
    }
    if let Ok(truth) = value.to_ascii_lowercase().parse::<bool>() {
        return (Boolean, truth.into());
    }
    let date = |rest: &&str| OffsetDateTime::parse(&format!("{value}{rest}"), &Rfc3339).ok();
    match ["", "Z", "T00:00:00Z"].iter().find_map(date) {
        Some(date) => (Date, (date - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()),
        None => (Text, 0.0),
    }
}

fn widen(range: &mut Range, place: f64, value: &str) {
    let bound = || (place, value.to_owned());
    match range {
        None => *range = Some((bound(), bound())),
        Some((min, _)) if (place, value) < (min.0, &min.1) => *min = bound(),
        Some((_, max)) if (place, value) > (max.0, &max.1) => *max = bound(),
        Some(_) => {}
    }
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
