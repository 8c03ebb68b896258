//! The table's conditions, evaluated on a record: the expressions themselves, as the store sends them.

use engine::{Attribute, Condition, JobRecord, JobState};

/// The conditions of the store, parsed, with the parts that a guard leaves out removed.
#[derive(Clone, Debug)]
pub(crate) struct Conditions(Vec<Term>);

impl Conditions {
    /// Parses every condition without the parts that `left_out` names for it.
    pub(crate) fn without(left_out: &[(Condition, &str)]) -> Self {
        let parse = |condition: &Condition| {
            let text = condition
                .expression()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let of_this = left_out.iter().filter(|(of, _)| of == condition);
            of_this.fold(Term::parse(&text), |term, (_, part)| {
                let rest = term.clone().without(&Term::parse(part));
                assert_ne!(rest, term, "{condition:?} has no part {part}");
                rest
            })
        };
        Self(Condition::ALL.iter().map(parse).collect())
    }

    /// Whether a write under this condition takes effect on `record`.
    pub(crate) fn hold(
        &self,
        condition: Condition,
        record: Option<&JobRecord>,
        values: &[(&str, Value<'_>)],
    ) -> bool {
        let place = Condition::ALL.iter().position(|each| *each == condition);
        place.is_some_and(|place| self.0[place].holds(record, values))
    }
}

/// A value in an expression: a number, or a text.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Exists(Attribute),
    Absent(Attribute),
    Compare(Attribute, Operator, Operand),
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Attribute(Attribute),
    Value(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Term {
    fn parse(text: &str) -> Self {
        for (word, make) in [
            (" OR ", Self::Any as fn(Vec<Self>) -> Self),
            (" AND ", Self::All),
        ] {
            let terms = split(text, word);
            if terms.len() > 1 {
                return make(terms.into_iter().map(Self::parse).collect());
            }
        }
        let inner = |start: &str| text.strip_prefix(start)?.strip_suffix(')');
        if let Some(inner) = inner("(") {
            return Self::parse(inner);
        }
        if let Some(name) = inner("attribute_exists(") {
            return Self::Exists(attribute(name));
        }
        if let Some(name) = inner("attribute_not_exists(") {
            return Self::Absent(attribute(name));
        }
        let words: Vec<_> = text.split(' ').collect();
        let [left, operator, right] = words[..] else {
            panic!("the model does not know the term {text}");
        };
        let right = if right.starts_with('#') {
            Operand::Attribute(attribute(right))
        } else {
            Operand::Value(right.to_owned())
        };
        Self::Compare(attribute(left), Operator::parse(operator), right)
    }

    /// What is left of the term without each part that equals `part`; without the whole of it, it always holds.
    fn without(self, part: &Self) -> Self {
        let keep = |terms: Vec<Self>| -> Vec<Self> {
            let kept = terms.into_iter().filter(|term| term != part);
            kept.map(|term| term.without(part)).collect()
        };
        match self {
            term if term == *part => Self::All(Vec::new()),
            Self::All(terms) => Self::All(keep(terms)),
            Self::Any(terms) => Self::Any(keep(terms)),
            term => term,
        }
    }

    fn holds(&self, record: Option<&JobRecord>, values: &[(&str, Value<'_>)]) -> bool {
        let value = |attribute| record.and_then(|record| value(record, attribute));
        match self {
            Self::All(terms) => terms.iter().all(|term| term.holds(record, values)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(record, values)),
            Self::Exists(attribute) => value(*attribute).is_some(),
            Self::Absent(attribute) => value(*attribute).is_none(),
            Self::Compare(left, operator, right) => {
                let right = match right {
                    Operand::Attribute(attribute) => value(*attribute),
                    Operand::Value(name) => Some(given(values, name)),
                };
                let (Some(left), Some(right)) = (value(*left), right) else {
                    return false;
                };
                operator.holds(left, right)
            }
        }
    }
}

impl Operator {
    fn parse(text: &str) -> Self {
        match text {
            "=" => Self::Equal,
            "<>" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => panic!("the model does not know the operator {text}"),
        }
    }

    fn holds(self, left: Value<'_>, right: Value<'_>) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
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

fn attribute(name: &str) -> Attribute {
    let is_it = |attribute: &Attribute| name.strip_prefix('#') == Some(attribute.name());
    match Attribute::ALL.iter().copied().find(is_it) {
        Some(attribute) => attribute,
        None => panic!("unknown attribute {name}"),
    }
}

fn given<'a>(values: &[(&str, Value<'a>)], name: &str) -> Value<'a> {
    match values.iter().find(|(given, _)| *given == name) {
        Some((_, value)) => *value,
        None => panic!("the write gives no value {name}"),
    }
}

/// The attribute of the record's item. All jobs of a model have one id.
fn value(record: &JobRecord, attribute: Attribute) -> Option<Value<'_>> {
    use Value::{Number, Text};
    Some(match attribute {
        Attribute::Id => Text("id"),
        Attribute::Fingerprint => Text(record.fingerprint.as_str()),
        Attribute::State => Text(record.state.as_str()),
        Attribute::Outcome => match record.state {
            JobState::Completed(outcome) => Text(outcome.as_str()),
            JobState::Scheduled | JobState::Started => return None,
        },
        Attribute::Percent => Number(record.percent.get().into()),
        Attribute::ScheduledStartMs => Number(record.scheduled_start.ms()),
        Attribute::DeadlineMs => Number(record.deadline.ms()),
        Attribute::LeaseUntilMs => Number(record.lease_until?.ms()),
        Attribute::RunToken => Text(record.run_token.as_deref()?),
        Attribute::ExpiresAt => Number(record.expires_at.seconds_rounded_up()),
        Attribute::Attempt => Number(record.attempt.into()),
        Attribute::MaxAttempts => Number(record.max_attempts.into()),
        Attribute::AttemptStep => record.is_between_slices.then_some(Number(0))?,
        Attribute::CancelRequested => record.cancel_requested.then_some(Number(1))?,
        Attribute::Version => Number(i64::try_from(record.version).ok()?),
        Attribute::CreationToken => Text(record.creation_token.as_str()),
        Attribute::CallbackState => Text(record.callback.as_ref()?.state.as_str()),
        Attribute::CallbackAttempts => Number(record.callback.as_ref()?.attempts.into()),
        // An end removes these two.
        Attribute::OverdueMs | Attribute::ProgressNumber if record.state.is_completed() => {
            return None;
        }
        Attribute::OverdueMs => Number(record.overdue_at.ms()),
        Attribute::ProgressNumber => Number(record.progress_number.try_into().ok()?),
        other => panic!("the model does not know the attribute {other:?}"),
    })
}
