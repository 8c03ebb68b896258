"""openstacksdk's `wait_for_status` waits for a job: a resource class says where its members are."""

import pytest
from openstack import exceptions, resource
from openstack.connection import Connection
from openstack.proxy import Proxy

from service import URL, post, submit


class Job(resource.Resource):
    base_path = "/jobs"
    resource_key = "job"
    allow_fetch = True

    status = resource.Body("job-status")
    percent = resource.Body("percent-complete", type=int)
    result = resource.Body("result", type=dict)


@pytest.fixture
def session():
    with Connection(auth_type="none", auth={"endpoint": URL}) as cloud:
        yield Proxy(cloud.session, service_type="jobs", endpoint_override=URL)


def wait(session, job):
    job = Job.new(id=job).fetch(session)
    return resource.wait_for_status(session, job, "SUCCESS", ["FAILED", "CANCELED"], interval=1, wait=60)


def test_the_job_that_succeeded_comes_back_with_its_result(session):
    _, job = submit("success")

    done = wait(session, job)

    assert (done.status, done.percent, done.result["outcome"]) == ("SUCCESS", 100, "success")


@pytest.mark.parametrize("outcome", ["failure", "cancel"])
def test_a_job_without_success_raises(session, outcome):
    if outcome == "cancel":
        uri, job = submit(seconds=600)
        post(f"{uri}/cancel")
    else:
        _, job = submit(outcome)

    with pytest.raises(exceptions.ResourceFailure):
        wait(session, job)
