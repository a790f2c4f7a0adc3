import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { noteUnnamed } from "../../src/domain/releases/artifact/discarded-store.ts";
import { LONGEST_INDEX } from "../../src/domain/releases/framing/package-work.ts";
import { EVENT_TYPES } from "../../src/domain/webhooks/event/types.ts";
import { encodeBase64 } from "../../src/lib/encoding.ts";
import { currentTime } from "../../src/lib/time.ts";
import { storeDeadLetter } from "../../src/platform/jobs/dead-letter-store.ts";
import { CRON_MARK, writeWatermark } from "../../src/platform/storage/watermark.ts";
import { ask } from "./admin-request.ts";
import { askWorker } from "./ask-worker.ts";
import { signedInByKey, signedInByMail } from "./customer.ts";
import { activate, adminAct, ownerToken } from "./license-fixture.ts";
import { packageFile } from "./package-fixture.ts";
import { newPostbox } from "./postbox.ts";
import { provenanceOf } from "./provenance-text.ts";
import { declarationOf, randomBytes, type TestFile } from "./publish-release.ts";
import type { openShop } from "./shop.ts";

type Shop = Awaited<ReturnType<typeof openShop>>;

/** A text of `length` characters, each of the most bytes that a text of UTF-16 holds for a character: three. */
const wide = (length: number): string => "\u20ac".repeat(length);

/** A detached OpenPGP signature of the largest accepted size, in base64. */
const pgpSignature = (): string => encodeBase64(Uint8Array.from({ length: 16_384 }, (_, at) => (at === 0 ? 0x88 : at)));

/** A publisher with the largest accepted inputs. */
const largestPublisher = (): object => ({
  ...{ repository: `${"a".repeat(99)}/${"b".repeat(99)}`, repository_id: "1".repeat(20) },
  ...{ repository_owner_id: "2".repeat(20), workflow: `.github/workflows/${wide(170)}.yml`, environment: wide(255) },
  refs: Array.from({ length: 10 }, (_, at) => `refs/tags/${at}${wide(180)}`),
  ...{ worker_ids: [WORKER, "llm-worker-rbee-premium-*"], reason: wide(500) },
});

/** The text of the largest accepted base of images. */
const largestBase = (): string => {
  const [sha256, size] = ["0".repeat(64), Number.MAX_SAFE_INTEGER];
  const layer = { media_type: "application/vnd.oci.image.layer.v1.tar+gzip", sha256, size, diff_id: sha256 };
  const named = { name: wide(255), digest: `sha256:${sha256}` };
  return JSON.stringify({ ...named, layers: Array(30).fill(layer), env: Array(40).fill(wide(200)) });
};

const WORKER = "llm-worker-rbee-premium-cpu";

/**
 * Puts rows of every kind into the ledger, and their objects into R2, through the API and with the largest inputs that
 * it accepts: releases with packages and provenance, licenses, machines, orders, events, mails, sessions, tokens.
 */
export async function fillLedger({ bought, control, eventsOf, deliver }: Shop): Promise<void> {
  const token = await ownerToken();
  const to = (method: string, path: string, body?: unknown, headers = {}) =>
    ask(method, `/v1/admin${path}`, { token, body, headers });
  await publish(token);
  const idempotency = { "Idempotency-Key": "k".repeat(255) };
  const email = `${"a".repeat(243)}@example.com`;
  const issue = { plan: "premium-lifetime", email, note: wide(1000) };
  const issued = await to("POST", "/licenses", issue, idempotency);
  expect(issued.status).toBe(201);
  const { license, key } = await issued.json<{ license: { id: string }; key: string }>();
  const machine = { name: wide(100), platform: wide(64), offline: true };
  expect((await activate(key, "\u20ac".repeat(256), machine)).status).toBe(201);
  await env.DB.prepare("INSERT INTO barred_machines SELECT id, license_id, 253402300799 FROM machines LIMIT 1").run();
  expect((await adminAct(license.id, "suspend", { reason: wide(500) })).status).toBe(200);
  expect((await adminAct(license.id, "reinstate", { reason: wide(500) })).status).toBe(200);
  const made = { name: wide(100), scopes: ["licenses:write", "releases:write", "audit:read", "stats:read"] };
  expect((await to("POST", "/tokens", made)).status).toBe(201);
  expect((await to("POST", "/publishers", largestPublisher())).status).toBe(201);
  const hook = {
    url: `https://crm.example.com/${"h".repeat(1900)}`,
    description: wide(100),
    types: EVENT_TYPES.slice(0, 50),
  };
  expect((await to("POST", "/webhooks", { ...hook, reason: wide(500) })).status).toBe(201);
  await env.DB.prepare("INSERT INTO used_run_tokens VALUES (?, 1)").bind("j".repeat(255)).run();
  const { sessionId, key: sold } = await bought("premium-lifetime");
  await control("refunds", { session: sessionId, amount: 500 });
  for (const event of await eventsOf(sessionId)) await deliver(event);
  const postbox = newPostbox();
  await signedInByKey(sold, postbox.env);
  await signedInByMail(email, postbox);
  await env.BINARIES.put("frames/longest", "frame");
  await writeWatermark(env.DB, CRON_MARK, { at: currentTime(), position: license.id });
  await noteUnnamed(env.DB, currentTime(), "provenance/unnamed").run();
  await storeDeadLetter(env.DB, { queue: "downloads", body: refusals(license.id), reason: wide(300) }, currentTime());
  await env.DB.batch([
    env.DB.prepare("INSERT INTO jobs (name, started_at, last_error) VALUES ('mails', 1, ?)").bind(wide(300)),
    env.DB.prepare(
      `INSERT INTO artifact_checks (artifact_id, upload_id, actor, requested_at, progressed_at, signature, pgp_signature)
       SELECT id, upload_id, 'token:adm_test', 1, 1, ?, ? FROM artifacts WHERE state = 'uploading' LIMIT 1`,
    ).bind(wide(16_384), pgpSignature()),
    env.DB.prepare(
      `INSERT INTO framed_files SELECT id, 'longest', ?, size + 5, sha256, 'frames/longest', 5, sha256, json_array(5), ?, ?, 1, 'chg_1'
       FROM artifacts LIMIT 1`,
    ).bind(wide(128), JSON.stringify({ text: wide(LONGEST_INDEX - 14) }), "A".repeat(40)),
    env.DB.prepare("INSERT INTO image_bases VALUES ('cpu', 'linux-x86_64', ?, 1)").bind(largestBase()),
    env.DB.prepare("INSERT INTO blocked_files SELECT sha256, release_id, ?, ?, filename, 1 FROM artifacts").bind(
      WORKER,
      "1.0.0",
    ),
    env.DB.prepare("INSERT INTO retired_revisions VALUES (?, 3)").bind(WORKER),
    env.DB.prepare("INSERT INTO usage_erasures VALUES (?, ?, 0)").bind(license.id, currentTime()),
    env.DB.prepare(
      `INSERT INTO webhook_deliveries (endpoint_id, sequence, event_id, action, subject, state, queued_at, next_attempt_at, last_error)
       SELECT id, 1, 'chg_1', 'license.issue', 'lic_1', 'failed', 1, 1, ? FROM webhook_endpoints`,
    ).bind(wide(100)),
    env.DB.prepare("INSERT INTO mail_opt_outs VALUES (?, 'renewals', 1)").bind(email),
    env.DB.prepare("INSERT INTO foreign_keys VALUES (?, ?, 0, 'lemon-squeezy', ?, NULL)").bind(
      wide(43),
      license.id,
      currentTime(),
    ),
    env.DB.prepare(
      "INSERT INTO device_logins VALUES ('dev_1', ?1, ?2, ?3, 'DE', 'approved', ?4, 1, ?5, ?5, ?5, NULL)",
    ).bind(`d${wide(42)}`, `u${wide(42)}`, wide(100), license.id, currentTime()),
    env.DB.prepare("INSERT INTO outbox VALUES ('chg_unpublished', 'license', ?, ?)").bind(license.id, currentTime()),
    env.DB.prepare("INSERT INTO deployment VALUES (1, '', ?, 0, ?)").bind(env.PUBLIC_URL, currentTime()),
  ]);
}

/** The longest message of the queue of counts. */
const refusals = (license_id: string) => ({
  kind: "refusals",
  refusals: Array.from({ length: 300 }, (_, at) => {
    const place = { country: "DE", network: 4_294_967_295 };
    const what = { area: "licensing", code: "VERSION_NOT_COVERED", worker_id: WORKER, license_id, place };
    return { day: 1_800_000_000, ...what, count: 1_000_000 + at };
  }),
});

/** The package of a release with the largest contents that a declaration may have: about 512 KiB. */
function largestPackage(version: string): TestFile {
  const file = packageFile(WORKER, version);
  const { pkginfo = "" } = file.contents ?? {};
  const comment = `\n# ${wide(32_768 - pkginfo.length - 3)}`;
  const files = Array.from({ length: 5000 }, (_, at) => `usr/${wide(20)}/${String(at).padStart(5, "0")}`);
  return { ...file, pgpSignature: pgpSignature(), contents: { pkginfo: pkginfo + comment, files } };
}

/** A published release with a binary, a package and provenance, and a draft whose upload has begun. */
async function publish(token: string): Promise<void> {
  const to = async (path: string, body: unknown, status: number) => {
    const answer = await ask("POST", `/v1/admin/releases${path}`, { token, body });
    expect([path, answer.status]).toEqual([path, status]);
    return answer.json<{ release: { id: string }; artifact: { id: string } }>();
  };
  const put = async (path: string, body: Uint8Array<ArrayBuffer> | string) => {
    const request = { method: "PUT", headers: { Authorization: `Bearer ${token}` }, body };
    expect((await askWorker(`https://catalog.test/v1/admin/releases${path}`, request)).status).toBe(200);
  };
  const draft = async (version: string) =>
    (await to("", { worker_id: WORKER, version, notes: wide(10_000) }, 201)).release.id;
  const add = async (id: string, file: TestFile, signature: string | null) => {
    const declared = { ...(await declarationOf(file)), signature };
    const { artifact } = await to(`/${id}/artifacts`, declared, 201);
    await put(`/${id}/artifacts/${artifact.id}/parts/1`, file.bytes);
    return { filename: declared.filename, sha256: declared.sha256, path: `/${id}/artifacts/${artifact.id}` };
  };
  const id = await draft("1.0.0");
  const binary = await add(id, { bytes: randomBytes(100), filename: `w${"w".repeat(127)}` }, null);
  const packed = await add(id, largestPackage("1.0.0"), null);
  for (const { path } of [binary, packed]) await to(`${path}/complete`, undefined, 200);
  await put(`/${id}/provenance`, provenanceOf(binary, packed));
  await to(`/${id}/publish`, { reason: wide(500) }, 200);
  const begun = { ...packageFile(WORKER, "1.1.0"), pgpSignature: pgpSignature() };
  await add(await draft("1.1.0"), begun, wide(16_384));
}
