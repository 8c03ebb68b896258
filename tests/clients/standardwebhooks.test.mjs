// The JavaScript library of Standard Webhooks verifies what the service signs (`webhook.json`), in the receiver that the README shows.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, mock, test } from "node:test";
import { receiver } from "./receivers/receiver.mjs";

const recorded = JSON.parse(readFileSync(new URL("webhook.json", import.meta.url), "utf8"));
const signedAt = Number(recorded.headers["webhook-timestamp"]) * 1000;
let url;

before(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  url = `http://127.0.0.1:${receiver.address().port}/`;
});

after(() => receiver.close());

// The status of the receiver's answer to this delivery, by this secret and so many seconds after it was signed.
async function deliver(headers, body, secret, seconds = 0) {
  process.env.WEBHOOK_SECRET = secret;
  const clock = mock.method(Date, "now", () => signedAt + seconds * 1000);
  const response = await fetch(url, { method: "POST", headers, body });
  clock.mock.restore();
  return response.status;
}

test("a delivery is verified by each of the secrets", async () => {
  for (const secret of recorded.secrets) {
    const log = mock.method(console, "log", () => {});
    assert.equal(await deliver(recorded.headers, recorded.body, secret), 204);
    assert.deepEqual(log.mock.calls[0].arguments, [recorded.headers["webhook-id"], "job.completed"]);
    log.mock.restore();
  }
});

test("what somebody altered or repeats is refused", async () => {
  const { headers, body, secrets: [secret] } = recorded;
  assert.equal(await deliver(headers, `${body} `, secret), 401);
  assert.equal(await deliver({ ...headers, "webhook-id": "msg_1" }, body, secret), 401);
  assert.equal(await deliver({ ...headers, "webhook-timestamp": "1767264646" }, body, secret), 401);
  assert.equal(await deliver({ ...headers, "webhook-signature": "v1,AAAA" }, body, secret), 401);
  assert.equal(await deliver({}, body, secret), 401);
  assert.equal(await deliver(headers, body, `whsec_${"A".repeat(43)}=`), 401);
  assert.equal(await deliver(headers, body, secret, 360), 401);
});
