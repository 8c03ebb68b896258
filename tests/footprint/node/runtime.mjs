// The Runtime API's loop and nothing else: less than AWS's own client does.
import http from 'node:http'

const [, , file] = process.argv
const { handler } = (await import(file)).default
const agent = new http.Agent({ keepAlive: true })
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${path}` }
    const request = http.request(options, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    request.on('error', reject)
    request.end(body)
  })

for (;;) {
  const { headers, body } = await call('GET', 'invocation/next')
  const awsRequestId = headers['lambda-runtime-aws-request-id']
  const answer = await handler(JSON.parse(body), { awsRequestId })
  await call('POST', `invocation/${awsRequestId}/response`, JSON.stringify(answer))
}
