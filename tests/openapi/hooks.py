"""What schemathesis is told besides its configuration."""

import schemathesis

# Rehearsals that keep a processor or a gibibyte of memory for minutes.
HEAVY = {"spin", "hang", "block", "memory", "chatter", "large-result"}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """What is tried here is the HTTP side, so no rehearsal may wear the machine out; another outcome is as valid."""
    body = case.body if isinstance(case.body, dict) else {}
    given = body.get("input")
    if isinstance(given, dict) and isinstance(given.get("outcome"), str) and given["outcome"] in HEAVY:
        given["outcome"] = "success"


@schemathesis.check
def valid_jobs_are_accepted(ctx, response, case):
    """A job that the document allows is refused for a reused key or a start too far ahead.

    Also for a whole number that is written with a fraction, such as 3.0: JSON Schema counts it among the integers, and
    Rust's types do not. For nothing else.
    """
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_positive or response.status_code != 422:
        return
    problem = response.json()
    is_reused = problem["error"]["code"] == "idempotency-key-reused"
    others = [
        error
        for error in problem.get("errors", [])
        if error["pointer"] != "/scheduled-start-time" and ".0`, expected u32" not in error["detail"]
    ]
    assert is_reused or (problem.get("errors") and not others), problem
