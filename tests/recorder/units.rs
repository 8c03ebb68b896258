//! What DynamoDB and SQS charge for a call.

use std::iter::Sum;
use std::ops::Add;

/// The units of DynamoDB on demand and the requests of SQS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Units {
    /// Read request units: one for each started 4 KB of a strongly consistent read, half of one otherwise.
    pub(crate) reads: f64,
    /// Write request units of the table: one for each started KB of the larger of the record before and after.
    pub(crate) table_writes: f64,
    /// Write request units of the list index: one for each entry that comes or goes.
    pub(crate) index_writes: f64,
    /// Requests of SQS: one for each started 64 KB of what a call carries.
    pub(crate) sqs_requests: f64,
}

impl Units {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        reads: 0.0,
        table_writes: 0.0,
        index_writes: 0.0,
        sqs_requests: 0.0,
    };

    /// Write request units of table and index together.
    pub(crate) fn writes(self) -> f64 {
        self.table_writes + self.index_writes
    }
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            table_writes: self.table_writes + other.table_writes,
            index_writes: self.index_writes + other.index_writes,
            sqs_requests: self.sqs_requests + other.sqs_requests,
        }
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}
