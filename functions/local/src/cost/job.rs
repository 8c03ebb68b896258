//! What a job takes here: from its submit to its end, with its polls.

use std::time::Duration;

use engine::MAX_RECORD_BYTES;

use super::assumptions::{Assumptions, gb_seconds};
use super::prices::Item;
use super::usage::Usage;
use super::{LOG_BYTES, RECORD_BYTES, Units, What, per_batch};

/// SQS counts a request for each started 64 KB.
const SQS_CHUNK_BYTES: f64 = 65_536.0;

/// API Gateway counts a request for each started 512 KB.
const API_CHUNK_BYTES: f64 = 524_288.0;

/// What a message carries besides its input: id, kind, fingerprint.
const ENVELOPE_BYTES: f64 = 200.0;

/// What Lambda writes of each invocation by itself (`platform.start`, `platform.report`), in bytes. Assumed.
const PLATFORM_LOG_BYTES: f64 = 600.0;

/// What the gateway writes of each request, as the template's format has it, in bytes. Assumed.
const ACCESS_LOG_BYTES: f64 = 350.0;

/// Of how many requests X-Ray keeps the trace by default, beyond the first of each second.
const TRACED: f64 = 0.05;

/// What the item of a large result has besides the result, in bytes: key, expiry, names.
const RESULT_KEY_BYTES: f64 = 100.0;

/// How a client follows its job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Following {
    pub(super) polls: u32,
    /// Whether each poll but the last says what it has (`If-None-Match`), and gets a 304.
    pub(super) is_conditional: bool,
    /// Whether the submit is held back until the job's end (`Prefer: wait`), for 20 s at most.
    pub(super) is_held: bool,
}

/// What one job takes.
pub(super) fn usage(assumed: &Assumptions, following: Following) -> Usage {
    let polls = f64::from(following.polls);
    let (looks, held) = if following.is_held {
        let end = Duration::from_secs_f64(assumed.end_ms() / 1_000.0);
        api::looks_until(end)
    } else {
        (0, Duration::ZERO)
    };
    let held_ms = held.as_secs_f64() * 1_000.0;
    let batches = 1.0 / f64::from(assumed.jobs_per_batch);
    let api_ms = assumed.submit_ms() + held_ms + polls * assumed.status_ms();
    let api = gb_seconds(api_ms, assumed.api_memory);
    let worker = gb_seconds(assumed.batch_ms(), assumed.worker_memory) * batches;
    let units = units(assumed, following) + What::Look.units() * f64::from(looks);
    let own_logs = LOG_BYTES.submit + LOG_BYTES.worker + LOG_BYTES.status * polls;
    let submits = (f64::from(assumed.input_bytes) / API_CHUNK_BYTES).ceil();
    metered(submits.max(1.0) + polls, 1.0 + polls + batches, own_logs)
        .and(assumed.architecture.gb_second(), api + worker)
        .and(Item::SqsRequest, units.sqs_requests)
        // Each message has its owner's group.
        .and(Item::SqsFairRequest, units.sqs_requests)
        .and(Item::WriteUnit, units.writes())
        .and(Item::ReadUnit, units.reads)
}

/// What requests and invocations take wherever they go: themselves, their logs, their traces.
pub(super) fn metered(requests: f64, invocations: f64, own_log_bytes: f64) -> Usage {
    let logged = own_log_bytes + invocations * PLATFORM_LOG_BYTES + requests * ACCESS_LOG_BYTES;
    Usage::default()
        .and(Item::ApiRequest, requests)
        .and(Item::LambdaRequest, invocations)
        .and(Item::LogGb, logged / 1e9)
        .and(Item::Trace, invocations * TRACED)
}

fn units(assumed: &Assumptions, following: Following) -> Units {
    let polls = f64::from(following.polls);
    let poll = if following.is_conditional {
        What::PollUnchanged
    } else {
        What::Poll
    };
    let submit = What::Submit.units() + What::Run.units() + result(assumed, polls);
    let progress = What::Progress.units() * f64::from(assumed.progress_writes);
    submit + progress + poll.units() * polls + queue(assumed)
}

/// What the end's write and the last poll take for the result: as a part of the record, or as an item of its own, which an
/// eventually consistent read gets.
fn result(assumed: &Assumptions, polls: f64) -> Units {
    let result = f64::from(assumed.result_bytes);
    let ended = f64::from(RECORD_BYTES) + result;
    let last_poll = polls.min(1.0);
    if ended <= f64::from(MAX_RECORD_BYTES) {
        return Units {
            table_writes: (ended / 1_024.0).ceil() - 1.0,
            ..Units::NONE
        };
    }
    let item = RESULT_KEY_BYTES + result;
    Units {
        reads: last_poll * (item / 4_096.0).ceil() / 2.0,
        table_writes: (item / 1_024.0).ceil(),
        ..Units::NONE
    }
}

/// What the message takes beyond its first request of the send, and the batch that it comes in.
fn queue(assumed: &Assumptions) -> Units {
    let jobs = f64::from(assumed.jobs_per_batch);
    let message = f64::from(assumed.input_bytes) + ENVELOPE_BYTES;
    let further = |bytes: f64| (bytes / SQS_CHUNK_BYTES).ceil() - 1.0;
    let batch = per_batch().sqs_requests + further(message * jobs);
    Units {
        sqs_requests: further(message) + batch / jobs,
        ..Units::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::super::assumptions::tests::by_hand;
    use super::*;

    fn polled(polls: u32) -> Following {
        Following {
            polls,
            ..Following::default()
        }
    }

    fn near(usage: &Usage, item: Item, expected: f64) {
        let amount = usage.of(item);
        assert!((amount - expected).abs() < 1e-9, "{item:?}: {amount}");
    }

    #[test]
    fn a_job_without_a_poll_takes_what_a_hand_counts() {
        let usage = usage(&by_hand(), polled(0));
        near(&usage, Item::ApiRequest, 1.0);
        near(&usage, Item::LambdaRequest, 2.0);
        // 20 ms at half a GB, 50 ms and the job's second at one.
        near(&usage, Item::GbSecondArm64, 0.01 + 1.05);
        near(&usage, Item::SqsRequest, 3.0);
        near(&usage, Item::SqsFairRequest, 3.0);
        near(&usage, Item::WriteUnit, 4.0);
        near(&usage, Item::ReadUnit, 0.0);
        near(&usage, Item::Trace, 0.1);
    }

    #[test]
    fn each_poll_is_a_request_an_invocation_and_a_read_and_a_304_too() {
        let usage_of = |following| usage(&by_hand(), following);
        let five = usage_of(polled(5));
        near(&five, Item::ApiRequest, 6.0);
        near(&five, Item::LambdaRequest, 7.0);
        near(&five, Item::GbSecondArm64, 0.01 + 1.05 + 5.0 * 0.005);
        near(&five, Item::ReadUnit, 5.0);
        let conditional = usage_of(Following {
            is_conditional: true,
            ..polled(5)
        });
        assert_eq!(conditional, five);
    }

    #[test]
    fn a_held_answer_is_billed_lambda_time_and_half_a_read_for_each_look() {
        let held = usage(
            &by_hand(),
            Following {
                is_held: true,
                ..Following::default()
            },
        );
        // At its end after 1.1 s, which the third look sees, after 1.4 s.
        near(&held, Item::GbSecondArm64, 0.01 + 1.05 + 1.4 * 0.5);
        near(&held, Item::ReadUnit, 1.5);
        near(&held, Item::ApiRequest, 1.0);
    }

    #[test]
    fn jobs_of_a_batch_share_its_calls_and_its_time() {
        let ten = Assumptions {
            jobs_per_batch: 10,
            ..by_hand()
        };
        let usage = usage(&ten, polled(0));
        near(&usage, Item::LambdaRequest, 1.1);
        near(&usage, Item::SqsRequest, 1.2);
        near(&usage, Item::GbSecondArm64, 0.01 + 0.105);
    }

    #[test]
    fn a_large_input_or_result_takes_units_for_what_it_weighs() {
        let large = Assumptions {
            input_bytes: 100_000,
            result_bytes: 10_000,
            progress_writes: 3,
            ..by_hand()
        };
        let usage = usage(&large, polled(2));
        near(&usage, Item::ApiRequest, 3.0);
        // Two for the send, two for the receive, one for the delete.
        near(&usage, Item::SqsRequest, 5.0);
        // Record and index, claim, three times progress, 10,100 bytes of result, the end.
        near(&usage, Item::WriteUnit, 2.0 + 1.0 + 3.0 + 10.0 + 1.0);
        // Two polls, and half of the result's three units.
        near(&usage, Item::ReadUnit, 2.0 + 1.5);
        let largest = Assumptions {
            input_bytes: 1_000_000,
            ..large
        };
        near(&super::usage(&largest, polled(0)), Item::ApiRequest, 2.0);
    }
}
