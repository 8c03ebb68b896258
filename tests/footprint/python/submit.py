"""A message and a record for each request: what bare-submit does, in Python."""

import json
import os

import boto3

FINGERPRINT = "c0fcb95d5758a90ff509b058a5c2fe5155162e17abd771de37d19f56cae7d879"

sqs = boto3.client("sqs")
dynamodb = boto3.client("dynamodb")


def record(id):
    texts = {
        "id": id,
        "owner": "arn:aws:sts::123456789012:assumed-role/reports|AROADBQP57FF2AEXAMPLE",
        "name": "csv_profile",
        "fingerprint": FINGERPRINT,
        "creation_token": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "state": "SCHEDULED",
        "summary": "",
        "owner_shard": "adda8be240a4e23ff85387cfd2ca9985#3",
        "created_order": "001767264645000-f464b758-f84e-8e40-be0b-ed17081a2b15",
    }
    numbers = {
        "percent": "0",
        "scheduled_start_ms": "1767264645000",
        "deadline_ms": "1767351045000",
        "overdue_ms": "1767351405000",
        "expires_at": "1767437445",
        "attempt": "0",
        "max_attempts": "3",
        "version": "1",
        "updated_at_ms": "1767264645000",
    }
    item = {name: {"S": text} for name, text in texts.items()}
    return item | {name: {"N": digits} for name, digits in numbers.items()}


def handler(event, context):
    id = context.aws_request_id
    message = {"id": id, "name": "csv_profile", "fingerprint": FINGERPRINT, "input": json.loads(event["body"])}
    sqs.send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=json.dumps(message),
        MessageGroupId="adda8be240a4e23ff85387cfd2ca9985",
    )
    dynamodb.put_item(
        TableName=os.environ["TABLE_NAME"],
        Item=record(id),
        ConditionExpression="attribute_not_exists(#id) OR #expires_at <= :now_seconds",
        ExpressionAttributeNames={"#id": "id", "#expires_at": "expires_at"},
        ExpressionAttributeValues={":now_seconds": {"N": "1767264645"}},
    )
    return {"statusCode": 202, "headers": {"content-type": "application/json"}, "body": json.dumps({"id": id})}
