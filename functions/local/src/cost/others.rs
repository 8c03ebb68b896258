//! What a job takes elsewhere: the same accept, run and poll on Step Functions Standard and on Lambda durable functions.
//!
//! Both run the same handler in a function of the same memory, one execution a job, and are polled through the same gateway
//! and a function that asks the service: an HTTP API cannot ask either by itself. Both get the benefit of the doubt: the
//! fewest transitions and operations, no logs of their own, no payload or history charged.

use super::assumptions::{Assumptions, gb_seconds};
use super::job::metered;
use super::prices::Item;
use super::usage::Usage;

/// A workflow of one task state is one step. AWS "counts a state transition each time a step of your workflow is executed";
/// whether start and end count too its page does not say, and a retry counts.
const TRANSITIONS: f64 = 1.0;

/// The execution's start, and one step.
const OPERATIONS: f64 = 2.0;

/// Step Functions Standard. The gateway starts the execution by itself, without a function.
pub(super) fn step_functions(assumed: &Assumptions, polls: u32) -> Usage {
    let polls = f64::from(polls);
    let api = gb_seconds(polls * assumed.status_ms(), assumed.api_memory);
    metered(1.0 + polls, 1.0 + polls, 0.0)
        .and(assumed.architecture.gb_second(), api + handler(assumed))
        .and(Item::StateTransition, TRANSITIONS)
}

/// Lambda durable functions. A function starts the execution, since an HTTP API waits for the functions that it calls.
pub(super) fn durable_functions(assumed: &Assumptions, polls: u32) -> Usage {
    let polls = f64::from(polls);
    let api_ms = assumed.submit_ms() + polls * assumed.status_ms();
    let api = gb_seconds(api_ms, assumed.api_memory);
    metered(1.0 + polls, 2.0 + polls, 0.0)
        .and(assumed.architecture.gb_second(), api + handler(assumed))
        .and(Item::DurableOperation, OPERATIONS)
}

fn handler(assumed: &Assumptions) -> f64 {
    gb_seconds(f64::from(assumed.job_ms), assumed.worker_memory)
}

#[cfg(test)]
mod tests {
    use super::super::assumptions::tests::by_hand;
    use super::super::prices::Prices;
    use super::*;

    #[test]
    fn what_each_takes_is_what_a_hand_counts() {
        let steps = step_functions(&by_hand(), 5);
        assert!((steps.of(Item::StateTransition) - 1.0).abs() < 1e-9);
        assert!((steps.of(Item::LambdaRequest) - 6.0).abs() < 1e-9);
        assert!((steps.of(Item::GbSecondArm64) - 1.025).abs() < 1e-9);
        let durable = durable_functions(&by_hand(), 5);
        assert!((durable.of(Item::DurableOperation) - 2.0).abs() < 1e-9);
        assert!((durable.of(Item::LambdaRequest) - 7.0).abs() < 1e-9);
        assert!((durable.of(Item::GbSecondArm64) - 1.035).abs() < 1e-9);
    }

    #[test]
    fn a_million_without_polls_costs_what_a_hand_computes() {
        let prices = Prices::load().unwrap();
        let steps = step_functions(&by_hand(), 0).usd_a_million(&prices);
        // 25 for the transitions, 1 for the requests, 0.20 and 13.3334 for the functions, 0.475 for 950 bytes of logs, 0.25 for
        // traces.
        assert!((steps - 40.2584).abs() < 1e-6, "{steps}");
    }
}
