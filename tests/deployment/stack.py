"""Stacks of this project's template on ministack, made by the SAM CLI as the README has it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import boto3

from http_api import Api

FOLDER = Path(__file__).resolve().parents[2]
ENDPOINT = os.environ["MINISTACK_URL"]
REGION = "us-east-1"
ENVIRONMENT = {
    **os.environ,
    "AWS_ENDPOINT_URL": ENDPOINT,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "SAM_CLI_TELEMETRY": "0",
}
# What runs on this machine.
ARCHITECTURE = {"Architecture": "x86_64"}


def client(service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=REGION, **keys)


def sam(*arguments, answers=None):
    """Runs the SAM CLI; what it printed, and whether it succeeded."""
    command = ["sam", *arguments]
    done = subprocess.run(
        command, cwd=FOLDER, env=ENVIRONMENT, input=answers, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout, done.returncode == 0


def parameters_of_template():
    template = (FOLDER / "template.yaml").read_text()
    section = re.search(r"^Parameters:\n(.*?)^\w", template, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^  (\w+):$", section, re.MULTILINE)


class Stack:
    def __init__(self, name):
        self.name = name
        self.parameters = dict(ARCHITECTURE)

    def _overrides(self, parameters):
        self.parameters.update(parameters)
        return ["--parameter-overrides", *(f"{name}={value}" for name, value in self.parameters.items())]

    def try_deploy(self, **parameters):
        overrides = self._overrides(parameters)
        return sam("deploy", "--stack-name", self.name, "--no-confirm-changeset", *overrides)

    def deploy(self, **parameters):
        """Deploys with these parameters and those of before; every other one has its default."""
        printed, succeeded = self.try_deploy(**parameters)
        assert succeeded, printed
        return self

    def deploy_guided(self):
        """Deploys as somebody does who types the stack's name and takes what is offered to the end. What is offered as the
        architecture is what samconfig.toml says, edited for this machine."""
        config = (FOLDER / "samconfig.toml").read_text().replace("Architecture=arm64", "Architecture=x86_64")
        every_parameter = [""] * len(parameters_of_template())
        answers = [self.name, REGION, *every_parameter]
        # Confirm changes, allow roles, disable rollback, keep the answers in samconfig.toml; and the change set itself.
        answers += ["y", "y", "n", "n", "y"]
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as edited:
            edited.write(config)
            edited.flush()
            arguments = ["deploy", "--guided", "--config-file", edited.name]
            printed, succeeded = sam(*arguments, answers="\n".join(answers) + "\n")
        assert succeeded and "Parameter Architecture [x86_64]" in printed, printed
        return self

    def delete(self):
        """What `sam delete` asks CloudFormation for; itself it stumbles over ministack's description of a stack."""
        formation = client("cloudformation")
        formation.delete_stack(StackName=self.name)
        formation.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig={"Delay": 1})

    def description(self):
        return client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]

    def outputs(self):
        return {output["OutputKey"]: output["OutputValue"] for output in self.description()["Outputs"]}

    def resources(self, kind):
        """The physical ids of the stack's resources of one type, by their logical names."""
        listed = client("cloudformation").describe_stack_resources(StackName=self.name)["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed if one["ResourceType"] == kind}

    def environment(self, function):
        """The variables that a function is deployed with."""
        name = self.resources("AWS::Lambda::Function")[function]
        return client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def set_variables(self, function, **variables):
        """Adds variables to a deployed function, past the template, until the stack is deployed again."""
        name = self.resources("AWS::Lambda::Function")[function]
        together = {**self.environment(function), **variables}
        client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": together})

    def api(self, headers=None):
        return Api(self.outputs()["BaseUrl"], headers)
