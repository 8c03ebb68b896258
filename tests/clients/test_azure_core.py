"""azure-core's poller for long-running operations drives a job to its end, unmodified."""

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import HeadersPolicy, RedirectPolicy, RequestIdPolicy, RetryPolicy
from azure.core.polling import LROPoller
from azure.core.polling.base_polling import LROBasePolling
from azure.core.rest import HttpRequest

from service import URL, post, rehearsal


@pytest.fixture
def client():
    with PipelineClient(URL, policies=[RequestIdPolicy(), HeadersPolicy(), RetryPolicy()]) as client:
        yield client


def begin(client, job, headers=None):
    """Submits the job as the generated `begin_…` methods of the Azure SDKs do."""
    request = HttpRequest("POST", f"{URL}/jobs", json=job, headers=headers)
    submitted = client.send_request(request, _return_pipeline_response=True)
    # So long between two looks where an answer does not say better; each answer of ours does.
    polling = LROBasePolling(timeout=3600)
    return LROPoller(client, submitted, lambda response: response.http_response.json(), polling)


def test_a_job_that_succeeds_ends_with_its_result(client):
    poller = begin(client, rehearsal("success"))

    assert poller.result(timeout=60) == {"outcome": "success", "attempt": 1, "steps": 10}
    assert (poller.done(), poller.status()) == (True, "Succeeded")


def test_a_large_result_is_read_where_it_is_without_the_credentials():
    # That this is a job of alice's shows that the service got the header; that the store answers shows that it did not.
    alice = {"authorization": "Basic YWxpY2U6"}
    policies = [RequestIdPolicy(), HeadersPolicy(alice), RedirectPolicy(), RetryPolicy()]
    with PipelineClient(URL, policies=policies) as client:
        poller = begin(client, rehearsal("large-result"))

        result = poller.result(timeout=60)

    assert result["outcome"] == "large-result"
    assert len(result["padding"]) == 380_000


def test_a_job_that_fails_raises_its_error(client):
    poller = begin(client, rehearsal("failure"))

    with pytest.raises(HttpResponseError) as raised:
        poller.result(timeout=60)

    assert raised.value.error.code == "rehearsed-failure"
    assert raised.value.error.message == "the job was asked to fail"
    assert poller.status() == "Failed"


def test_a_job_that_is_canceled_raises_that(client):
    poller = begin(client, rehearsal(seconds=600))
    post(f"{poller.polling_method()._operation.get_polling_url()}/cancel")

    with pytest.raises(HttpResponseError) as raised:
        poller.result(timeout=60)

    assert raised.value.error.code == "canceled"
    assert poller.status() == "Canceled"


def test_a_job_that_ends_while_its_submitter_waits_needs_no_poll(client):
    poller = begin(client, rehearsal(seconds=0.1), {"prefer": "wait=20"})

    assert poller.polling_method().finished()
    assert poller.result(timeout=60)["job"]["result"]["outcome"] == "success"


def test_a_poller_goes_on_where_another_one_was(client):
    token = begin(client, rehearsal("success")).continuation_token()

    poller = LROPoller.from_continuation_token(
        LROBasePolling(timeout=3600),
        token,
        client=client,
        deserialization_callback=lambda response: response.http_response.json(),
    )

    assert poller.result(timeout=60)["outcome"] == "success"
