"""What schemathesis is told besides its configuration."""

import schemathesis

# Rehearsals that keep a processor or a gibibyte of memory for minutes.
HEAVY = {"spin", "hang", "block", "memory", "chatter", "large-result"}


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """What is tried here is the HTTP side, so no rehearsal may wear the machine out; another outcome is as valid."""
    body = case.body if isinstance(case.body, dict) else {}
    given = body.get("input")
    if isinstance(given, dict) and isinstance(given.get("outcome"), str) and given["outcome"] in HEAVY:
        given["outcome"] = "success"
    callback = body.get("callback")
    if is_positive(case) and isinstance(callback, dict) and callback["url"].lower().startswith("https:"):
        # Nobody has this host (RFC 6761, section 6.4), so nobody is called.
        callback["url"] = "https://hooks.invalid/"


@schemathesis.check
def problems_are_those_of_the_document(ctx, response, case):
    """A problem is one that the document lists for its response, and names the response's status."""
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    documented = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    if is_positive(case):
        assert problem["error"]["code"] in documented.get("x-problems", []), problem


@schemathesis.check
def valid_jobs_are_accepted(ctx, response, case):
    """A job that the document allows is refused for a reused key, a start too far ahead, a callback URL that is not called, or an upload
    that does not exist. An upload is refused for its size.

    Also for a whole number that is written with a fraction, such as 3.0: JSON Schema counts it among the integers, and
    Rust's types do not. For nothing else.
    """
    if not is_positive(case) or response.status_code != 422:
        return
    problem = response.json()
    is_reused = problem["error"]["code"] == "idempotency-key-reused"
    others = [
        error
        for error in problem.get("errors", [])
        if error["pointer"] not in {"/scheduled-start-time", "/bytes", "/callback/url"}
        and ".0`, expected u32" not in error["detail"]
        and not error["detail"].startswith("is not a completed upload of yours")
    ]
    assert is_reused or (problem.get("errors") and not others), problem
