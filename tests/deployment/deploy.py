"""The deployment: the SAM CLI deploys the template to ministack, with the functions that it built, and everything that can
be shown there is shown through the deployed API. Where ministack falls short of AWS: see ministack.txt.

`MINISTACK_URL=http://127.0.0.1:4566 python3 deploy.py`, after `sam build --parameter-overrides Architecture=x86_64`.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import acceptance
import emulator
import signed_request
from http_api import PATIENCE_S
from stack import Stack, client

FUNCTIONS = ("SubmitFunction", "StatusFunction", "WorkerFunction")
REHEARSAL = {"name": "rehearsal", "input": {"seconds": 0}}


def nobody_comes_in_by_default():
    stack = Stack("closed").deploy_guided()
    answer = stack.api().post_job({"name": "csv_profile", "input": {"csv": "a\n1\n"}})
    assert answer.status == 403, answer
    (api_id,) = stack.resources("AWS::ApiGatewayV2::Api").values()
    routes = client("apigatewayv2").get_routes(ApiId=api_id)["Items"]
    asked_for = {route["RouteKey"]: route["AuthorizationType"] for route in routes}
    assert len(asked_for) >= 4 and set(asked_for.values()) == {"AWS_IAM"}, asked_for


def what_stands_there_is_what_the_template_says():
    stack = Stack("closed")
    outputs = stack.outputs()
    assert not is_protected(stack)
    for name in ("JobQueueUrl", "DeadLetterQueueUrl", "UndeliveredSchedulesUrl"):
        queue = client("sqs").get_queue_attributes(QueueUrl=outputs[name], AttributeNames=["All"])["Attributes"]
        assert denied_without_tls(queue["Policy"]), queue
        assert name != "JobQueueUrl" or queue["VisibilityTimeout"] == "960", queue
    schedules = stack.environment("SubmitFunction")["SCHEDULE_GROUP"]
    assert stack.resources("AWS::Scheduler::ScheduleGroup") == {"Schedules": schedules}
    assert client("scheduler").get_schedule_group(Name=schedules)["State"] == "ACTIVE"
    for function in stack.resources("AWS::Lambda::Function").values():
        configuration = client("lambda").get_function_configuration(FunctionName=function)
        assert configuration["Architectures"] == ["x86_64"], configuration
    (mapping,) = mappings()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}, mapping
    dashboard = urlsplit(outputs["DashboardUrl"]).fragment.rsplit("/", 1)[1]
    body = json.loads(client("cloudwatch").get_dashboard(DashboardName=dashboard)["DashboardBody"])
    assert body["widgets"], body
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == len(stack.resources("AWS::CloudWatch::Alarm")), alarms
    groups = client("logs").describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/aws/vendedlogs/accepted/closed"], groups


def denied_without_tls(policy):
    """The action that a policy denies without TLS, if it says nothing else."""
    (denied,) = json.loads(policy)["Statement"]
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return denied["Action"] if denied["Effect"] == "Deny" and denied["Condition"] == condition else None


def is_protected(stack):
    table = client("dynamodb").describe_table(TableName=stack.outputs()["JobsTable"])["Table"]
    return table["DeletionProtectionEnabled"]


def the_table_is_protected_once_its_owner_says_so():
    assert is_protected(Stack("closed").deploy(DeletionProtection="true"))


def large_payloads_have_a_bucket_while_the_deployer_wants_one():
    stack = Stack("closed")
    assert has_no_bucket(stack)
    stack.deploy(LargePayloads="true", UploadDays=3, MaxUploadMebibytes=64)
    bucket = stack.outputs()["PayloadsBucket"]
    assert stack.resources("AWS::S3::Bucket") == {"Payloads": bucket}
    assert denied_without_tls(client("s3").get_bucket_policy(Bucket=bucket)["Policy"]) == "s3:*"
    assert "Status" not in client("s3").get_bucket_versioning(Bucket=bucket), "versions are kept"
    assert {name: stack.environment(name)["PAYLOADS_BUCKET"] for name in FUNCTIONS} == dict.fromkeys(FUNCTIONS, bucket)
    submit = stack.environment("SubmitFunction")
    assert (submit["UPLOAD_DAYS"], submit["MAX_UPLOAD_MIB"]) == ("3", "64"), submit
    prefixes = {"submit": ["uploads", "results"], "status": ["results"], "worker": ["uploads", "results"]}
    for function, expected in prefixes.items():
        resources = [f"arn:aws:s3:::{bucket}/{prefix}/*" for prefix in expected]
        assert objects_of_the_role(stack, function) == resources, (function, objects_of_the_role(stack, function))
    stack.deploy(LargePayloads="false")
    assert has_no_bucket(stack)


def has_no_bucket(stack):
    """That nothing is there but the parameters of one."""
    variables = {name for function in FUNCTIONS for name in stack.environment(function)}
    assert not variables & {"PAYLOADS_BUCKET", "PAYLOADS_DOMAIN", "UPLOAD_DAYS", "MAX_UPLOAD_MIB"}, variables
    assert not any(objects_of_the_role(stack, function) for function in ("submit", "status", "worker"))
    return not stack.resources("AWS::S3::Bucket") and "PayloadsBucket" not in stack.outputs()


def webhooks_have_a_queue_and_a_mapping_while_the_deployer_wants_them():
    stack = Stack("closed")
    assert has_no_webhooks(stack)
    stack.deploy(Webhooks="true", CallbackHosts="hooks.example.com", CallbackConcurrency=3)
    queue = stack.outputs()["CallbackQueueUrl"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert denied_without_tls(attributes["Policy"]) == "sqs:*", attributes
    assert (attributes["VisibilityTimeout"], attributes["MessageRetentionPeriod"]) == ("960", "1209600"), attributes
    of_webhooks = [mapping for mapping in mappings() if mapping["EventSourceArn"] == attributes["QueueArn"]]
    (mapping,) = of_webhooks
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping
    assert (mapping["ScalingConfig"], mapping["BatchSize"]) == ({"MaximumConcurrency": 3}, 10), mapping
    assert {stack.environment(name)["WEBHOOKS"] for name in FUNCTIONS} == {"true"}
    worker = stack.environment("WorkerFunction")
    assert (worker["CALLBACK_QUEUE_URL"], worker["CALLBACK_HOSTS"]) == (queue, "hooks.example.com"), worker
    assert worker["ID_SECRETS"] == stack.environment("SubmitFunction")["ID_SECRETS"], worker
    stack.deploy(Webhooks="false")
    assert has_no_webhooks(stack)


def has_no_webhooks(stack):
    """That nothing is there but the parameters of them."""
    variables = {name for function in FUNCTIONS for name in stack.environment(function)}
    assert not variables & {"WEBHOOKS", "CALLBACK_QUEUE_URL", "CALLBACK_HOSTS", "API_BASE_URL"}, variables
    assert "ID_SECRETS" not in stack.environment("WorkerFunction")
    return len(mappings()) == 1 and "CallbackQueueUrl" not in stack.outputs()


def mappings():
    return client("lambda").list_event_source_mappings()["EventSourceMappings"]


def objects_of_the_role(stack, function):
    """The objects of S3 that a function's policy names."""
    role = stack.resources("AWS::IAM::Role")[f"{function.capitalize()}Role"]
    policy = client("iam").get_role_policy(RoleName=role, PolicyName=function)["PolicyDocument"]
    return [statement["Resource"] for statement in policy["Statement"] if "s3:" in str(statement["Action"])]


def a_callers_policy_names_its_api():
    stack = Stack("closed")
    (statement,) = json.loads(stack.outputs()["CallerPolicy"])["Statement"]
    (api_id,) = stack.resources("AWS::ApiGatewayV2::Api").values()
    assert statement["Action"] == "execute-api:Invoke" and f":{api_id}/" in statement["Resource"], statement


def the_readmes_request_is_signed_as_aws_signs_it():
    for token in ("", "a-session-token"):
        signed_request.check(token)


def a_wrong_parameter_is_refused():
    printed, succeeded = Stack("wrong").try_deploy(Authorization="OPEN")
    assert not succeeded and "AllowedValues" in printed, printed


def a_token_opens_and_a_forged_one_does_not():
    users = client("cognito-idp")
    pool = users.create_user_pool(PoolName="people")["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    app = users.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows)["UserPoolClient"]["ClientId"]
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
    stack = Stack("tokens").deploy(Authorization="JWT", JwtIssuer=issuer, JwtAudience=app)
    signed_in = sign_in(users, pool, app)
    forged = signed_in[:-8] + "AAAAAAAA"
    for token in ("", forged):
        answer = stack.api({"authorization": f"Bearer {token}"}).get("/jobs")
        assert answer.status == 401, answer
    # ministack cannot show what happens behind the gateway.
    answer = stack.api({"authorization": f"Bearer {signed_in}"}).get("/jobs")
    assert answer.status != 401, answer


def sign_in(users, pool, app):
    credentials = {"USERNAME": "alice", "PASSWORD": "A-password-1"}
    users.admin_create_user(UserPoolId=pool, Username="alice")
    users.admin_set_user_password(UserPoolId=pool, Username="alice", Password=credentials["PASSWORD"], Permanent=True)
    signed_in = users.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=credentials)
    return signed_in["AuthenticationResult"]["IdToken"]


def the_deployed_api_does_what_the_local_one_does():
    stack = Stack("open")
    stack.deploy(Authorization="NONE", OptInKinds="rehearsal", WorkerTimeoutSeconds=30, LargePayloads="true", Webhooks="true")
    # Shorter than the template allows, so that an expiry can be waited for.
    for function in ("SubmitFunction", "WorkerFunction"):
        stack.set_variables(function, RETENTION_SECONDS="60", WRITE_HORIZON_SECONDS="60")
    # What the template asks for, and ministack does not take from it.
    ttl = {"Enabled": True, "AttributeName": "expires_at"}
    client("dynamodb").update_time_to_live(TableName=stack.outputs()["JobsTable"], TimeToLiveSpecification=ttl)
    assert acceptance.run(stack.api())


def the_end_of_a_job_is_tried_at_its_receiver():
    api = open_stack().api()
    secrets = api.get("/callbacks").json()["callbacks"]["secrets"]
    assert secrets and all(secret.startswith("whsec_") for secret in secrets), "no secrets"
    # No receiver here has a public address: see ministack.txt. This name has no address at all.
    nowhere = "https://hooks.example.invalid/"
    accepted = api.post_job({**REHEARSAL, "callback": {"url": nowhere}})
    assert accepted.status == 202, accepted
    document = api.wait_for(accepted.headers["location"], lambda job: job["callback"]["attempts"] > 0)
    callback = document["job"]["callback"]
    assert (callback["url"], callback["state"], callback["last-status"]) == (nowhere, "PENDING", None), callback
    answer = api.post_job({**REHEARSAL, "callback": {"url": "http://127.0.0.1/"}})
    assert answer.status == 422, answer


def a_job_far_ahead_has_a_schedule_until_it_is_canceled():
    stack = open_stack()
    api, variables = stack.api(), stack.environment("SubmitFunction")
    start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=40)
    job = {**REHEARSAL, "scheduled-start-time": start.isoformat()}
    # A call of Scheduler may take too long on a busy machine: a job is not accepted then, or its schedule is left and fires for nothing.
    for answer in (api.post_job(job) for _ in range(5)):
        if answer.status == 503:
            continue
        assert answer.status == 202, answer
        uri = answer.headers["location"]
        (name,) = schedules_of(uri, variables)
        assert len(name) == 64, name
        schedule = client("scheduler").get_schedule(GroupName=variables["SCHEDULE_GROUP"], Name=name)
        assert schedule["ScheduleExpression"] == f"at({start:%Y-%m-%dT%H:%M:%S})", schedule
        assert schedule["Target"]["RoleArn"] == variables["SCHEDULE_ROLE_ARN"], schedule
        assert json.loads(schedule["Target"]["Input"])["QueueUrl"] == stack.outputs()["JobQueueUrl"], schedule
        assert api.send("POST", f"{uri}/cancel").status == 200
        if not schedules_of(uri, variables):
            return
    raise AssertionError("no schedule was deleted")


def schedules_of(uri, variables):
    """The names of a job's schedules."""
    schedules = client("scheduler").list_schedules(GroupName=variables["SCHEDULE_GROUP"])["Schedules"]
    digits = uri.rsplit("/", 1)[1].replace("-", "")
    return [schedule["Name"] for schedule in schedules if schedule["Name"].startswith(digits)]


def a_job_whose_record_is_deleted_is_gone_and_not_unknown():
    uri = acceptance.Acceptance.expiring
    key = {"id": {"S": uri.rsplit("/", 1)[1]}}
    table, asked = open_stack().outputs()["JobsTable"], time.monotonic()
    while "Item" in client("dynamodb").get_item(TableName=table, Key=key):
        assert time.monotonic() - asked < PATIENCE_S, "time to live deletes nothing"
        time.sleep(1)
    answer = open_stack().api().get(uri)
    assert answer.status == 410 and answer.json()["type"].endswith("/job-expired"), answer


def an_update_loses_no_job():
    stack = open_stack()
    api = stack.api()
    ends = []
    with ThreadPoolExecutor(100) as in_background:
        update = in_background.submit(lambda: stack.deploy(RetentionSeconds=600) and datetime.now(timezone.utc))
        # However long the update takes, jobs are under way when it is done. Each is waited for from its start, so that its own
        # time is not over before its end has been seen.
        while not wait([update], timeout=2).done:
            uri = api.submit("rehearsal", {"seconds": 5, "steps": 5})
            ends.append(in_background.submit(api.wait_for_end, uri))
        updated_at = update.result()
        ends = [end.result()["job"] for end in ends]
    assert [job["job-status"] for job in ends] == ["SUCCESS"] * len(ends), ends
    after = sum(acceptance.moment(job["end-time"]) > updated_at for job in ends)
    print(f"   {len(ends) - after} jobs ended before the update did, and {after} after it")
    assert after, "all jobs had ended: it proves nothing"
    for function in ("SubmitFunction", "WorkerFunction"):
        assert stack.environment(function)["RETENTION_SECONDS"] == "600"


def every_function_answers_every_event_under_the_runtime_interface_emulator():
    stack = open_stack()
    for function in FUNCTIONS:
        emulator.check(function, stack.environment(function))


def a_stack_goes_as_it_came():
    # On AWS the table, the secret and the bucket stay (DeletionPolicy), protected or not.
    Stack("closed").deploy(DeletionProtection="false")
    for name in ("closed", "tokens", "open"):
        stack = Stack(name)
        table = stack.outputs()["JobsTable"]
        stack.delete()
        assert table not in client("dynamodb").list_tables()["TableNames"]
    assert client("lambda").list_functions()["Functions"] == []


def open_stack():
    stack = Stack("open")
    stack.parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack.description()["Parameters"] if one["ParameterValue"]}
    return stack


STEPS = [
    nobody_comes_in_by_default,
    what_stands_there_is_what_the_template_says,
    the_table_is_protected_once_its_owner_says_so,
    large_payloads_have_a_bucket_while_the_deployer_wants_one,
    webhooks_have_a_queue_and_a_mapping_while_the_deployer_wants_them,
    a_callers_policy_names_its_api,
    the_readmes_request_is_signed_as_aws_signs_it,
    a_wrong_parameter_is_refused,
    a_token_opens_and_a_forged_one_does_not,
    the_deployed_api_does_what_the_local_one_does,
    the_end_of_a_job_is_tried_at_its_receiver,
    a_job_far_ahead_has_a_schedule_until_it_is_canceled,
    a_job_whose_record_is_deleted_is_gone_and_not_unknown,
    an_update_loses_no_job,
    every_function_answers_every_event_under_the_runtime_interface_emulator,
    a_stack_goes_as_it_came,
]


def main():
    for step in STEPS:
        began = time.monotonic()
        print(f"-- {step.__name__.replace('_', ' ')}", flush=True)
        step()
        print(f"   ok, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
