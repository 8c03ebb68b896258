// openapi-typescript makes a client's types from the document of the running service. They compile strictly with a team's code
// (`generated/jobs.ts`), with the lines of the page for authors of clients, and with every example of the document; then the code runs.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

const { SERVICE_URL } = process.env;
const folder = fileURLToPath(new URL("generated/", import.meta.url));
const out = `${folder}out/`;
const page = readFileSync(new URL("../../functions/api/CLIENTS.md", import.meta.url), "utf8");
const [five, signing] = [...page.matchAll(/```typescript\n(.*?)```/gs)].map(([, code]) => code);
let jobs;

function program(name, ...args) {
  const { status, stdout, stderr } = spawnSync(`${folder}../node_modules/.bin/${name}`, args, { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

// Each example in the document as a constant of the type that was generated for its place.
function typedExamples(document) {
  const lines = ['import type { paths } from "./service.js";'];
  const add = (place, content) => {
    for (const [type, { examples = {} }] of Object.entries(content)) {
      for (const { value } of Object.values(examples)) {
        lines.push(`export const example${lines.length}: paths${place}["content"]["${type}"] = ${JSON.stringify(value)};`);
      }
    }
  };
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries(operations)) {
      const place = `["${path}"]["${method}"]`;
      if (requestBody) add(`${place}["requestBody"]`, requestBody.content);
      for (const [status, { content }] of Object.entries(responses)) {
        lines.push(`export type Response${lines.length} = paths${place}["responses"]["${status}"];`);
        if (content) add(`${place}["responses"][${status}]`, content);
      }
    }
  }
  assert(lines.length > 100, `${lines.length}`);
  return lines.join("\n");
}

before(async () => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const said = program("openapi-typescript", `${SERVICE_URL}/openapi.json`, "--output", `${out}service.d.ts`);
  assert.doesNotMatch(said, /warn|⚠/i);
  const document = await (await fetch(`${SERVICE_URL}/openapi.json`)).json();
  writeFileSync(`${out}examples.ts`, typedExamples(document));
  writeFileSync(`${out}page.ts`, five.replace("http://127.0.0.1:3000", SERVICE_URL));
  writeFileSync(`${out}signing.ts`, signing);
  program("tsc", "--project", folder);
  jobs = await import(`${out}js/jobs.js`);
});

test("a job is submitted, polled and read with its kind's result", async () => {
  assert.deepEqual(await jobs.columns("city,people\nUlm,2\n", `columns-${Date.now()}`), ["city", "people"]);
});

test("a refusal is a typed problem", async () => {
  const refused = await jobs.submit({ name: "csv_profile", input: { csv: "" } }, "empty").catch((error) => error);

  assert(refused instanceof jobs.Refused, refused);
  assert.equal(refused.message, "invalid-job");
  assert.deepEqual(refused.body.errors.map(({ pointer }) => pointer), ["/input/csv"]);
});

test("a list is paged by its cursor", async () => {
  const key = Date.now();
  const submitted = [];
  for (const index of [0, 1, 2]) {
    const job = { name: "rehearsal", input: { seconds: 0, outcome: "failure" } };
    submitted.unshift(await jobs.submit(job, `page-${key}-${index}`));
  }
  for (const id of submitted) assert.equal((await jobs.finished(id)).status, "Failed");

  const listed = await jobs.ids("FAILED", 1);

  assert.deepEqual(listed.filter((id) => submitted.includes(id)), submitted);
});

test("the lines of the page print a job that succeeded", () => {
  const printed = execFileSync(process.execPath, [`${out}js/out/page.js`], { encoding: "utf8" });

  assert.match(printed, /status: 'Succeeded'/);
});

test("a closed API takes what the page signs", async () => {
  const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
  const service = spawn(`${target}/debug/local`, ["serve", "--port", "0", "--quiet", "--authorization", "iam"]);
  try {
    let url;
    for await (const line of createInterface({ input: service.stdout })) {
      url ??= /API +(\S+)/.exec(line)?.[1];
      for (const [, name, value] of line.matchAll(/(AWS_\w+)=(\S+)/g)) process.env[name] = value;
      if (line.includes("Ctrl-C")) break;
    }
    process.env.AWS_REGION = "us-east-1";
    const { signed } = await import(`${out}js/out/signing.js`);
    const body = '{"name": "rehearsal", "input": {}}';
    const submit = { method: "POST", headers: { "content-type": "application/json" }, body };

    assert.equal((await signed(new Request(`${url}/jobs`, submit))).status, 202);
    assert.equal((await signed(new Request(`${url}/jobs?limit=1&job-status=FAILED`))).status, 200);
    assert.equal((await fetch(`${url}/jobs`, submit)).status, 403);
  } finally {
    service.kill();
  }
});
