import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { runDoctor } from "../../../src/domain/doctor/report.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { expectLogged } from "../../support/logged.ts";

/** The bindings of a deployment in which every check passes. */
const healthy: Env = { ...env, ENVIRONMENT: "development", PUBLIC_URL: "http://localhost:8787" };

it("system page: says that the doctor has not run, and then its last outcome with a link", async () => {
  const browser = await signedIn(["stats:read"], healthy);
  expect(await read(browser, "/admin/system")).toContain("Run the doctor");
  // Only now, because in one minute of the hour the cron's jobs run the doctor.
  await runCronAndJobs(healthy);
  await signedIn(["owner"]);
  await runDoctor(healthy, currentTime());
  expect(await read(browser, "/admin/system")).toMatch(
    /<a href="\/admin\/system\/doctor">Doctor: all \d+ checks pass<\/a>/,
  );
});

it("system page: does not run the doctor, and shows nothing of it while KV is down", async () => {
  const EDGE = { ...env.EDGE, get: () => Promise.reject(new Error("KV GET failed: 500")) } as unknown as KVNamespace;
  expect(await read(await signedIn(["stats:read"], { ...env, EDGE }), "/admin/system")).toContain("Run the doctor");
  expectLogged("health.failed");
  expect(await env.EDGE.get("doctor")).toBeNull();
});

it("page of the doctor: lists each check that needs the admin with its remedy, and stores the report for the line", async () => {
  const browser = await signedIn(["stats:read"]);
  const page = await read(browser, "/admin/system/doctor");
  expect(page).toMatch(/<h1>Doctor: \d of \d+ checks need you<\/h1>/);
  expect(page).toContain("The cron has never run.");
  expect(page).toContain("Check the cron trigger of the Worker");
  expect(await read(browser, "/admin/system")).toMatch(/Doctor: \d of \d+ checks need you<\/a>/);
});

it("page of the doctor: shows a report for a minute before it checks again", async () => {
  const browser = await signedIn(["stats:read"]);
  await read(browser, "/admin/system/doctor");
  await runCronAndJobs();
  expect(await read(browser, "/admin/system/doctor")).toContain("The cron has never run.");
});

it("page of the doctor: needs stats:read", async () => {
  const browser = await signedIn(["audit:read"]);
  expect((await browser.get("/admin/system/doctor")).status).toBe(403);
});
