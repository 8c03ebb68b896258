//! Texts to profile.

use std::fmt::Write as _;
use std::path::Path;

/// Bytes of a made-up text: about the largest that fits a job's message as JSON.
const BYTES: usize = 1_000_000;

/// A CSV text with a header.
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) csv: String,
}

/// The demo's data, files of one's own (`CSV_FILES`, separated like a `PATH`), and made-up texts of several shapes.
pub(crate) fn texts() -> Vec<Text> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/data/airports.csv");
    let own = std::env::var_os("CSV_FILES");
    let files = std::iter::once(demo).chain(own.iter().flat_map(std::env::split_paths));
    files.map(|path| file(&path)).chain(shapes()).collect()
}

fn file(path: &Path) -> Text {
    let name = path.file_name().unwrap_or_default();
    let csv =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Text {
        name: name.to_string_lossy().into_owned(),
        csv,
    }
}

fn shapes() -> [Text; 5] {
    [
        shape("small integers", "a,b,c", |random, row| {
            write!(
                row,
                "{},{},{}",
                random.below(10),
                random.below(100),
                random.below(1_000)
            )
        }),
        shape("wide decimals", "a,b,c,d,e,f,g,h,i,j,k,l", |random, row| {
            let place = |random: &mut Random| {
                format!("-{}.{:06}", random.below(180), random.below(1_000_000))
            };
            let fields: Vec<_> = (0..12).map(|_| place(random)).collect();
            row.write_str(&fields.join(","))
        }),
        shape("long quoted", "number,remark", |random, row| {
            let words: Vec<_> = (0..40).map(|_| WORDS[random.below(WORDS.len())]).collect();
            write!(
                row,
                "{},\"{}, and \"\"so\"\" on\"",
                random.below(100_000),
                words.join(" ")
            )
        }),
        shape("many distinct", "key,mail,number", |random, row| {
            let number = random.below(1 << 40);
            write!(
                row,
                "{number:011x}-{:08x},user{number}@example.org,{number}",
                random.below(1 << 32)
            )
        }),
        shape("log of events", "at,ok,state,price", |random, row| {
            let (month, day, hour) = (random.below(12) + 1, random.below(28) + 1, random.below(24));
            let (is_ok, state) = (random.below(2) == 0, WORDS[random.below(3)]);
            write!(
                row,
                "2024-{month:02}-{day:02}T{hour:02}:00:00Z,{is_ok},{state},{}.5",
                random.below(500)
            )
        }),
    ]
}

const WORDS: [&str; 8] = [
    "open",
    "closed",
    "waiting",
    "for",
    "a",
    "part",
    "from",
    "elsewhere",
];

fn shape(
    name: &str,
    header: &str,
    row: impl Fn(&mut Random, &mut String) -> std::fmt::Result,
) -> Text {
    let (mut random, mut csv) = (Random(0x9e37_79b9_7f4a_7c15), format!("{header}\n"));
    while csv.len() < BYTES {
        row(&mut random, &mut csv).expect("a string takes all that is written to it");
        csv.push('\n');
    }
    Text {
        name: name.to_owned(),
        csv,
    }
}

/// Xorshift (Marsaglia 2003): the same texts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits are the better ones.
        (self.0 >> 20) as usize % bound
    }
}
