// @azure/core-lro's poller drives a job to its end, unmodified. What is here is what a generated SDK puts around it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHttpPoller } from "@azure/core-lro";
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from "@azure/core-rest-pipeline";

const SERVICE_URL = process.env.SERVICE_URL;

async function send(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const flatResponse = await response.json();
  const rawResponse = {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: flatResponse,
    request: { method, url, body },
  };
  return { flatResponse, rawResponse };
}

// So long between two looks where an answer does not say better; each answer of ours does.
const options = { intervalInMs: 3_600_000 };

function begin(input) {
  const job = { name: "rehearsal", input };
  const operation = {
    sendInitialRequest: () => send("POST", `${SERVICE_URL}/jobs`, job),
    sendPollRequest: (path) => send("GET", path),
  };
  return createHttpPoller(operation, options);
}

test("a job that succeeds ends with its result", async () => {
  const poller = begin({ seconds: 1, outcome: "success" });

  const result = await poller.pollUntilDone();

  assert.deepEqual(result, { outcome: "success", attempt: 1, steps: 10 });
  assert.equal(poller.operationState.status, "succeeded");
});

// As a generated SDK sends it. Its pipeline follows a redirect to another origin only if it is told so, and without the credentials.
const pipeline = createPipelineFromOptions({ redirectOptions: { allowCrossOriginRedirects: true } });

async function sendByPipeline(method, url, body) {
  const request = createPipelineRequest({ url, method, body: body && JSON.stringify(body), allowInsecureConnection: true });
  request.headers.set("content-type", "application/json");
  request.headers.set("authorization", "Basic YWxpY2U6");
  const response = await pipeline.sendRequest(createDefaultHttpClient(), request);
  const flatResponse = JSON.parse(response.bodyAsText);
  const rawResponse = { statusCode: response.status, headers: response.headers.toJSON(), body: flatResponse, request: { method, url, body } };
  return { flatResponse, rawResponse };
}

test("a large result is read where it is", async () => {
  const job = { name: "rehearsal", input: { seconds: 1, outcome: "large-result" } };
  for (const by of [send, sendByPipeline]) {
    const operation = {
      sendInitialRequest: () => by("POST", `${SERVICE_URL}/jobs`, job),
      sendPollRequest: (path) => by("GET", path),
    };

    const result = await createHttpPoller(operation, options).pollUntilDone();

    assert.equal(result.outcome, "large-result");
    assert.equal(result.padding.length, 380_000);
  }
});

test("a job that fails rejects with its error", async () => {
  const poller = begin({ seconds: 1, outcome: "failure" });

  await assert.rejects(poller.pollUntilDone(), /rehearsed-failure.*the job was asked to fail/);

  assert.equal(poller.operationState.status, "failed");
});

test("a job that is canceled rejects", async () => {
  let uri;
  const poller = createHttpPoller(
    {
      sendInitialRequest: () =>
        send("POST", `${SERVICE_URL}/jobs`, { name: "rehearsal", input: { seconds: 600 } }),
      sendPollRequest: (path) => send("GET", path),
    },
    { ...options, withOperationLocation: (location) => (uri = location) },
  );
  await poller.submitted();
  await send("POST", `${uri}/cancel`);

  await assert.rejects(poller.pollUntilDone(), /canceled/);

  assert.equal(poller.operationState.status, "canceled");
});
