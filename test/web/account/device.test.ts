import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { mailedPath, pageAt, send, signedInByKey } from "../../support/customer.ts";
import { adminAct, count, type IssuedLicense, issueLicense } from "../../support/license-fixture.ts";
import { newPostbox } from "../../support/postbox.ts";

const Codes = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.literal(600),
  interval: z.literal(5),
});

const post = (path: string, body: object): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

const start = async (name = "attic") => Codes.parse(await (await post("/v1/device/code", { name })).json());
const poll = (device_code: string) => post("/v1/device/token", { device_code });
const codeOf = async (response: Response) => z.object({ code: z.string() }).parse(await response.json()).code;
/** Makes the last poll of all logins so old that the next one is not too early. */
const waitForPoll = () => env.DB.prepare("UPDATE device_logins SET polled_at = polled_at - 10").run();

let ada: IssuedLicense;
let browser: TestBrowser;
beforeEach(async () => {
  ada = await issueLicense();
  browser = await signedInByKey(ada.key);
});

const decide = (code: string, decision: string, license = ada.id) =>
  send(browser, "/account/device", { code, license, decision });

describe("a login by code", () => {
  it("gives the machine the license key once its owner has approved the code, and only once", async () => {
    const { device_code, user_code, verification_uri_complete } = await start();
    expect(user_code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    expect(verification_uri_complete).toBe(`https://catalog.test/account/device?code=${user_code}`);
    expect(await codeOf(await poll(device_code))).toBe("AUTHORIZATION_PENDING");

    const page = await pageAt(browser, `/account/device?code=${user_code.toLowerCase().replace("-", "%20")}`);
    expect(page).toContain("attic");
    expect(page).toContain("If someone sent you this code or link, decline");
    const approved = await decide(user_code, "approve");
    expect(approved.headers.get("Location")).toBe("/account/device?done=approved");

    await waitForPoll();
    const given = await poll(device_code);
    expect(given.headers.get("Cache-Control")).toBe("no-store");
    expect(await given.json()).toEqual({ license_id: ada.id, license_key: ada.key });
    expect(await codeOf(await poll(device_code))).toBe("DEVICE_CODE_EXPIRED");
    expect(await count("audit", `action = 'machine.approve' AND subject = '${ada.id}'`)).toBe(1);
  });

  it("leads back to its code after a sign-in by a mailed link in the same browser", async () => {
    const { user_code } = await start();
    const postbox = newPostbox();
    const own = new TestBrowser({ bindings: postbox.env });
    const asked = await own.get(`/account/device?code=${user_code}`);
    const wanted = new URL(asked.headers.get("Location") ?? "", "https://catalog.test").searchParams.get("return");
    const form = { key: "ada@example.com", return: wanted ?? "" };
    expect((await own.post("/account/sign-in", { form })).status).toBe(202);
    const signedIn = await own.post(await mailedPath(postbox));
    expect(signedIn.headers.get("Location")).toBe(`/account/device?code=${user_code}`);
    expect(await pageAt(own, `/account/device?code=${user_code}`)).toContain("attic");
    expect([...own.cookies.keys()]).toEqual(["__Host-rbee_account"]);
  });

  it("gives nothing after the owner has declined it, nor for a code that was decided before", async () => {
    const { device_code, user_code } = await start();
    expect((await decide(user_code, "decline")).headers.get("Location")).toBe("/account/device?done=declined");
    expect(await codeOf(await poll(device_code))).toBe("ACCESS_DENIED");
    expect((await decide(user_code, "approve")).status).toBe(400);
    expect(await codeOf(await poll(device_code))).toBe("ACCESS_DENIED");
  });

  it("ends after ten minutes, for the person and for the machine", async () => {
    const { device_code, user_code } = await start();
    await env.DB.prepare("UPDATE device_logins SET expires_at = expires_at - 600").run();
    const page = await browser.get(`/account/device?code=${user_code}`);
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining("Codes work once, for 10 minutes")]);
    expect((await decide(user_code, "approve")).status).toBe(400);
    expect(await codeOf(await poll(device_code))).toBe("DEVICE_CODE_EXPIRED");
  });

  it("tells a machine that polls too often to slow down", async () => {
    const { device_code } = await start();
    await poll(device_code);
    const polledAt = () => env.DB.prepare("SELECT polled_at FROM device_logins").first<number>("polled_at");
    await env.DB.prepare("UPDATE device_logins SET polled_at = polled_at - 1").run();
    const before = await polledAt();
    expect(await codeOf(await poll(device_code))).toBe("SLOW_DOWN");
    // Such a poll writes nothing, because a machine may send any number of them.
    expect(await polledAt()).toBe(before);
    await waitForPoll();
    expect(await codeOf(await poll(device_code))).toBe("AUTHORIZATION_PENDING");
  });

  it("gives no key that was replaced since the approval", async () => {
    const { device_code, user_code } = await start();
    await decide(user_code, "approve");
    await adminAct(ada.id, "rotate-key", { reason: "leaked" });
    expect(await codeOf(await poll(device_code))).toBe("DEVICE_CODE_EXPIRED");
  });

  it("is approved for the person's own licenses only, and from the site's own form only", async () => {
    const grace = await issueLicense({ email: "grace@example.com" });
    const { device_code, user_code } = await start();
    expect((await decide(user_code, "approve", grace.id)).status).toBe(404);
    const foreign = { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" };
    const form = { code: user_code, license: ada.id, decision: "approve" };
    expect((await send(browser, "/account/device", form, foreign)).status).toBe(403);
    expect(await codeOf(await poll(device_code))).toBe("AUTHORIZATION_PENDING");
  });

  it("leads a visitor who is not signed in to the sign-in page, and back to the code", async () => {
    const { user_code } = await start();
    const visit = await new TestBrowser().get(`/account/device?code=${user_code}`);
    expect(visit.headers.get("Location")).toBe(
      `/account/sign-in?${new URLSearchParams({ return: `/account/device?code=${user_code}` })}`,
    );
  });

  it("stores no code, only keyed hashes", async () => {
    const { device_code, user_code } = await start();
    const row = JSON.stringify(await env.DB.prepare("SELECT * FROM device_logins").first());
    expect(row).not.toContain(device_code);
    expect(row).not.toContain(user_code.replace("-", ""));
  });
});

describe("the page for a code", () => {
  it("asks for the code, and names the command", async () => {
    expect(await pageAt(browser, "/account/device")).toContain("rbee-catalog login");
  });

  it("keeps a code that is not valid in its field", async () => {
    const page = await browser.get("/account/device?code=AAAA-0000");
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('value="AAAA-0000"')]);
  });
});
