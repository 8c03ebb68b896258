"""What a client may rely on, through HTTP, wherever the service runs: `acceptance.py URL`.

The service must accept `rehearsal` jobs, and should have a retention of about a minute: one check waits for its end.
"""

import sys
import time
import unittest
from datetime import datetime, timedelta, timezone
from uuid import uuid4

from http_api import Api, fetch


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Acceptance(unittest.TestCase):
    api: Api

    @classmethod
    def setUpClass(cls):
        # Looked at by the last check: until then its time runs out.
        cls.expiring = cls.api.submit("rehearsal", {"seconds": 0})
        cls.expires_at = moment(cls.api.wait_for_end(cls.expiring)["job"]["expires-at"])

    def problem(self, answer, status, slug):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        problem = answer.json()
        self.assertTrue(problem["type"].endswith(f"/problems/{slug}"), problem)
        return problem

    def test_a_job_is_accepted_and_its_status_uri_is_there_at_once(self):
        answer = self.api.post_job({"name": "rehearsal", "input": {"seconds": 1}})
        self.assertEqual(answer.status, 202, answer)
        uri = answer.headers["location"]
        self.assertEqual(answer.headers["operation-location"], uri)
        self.assertTrue(uri.startswith(f"{self.api.url}/jobs/"), uri)
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        self.assertEqual(answer.json()["task"]["id"], uri.rsplit("/", 1)[1])
        self.assertEqual(self.api.get(uri).status, 200)

    def test_progress_is_seen_while_the_job_runs(self):
        uri = self.api.submit("rehearsal", {"seconds": 6, "steps": 6})
        document = self.api.wait_for(uri, lambda job: 0 < job["percent-complete"] < 100)
        self.assertEqual(document["job"]["job-state"], "STARTED")
        self.assertEqual(document["job"]["job-status"], "INPROGRESS")
        self.assertEqual(document["status"], "InProgress")
        self.assertEqual(self.api.wait_for_end(uri)["job"]["percent-complete"], 100)

    def test_a_result_is_where_the_status_says(self):
        uri = self.api.submit("csv_profile", {"csv": "city,people\nUlm,2\nBonn,3\n"}, summary="cities")
        document = self.api.wait_for_end(uri)
        self.assertEqual(document["status"], "Succeeded", document)
        result = self.api.get(document["resourceLocation"])
        self.assertEqual(result.status, 200, result)
        self.assertEqual(result.json()["rows"], 2)

    def test_a_large_input_is_uploaded_and_read(self):
        rows = b"".join(b"city-%d,%d\n" % (row, row % 97) for row in range(150_000))
        upload = self.api.upload(b"city,people\n" + rows, "text/csv")
        uri = self.api.submit("csv_profile", {"csv": {"upload": upload}})
        document = self.api.wait_for_end(uri)
        self.assertEqual(document["status"], "Succeeded", document)
        self.assertEqual(document["job"]["result"]["rows"], 150_000)
        unknown = {"name": "csv_profile", "input": {"csv": {"upload": str(uuid4())}}}
        self.assertEqual(self.problem(self.api.post_job(unknown), 422, "invalid-job")["errors"][0]["pointer"][:10], "/input/csv")

    def test_a_large_result_is_where_its_job_leads_to_until_that_is_deleted(self):
        uri = self.api.submit("rehearsal", {"seconds": 0, "outcome": "large-result"})
        document = self.api.wait_for_end(uri)
        self.assertEqual((document["status"], document["job"]["result"]), ("Succeeded", None), document)
        there = self.api.get(document["resourceLocation"])
        self.assertEqual(there.status, 307, there)
        result = fetch("GET", there.headers["location"])
        self.assertEqual((result.status, result.json()["outcome"]), (200, "large-result"))
        self.assertEqual(self.api.send("DELETE", uri).status, 204)
        self.assertIn(fetch("GET", there.headers["location"]).status, {403, 404})

    def test_an_unchanged_status_is_304(self):
        uri = self.api.submit("rehearsal", {"seconds": 0})
        self.api.wait_for_end(uri)
        tag = self.api.get(uri).headers["etag"]
        self.assertEqual(self.api.get(uri, if_none_match=tag).status, 304)

    def test_a_failed_job_says_why_and_has_no_result(self):
        uri = self.api.submit("rehearsal", {"seconds": 0, "outcome": "failure"})
        document = self.api.wait_for_end(uri)
        self.assertEqual(document["status"], "Failed")
        self.assertTrue(document["error"]["message"])
        self.problem(self.api.get(f"{uri}/result"), 410, "job-failed")

    def test_an_error_leads_to_another_attempt(self):
        uri = self.api.submit("rehearsal", {"seconds": 0, "outcome": "retry-then-success"})
        job = self.api.wait_for_end(uri)["job"]
        self.assertEqual((job["job-status"], job["attempt"]), ("SUCCESS", 2))

    def test_a_scheduled_job_is_canceled_and_never_starts(self):
        start = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        uri = self.api.submit("rehearsal", {"seconds": 0}, **{"scheduled-start-time": start})
        self.assertEqual(self.api.send("POST", f"{uri}/cancel").status, 200)
        job = self.api.get(uri).json()["job"]
        self.assertEqual((job["job-status"], job["attempt"]), ("CANCELED", 0))
        self.problem(self.api.get(f"{uri}/result"), 410, "job-canceled")

    def test_a_running_job_is_canceled(self):
        uri = self.api.submit("rehearsal", {"seconds": 60, "steps": 60})
        self.api.wait_for(uri, lambda job: job["job-state"] == "STARTED")
        self.assertEqual(self.api.send("POST", f"{uri}/cancel").status, 202)
        self.assertEqual(self.api.wait_for_end(uri)["job"]["job-status"], "CANCELED")
        self.problem(self.api.send("POST", f"{self.expiring}/cancel"), 409, "job-finished")

    def test_the_same_key_and_request_is_one_job(self):
        key = {"idempotency-key": f'"{uuid4()}"'}
        job = {"name": "rehearsal", "input": {"seconds": 0}}
        first, second = (self.api.post_job(job, key) for _ in range(2))
        self.assertEqual((first.status, second.status), (202, 202), second)
        self.assertEqual(first.headers["location"], second.headers["location"])
        self.assertEqual(second.headers["idempotency-replayed"], "true")
        other = self.api.post_job({**job, "summary": "another"}, key)
        self.problem(other, 422, "idempotency-key-reused")

    def test_a_deleted_job_is_gone(self):
        uri = self.api.submit("rehearsal", {"seconds": 0})
        self.api.wait_for_end(uri)
        # 410 when the answer to the function's first try was lost on a busy machine, and the second found nothing left.
        self.assertIn(self.api.send("DELETE", uri).status, {204, 410})
        self.problem(self.api.get(uri), 410, "job-expired")

    def test_the_list_has_the_newest_job_first(self):
        uri = self.api.submit("rehearsal", {"seconds": 0})
        listed = self.api.get("/jobs?limit=1").json()
        self.assertEqual([job["id"] for job in listed["jobs"]], [uri.rsplit("/", 1)[1]])

    def test_what_cannot_be_accepted_is_a_problem(self):
        self.problem(self.api.post_job("{"), 400, "malformed-json")
        self.problem(self.api.post_job("{}", {"content-type": "text/plain"}), 415, "unsupported-media-type")
        wrong = self.problem(self.api.post_job({"name": "rehearsal", "input": {"seconds": -1}}), 422, "invalid-job")
        self.assertEqual(wrong["errors"][0]["pointer"], "/input/seconds")
        self.problem(self.api.get(f"/jobs/{uuid4()}"), 404, "job-not-found")
        self.problem(self.api.send("PUT", "/jobs"), 405, "method-not-allowed")

    def test_z_a_job_whose_time_is_over_is_gone(self):
        left = self.expires_at - datetime.now(timezone.utc)
        time.sleep(max(0, left.total_seconds()) + 1)
        problem = self.problem(self.api.get(self.expiring), 410, "job-expired")
        # It is said as long as it is known: TTL may have deleted the record by now.
        if "expired-at" in problem:
            self.assertEqual(moment(problem["expired-at"]), self.expires_at)
        self.assertNotIn("retry-after", self.api.get(self.expiring).headers)


def run(api):
    """Whether every check passes of this API."""
    Acceptance.api = api
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Acceptance)
    return unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite).wasSuccessful()


if __name__ == "__main__":
    sys.exit(not run(Api(sys.argv[1])))
