//! What DynamoDB and SQS charge for a call.

use std::iter::Sum;
use std::ops::{Add, Mul};

/// The units of DynamoDB on demand and the requests of SQS.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Units {
    /// Read request units: one for each started 4 KB of a strongly consistent read, half of one otherwise.
    pub reads: f64,
    /// Write request units of the table: one for each started KB of the larger of the record before and after.
    pub table_writes: f64,
    /// Write request units of the list index: one for each entry that comes or goes.
    pub index_writes: f64,
    /// Requests of SQS: one for each started 64 KB of what a call carries.
    pub sqs_requests: f64,
}

impl Units {
    /// Nothing.
    pub const NONE: Self = Self {
        reads: 0.0,
        table_writes: 0.0,
        index_writes: 0.0,
        sqs_requests: 0.0,
    };

    /// Write request units of table and index together.
    #[must_use]
    pub fn writes(self) -> f64 {
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

impl Mul<f64> for Units {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self {
            reads: self.reads * times,
            table_writes: self.table_writes * times,
            index_writes: self.index_writes * times,
            sqs_requests: self.sqs_requests * times,
        }
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}
