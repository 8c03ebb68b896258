"""One read for each request: what bare-status does, in Python."""

import json
import os

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    id = event["rawPath"].rsplit("/", 1)[-1]
    answer = dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key={"id": {"S": id}}, ConsistentRead=True)
    body = {"id": id, "state": answer["Item"]["state"]["S"]}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
