// One read for each request: what bare-status does, in JavaScript.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'

const dynamodb = new DynamoDBClient({})

export const handler = async (event) => {
  const id = event.rawPath.split('/').pop()
  const read = new GetItemCommand({ TableName: process.env.TABLE_NAME, Key: { id: { S: id } }, ConsistentRead: true })
  const { Item } = await dynamodb.send(read)
  const body = JSON.stringify({ id, state: Item.state.S })
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body }
}
