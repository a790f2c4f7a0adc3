import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { STATUS_INDEX_SPACE } from "../../../../src/domain/licensing/token/status-list.ts";
import { ask, codeOf } from "../../../support/admin-request.ts";
import { signedInByKey } from "../../../support/customer.ts";
import {
  activate,
  adminAct,
  count,
  hive,
  type IssuedLicense,
  issueLicense,
  ownerToken,
  tokenFor,
} from "../../../support/license-fixture.ts";
import { newPostbox } from "../../../support/postbox.ts";
import { bitsAt, placeOf, statusOf } from "../../../support/status-list.ts";

const randomValues = crypto.getRandomValues.bind(crypto);

const VALID = 0;
const INVALID = 1;
const SUSPENDED = 2;

afterEach(() => vi.restoreAllMocks());

const machineId = async (token: string): Promise<string> => {
  const me = await hive("GET", "/v1/licenses/me", { credential: token });
  const { license } = await me.json<{ license: { machines: { id: string }[] } }>();
  return license.machines[0]?.id ?? "";
};

const removeAsAdmin = async ({ id }: IssuedLicense, token: string, query = "") => {
  const path = `/v1/admin/licenses/${id}/machines/${await machineId(token)}${query}`;
  expect((await ask("DELETE", path, { token: await ownerToken() })).status).toBe(204);
};

const deactivate = async (credential: string) => {
  const body = { fingerprint: "a" };
  expect((await hive("POST", "/v1/licenses/deactivate", { credential, body })).status).toBe(204);
};

describe("the place of a machine's tokens in the status lists", () => {
  const ends: [string, (license: IssuedLicense, token: string) => Promise<unknown>][] = [
    ["an admin has removed the machine", removeAsAdmin],
    ["an owner has voided its lease", (license, token) => removeAsAdmin(license, token, "?void_lease=true")],
    ["its holder has deactivated it by the key", ({ key }) => deactivate(key)],
    ["the machine has deactivated itself by its token", (_, token) => deactivate(token)],
    [
      "its owner has freed the seat in the account",
      async ({ id, key }, token) => {
        const browser = await signedInByKey(key, newPostbox().env);
        const page = await (await browser.get(`/account/licenses/${id}`)).text();
        const [, csrf_token = ""] = /name="csrf_token" value="([^"]+)"/.exec(page) ?? [];
        const at = `/account/licenses/${id}/machines/${await machineId(token)}/free`;
        expect((await browser.post(at, { form: { csrf_token } })).status).toBe(303);
      },
    ],
  ];

  it.each(ends)("is invalid for good after %s, and that of another machine is not", async (_, end) => {
    const license = await issueLicense();
    const token = await tokenFor(license.key, "a", { offline: true });
    const other = await tokenFor(license.key, "b", { offline: true });
    expect(await statusOf(token)).toBe(VALID);
    await end(license, token);
    expect([await statusOf(token), await statusOf(other)]).toEqual([INVALID, VALID]);
    // The machine comes back with a new place. The token that was given up stays so.
    const again = await tokenFor(license.key, "a", { offline: true });
    expect(await placeOf(again)).not.toEqual(await placeOf(token));
    expect([await statusOf(token), await statusOf(again)]).toEqual([INVALID, VALID]);
    await adminAct(license.id, "suspend");
    expect([await statusOf(token), await statusOf(again), await statusOf(other)]).toEqual([
      INVALID,
      SUSPENDED,
      SUSPENDED,
    ]);
  });

  it("is invalid after the key was rotated, and each machine draws a new one with its first new token", async () => {
    const { id, key } = await issueLicense();
    const old = [await tokenFor(key, "a"), await tokenFor(key, "b", { offline: true })];
    const { key: newKey } = await (await adminAct(id, "rotate-key")).json<{ key: string }>();
    expect(await Promise.all(old.map(statusOf))).toEqual([INVALID, INVALID]);
    const body = { fingerprint: "a" };
    const renew = () => hive("POST", "/v1/licenses/token", { credential: newKey, body });
    const answers = await Promise.all(Array.from({ length: 5 }, renew));
    const tokens = await Promise.all(answers.map(async (answer) => (await answer.json<{ token: string }>()).token));
    const places = await Promise.all(tokens.map(placeOf));
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
    expect([await statusOf(tokens[0] ?? ""), await statusOf(old[0] ?? "")]).toEqual([VALID, INVALID]);
    // The place of the other machine is still that of the old key.
    expect(await statusOf(old[1] ?? "")).toBe(INVALID);
  });

  it("is invalid after its owner's data was erased", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a", { offline: true });
    expect((await adminAct(id, "erase")).status).toBe(200);
    expect(await statusOf(token)).toBe(INVALID);
  });

  it("is the same for each token of one activation, and differs between machines that come at once", async () => {
    const { key } = await issueLicense({ machine_limit: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => activate(key, `m${n}`)));
    const seated = answers.filter(({ status }) => status === 201);
    expect(seated.length).toBe(3);
    expect(await count("machines", "status_index IS NOT NULL AND status_generation = 0")).toBe(3);
    const places = await Promise.all(
      seated.map(async (answer) => placeOf((await answer.json<{ token: string }>()).token)),
    );
    expect(new Set(places.map(({ idx, uri }) => `${uri} ${idx}`)).size).toBe(3);
    const repeated = [await tokenFor(key, "m0"), await tokenFor(key, "m0", { offline: true })];
    expect(await placeOf(repeated[0] ?? "")).toEqual(await placeOf(repeated[1] ?? ""));
  });

  it("is drawn with the next token for a machine from before machines had places", async () => {
    const { id, key } = await issueLicense();
    await tokenFor(key, "a");
    await env.DB.batch([
      env.DB.prepare("UPDATE machines SET status_index = NULL, status_generation = NULL"),
      env.DB.prepare("DELETE FROM spent_status_indices"),
    ]);
    const place = await placeOf(await tokenFor(key, "a"));
    const ofLicense = await env.DB.prepare("SELECT status_index FROM licenses").first<number>("status_index");
    expect(place.idx).not.toBe((ofLicense ?? 0) % 65_536);
    // A token from then names the license's own place, which is still answered.
    const old = { idx: (ofLicense ?? 0) % 65_536, uri: place.uri.replace(/\d+$/, `${(ofLicense ?? 0) >> 16}`) };
    expect(await bitsAt(old)).toBe(VALID);
    await adminAct(id, "revoke");
    expect([await bitsAt(old), await bitsAt(place)]).toEqual([INVALID, INVALID]);
  });
});

describe("a draw of a place", () => {
  /** Makes the draws give these numbers, one after the other, over and over. */
  const drawing = (...numbers: number[]) => {
    let next = 0;
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      if (!(array instanceof Uint32Array)) return randomValues(array);
      array.set(Array.from(array, () => numbers[next++ % numbers.length] ?? 0));
      return array;
    });
  };

  it("skips the places of licenses, of machines, and those that machines have left", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    await removeAsAdmin({ id, key }, token);
    const { results } = await env.DB.prepare(
      `SELECT status_index FROM licenses UNION ALL SELECT status_index FROM machines WHERE status_index IS NOT NULL
       UNION ALL SELECT status_index FROM spent_status_indices`,
    ).all<{ status_index: number }>();
    const taken = results.map(({ status_index }) => status_index);
    expect(taken.length).toBe(3);
    const free = Array.from({ length: 5 }, (_, n) => n).find((n) => !taken.includes(n)) ?? 0;
    drawing(...taken, free);
    await tokenFor(key, "c");
    expect(await count("machines", `status_index = ${free}`)).toBe(1);
    // With every drawn place taken, the token names the license's own: the machine is not refused.
    drawing(...taken, free);
    const crowded = await placeOf(await tokenFor(key, "d"));
    const [ofLicense = 0] = taken;
    expect(crowded.idx).toBe(ofLicense % 65_536);
    expect(await count("machines", "deactivated_at IS NULL AND status_index IS NULL")).toBe(1);
  });

  it("for a license is repeated while a machine has the place, or has left it", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const index = (await env.DB.prepare("SELECT status_index FROM machines").first<number>("status_index")) ?? 0;
    const other = (at: number) => (index + at) % STATUS_INDEX_SPACE;
    drawing(index, other(1));
    const second = await issueLicense();
    vi.restoreAllMocks();
    await removeAsAdmin({ id, key }, token);
    drawing(index, other(2));
    const third = await issueLicense();
    expect(await count("licenses", `id = '${second.id}' AND status_index = ${other(1)}`)).toBe(1);
    expect(await count("licenses", `id = '${third.id}' AND status_index = ${other(2)}`)).toBe(1);
  });
});

describe("a token for a machine that changes at the same time", () => {
  it("is refused if its key was rotated or its seat freed before the place was drawn", async () => {
    const { statusIndexOf } = await import("../../../../src/domain/licensing/machine/status-index.ts");
    const { requireLicense } = await import("../../../../src/domain/licensing/license/store.ts");
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await adminAct(id, "rotate-key");
    const license = await requireLicense(env.DB, id);
    const [machine] = license.machines;
    if (!machine) throw new Error("no machine");
    // `license` and `machine` are what a request has read. Then others act.
    await adminAct(id, "rotate-key");
    expect(await statusIndexOf(env.DB, license, machine)).toMatchObject({ error: { code: "KEY_ROTATED" } });
    const current = await requireLicense(env.DB, id);
    await ask("DELETE", `/v1/admin/licenses/${id}/machines/${machine.id}`, { token: await ownerToken() });
    expect(await statusIndexOf(env.DB, current, machine)).toMatchObject({ error: { code: "MACHINE_DEACTIVATED" } });
    expect(await statusOf(token)).toBe(INVALID);
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: token }))).toBe("KEY_ROTATED");
  });
});
