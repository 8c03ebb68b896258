"""A waiter of botocore waits for a job: it needs a model of the API and of what to wait for, and no code."""

from pathlib import Path

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import WaiterError
from botocore.loaders import Loader
from botocore.session import Session

from service import URL, post, submit


@pytest.fixture
def finished():
    session = Session()
    models = str(Path(__file__).parent / "models")
    session.register_component("data_loader", Loader(extra_search_paths=[models]))
    client = session.create_client(
        "jobs", region_name="us-east-1", endpoint_url=URL, config=Config(signature_version=UNSIGNED)
    )
    return client.get_waiter("job_finished")


def test_the_waiter_ends_when_the_job_has_succeeded(finished):
    _, job = submit("success")

    finished.wait(Id=job)


@pytest.mark.parametrize("outcome", ["failure", "cancel"])
def test_the_waiter_raises_when_there_will_be_no_success(finished, outcome):
    if outcome == "cancel":
        uri, job = submit(seconds=600)
        post(f"{uri}/cancel")
    else:
        _, job = submit(outcome)

    with pytest.raises(WaiterError) as raised:
        finished.wait(Id=job)

    assert "terminal failure state" in str(raised.value)
    expected = {"failure": "rehearsed-failure", "cancel": "canceled"}[outcome]
    assert raised.value.last_response["Failure"]["Code"] == expected
