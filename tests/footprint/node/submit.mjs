// A message and a record for each request: what bare-submit does, in JavaScript.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs'

const FINGERPRINT = 'c0fcb95d5758a90ff509b058a5c2fe5155162e17abd771de37d19f56cae7d879'

const sqs = new SQSClient({})
const dynamodb = new DynamoDBClient({})

const record = (id) => ({
  id: { S: id },
  owner: { S: 'arn:aws:sts::123456789012:assumed-role/reports|AROADBQP57FF2AEXAMPLE' },
  name: { S: 'csv_profile' },
  fingerprint: { S: FINGERPRINT },
  creation_token: { S: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
  state: { S: 'SCHEDULED' },
  summary: { S: '' },
  owner_shard: { S: 'adda8be240a4e23ff85387cfd2ca9985#3' },
  created_order: { S: '001767264645000-f464b758-f84e-8e40-be0b-ed17081a2b15' },
  percent: { N: '0' },
  scheduled_start_ms: { N: '1767264645000' },
  deadline_ms: { N: '1767351045000' },
  overdue_ms: { N: '1767351405000' },
  expires_at: { N: '1767437445' },
  attempt: { N: '0' },
  max_attempts: { N: '3' },
  version: { N: '1' },
  updated_at_ms: { N: '1767264645000' },
})

export const handler = async (event, context) => {
  const id = context.awsRequestId
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.QUEUE_URL,
      MessageBody: JSON.stringify({ id, name: 'csv_profile', fingerprint: FINGERPRINT, input: JSON.parse(event.body) }),
      MessageGroupId: 'adda8be240a4e23ff85387cfd2ca9985',
    }),
  )
  await dynamodb.send(
    new PutItemCommand({
      TableName: process.env.TABLE_NAME,
      Item: record(id),
      ConditionExpression: 'attribute_not_exists(#id) OR #expires_at <= :now_seconds',
      ExpressionAttributeNames: { '#id': 'id', '#expires_at': 'expires_at' },
      ExpressionAttributeValues: { ':now_seconds': { N: '1767264645' } },
    }),
  )
  return { statusCode: 202, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }) }
}
