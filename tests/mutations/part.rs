//! A condition in parts.

/// One part of a condition, and the condition without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Which one, counted from the left; an outer part comes before those in it.
    pub(super) place: usize,
    pub(super) text: String,
    /// What is left: `None` when it was the whole condition.
    pub(super) rest: Option<String>,
}

/// Every part of a condition: each term of each `AND` and `OR`, or the whole of one that has neither.
pub(super) fn parts(condition: &str) -> Vec<Part> {
    let whole = Term::parse(condition);
    let left_out = match &whole {
        Term::Single(text) => vec![(text.clone(), None)],
        _ => whole.without_each(),
    };
    left_out
        .into_iter()
        .enumerate()
        .map(|(place, (text, rest))| Part {
            place,
            text,
            rest: rest.map(|term| term.to_string()),
        })
        .collect()
}

/// The text without the line breaks and spaces that only lay it out.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Single(String),
    All(Vec<Term>),
    Any(Vec<Term>),
}

impl Term {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        for (word, make) in [
            (" OR ", Self::Any as fn(Vec<Self>) -> Self),
            (" AND ", Self::All),
        ] {
            let terms = split(text, word);
            if terms.len() > 1 {
                return make(terms.into_iter().map(Self::parse).collect());
            }
        }
        match text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'))
        {
            Some(inner) => Self::parse(inner),
            None => Self::Single(text.to_owned()),
        }
    }

    /// Each term in it, with what is left without that.
    fn without_each(&self) -> Vec<(String, Option<Self>)> {
        let (Self::All(terms) | Self::Any(terms)) = self else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (place, term) in terms.iter().enumerate() {
            let with = |changed: Option<Self>| {
                let mut terms = terms.clone();
                terms.splice(place..=place, changed);
                Some(self.of_same_kind(terms))
            };
            all.push((term.to_string(), with(None)));
            let inner = term.without_each().into_iter();
            all.extend(inner.map(|(text, rest)| (text, with(rest))));
        }
        all
    }

    /// One term alone needs no word between, and DynamoDB wants no parentheses around it.
    fn of_same_kind(&self, mut terms: Vec<Self>) -> Self {
        match self {
            _ if terms.len() == 1 => terms.remove(0),
            Self::Any(_) => Self::Any(terms),
            _ => Self::All(terms),
        }
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (terms, word) = match self {
            Self::Single(text) => return f.write_str(text),
            Self::All(terms) => (terms, " AND "),
            Self::Any(terms) => (terms, " OR "),
        };
        let texts = terms.iter().map(|term| match term {
            Self::Single(text) => text.clone(),
            compound => format!("({compound})"),
        });
        f.write_str(&texts.collect::<Vec<_>>().join(word))
    }
}

/// The text split at each `word` outside parentheses.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut depth, mut begin, mut pieces) = (0, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && text[at..].starts_with(word) => {
                pieces.push(&text[begin..at]);
                begin = at + word.len();
            }
            _ => {}
        }
    }
    pieces.push(&text[begin..]);
    pieces
}
