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
    """A job that the document allows is refused for a reused key, a start too far ahead, or an upload that does not exist. An upload is
    refused for its size.

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
        if error["pointer"] not in {"/scheduled-start-time", "/bytes"}
        and ".0`, expected u32" not in error["detail"]
        and not error["detail"].startswith("is not a completed upload of yours")
    ]
    assert is_reused or (problem.get("errors") and not others), problem
