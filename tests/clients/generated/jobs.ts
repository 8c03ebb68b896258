// What a team writes around the types that openapi-typescript generates. It compiles only if the types know the members of a job in
// each state, the result of its kind, and a problem.

import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./out/service.js";

type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: process.env["SERVICE_URL"] ?? "" });

// The service or the gateway refused the request.
export class Refused extends Error {
  readonly body: Schemas["Problem"] | Schemas["GatewayError"];

  constructor(body: Schemas["Problem"] | Schemas["GatewayError"]) {
    super("type" in body ? body.error.code : (body.message ?? ""));
    this.body = body;
  }
}

export async function submit(body: Schemas["Submission"], key: string): Promise<string> {
  const { data, error } = await client.POST("/jobs", { body, params: { header: { "Idempotency-Key": key } } });
  if (error) throw new Refused(error);
  return data.job.id;
}

// The document of the finished job.
export async function finished(id: string): Promise<Exclude<Schemas["JobDocument"], { status: "InProgress" }>> {
  for (;;) {
    const { data, error, response } = await client.GET("/jobs/{id}", { params: { path: { id } } });
    if (error) throw new Refused(error);
    if (data.status !== "InProgress") return data;
    await setTimeout(1000 * Number(response.headers.get("retry-after")));
  }
}

// The names of the columns of a CSV text.
export async function columns(csv: string, key: string): Promise<string[]> {
  const document = await finished(await submit({ name: "csv_profile", input: { csv } }, key));
  if (document.status !== "Succeeded") throw new Error(document.error.message);
  if (document.job.name !== "csv_profile") throw new Error(`another kind: ${document.job.result?.outcome}`);
  return document.job.result?.columns.map((column) => column.name) ?? [];
}

// The ids of all jobs with this status; `limit` is the size of a page.
export async function ids(status: Schemas["ListedJob"]["job-status"], limit: number): Promise<string[]> {
  const ids: string[] = [];
  let page: { cursor?: string } = {};
  for (;;) {
    const { data, error } = await client.GET("/jobs", { params: { query: { limit, "job-status": status, ...page } } });
    if (error) throw new Refused(error);
    ids.push(...data.jobs.map((job) => job.id));
    if (data["next-cursor"] === null) return ids;
    page = { cursor: data["next-cursor"] };
  }
}

// Why a listed job has no result: a job that failed or was canceled always has an error.
export function reason(job: Schemas["ListedJob"]): string | null {
  return job["job-status"] === "FAILED" || job["job-status"] === "CANCELED" ? job.error.code : null;
}
