import { describe, expect, it } from "vitest";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { addHook, deliver, readHook, verified } from "../../support/webhook-fixture.ts";

const LICENSES = { types: ["license.*"] };
const LIST = "/admin/webhooks";

describe("webhooks in the console", () => {
  it("an endpoint is added after a preview, and its secret is shown once", async () => {
    const admin = await signedIn(["webhooks:write"]);
    const form = {
      url: "https://crm.example.com/hooks/s3cret",
      description: "CRM",
      types: "license.*\r\nmachine.activate",
    };
    const { preview, response } = await act(admin, `${LIST}/new`, { ...form, reason: "for the CRM" });
    expect(preview).toContain("Events are sent to crm.example.com from now on");
    const shown = await response.text();
    const [secret = "none"] = /whsec_[A-Za-z0-9+/=]+/.exec(shown) ?? [];
    const list = await read(admin, LIST);
    expect(list).toContain("license.*, machine.activate");
    const [path = ""] = /\/admin\/webhooks\/whe_[0-9a-z]+/.exec(list) ?? [];
    const page = await read(admin, path);
    expect(page).toContain("https://crm.example.com/hooks/s3cret");
    for (const text of [list, page]) expect(text).not.toContain(secret);
  });

  it.each([
    [{ url: "http://crm.example.com/" }, "must be an https URL"],
    [{ url: "" }, "Please enter a URL."],
    [{ types: "license.revoked" }, "license.revoked must be a type of events"],
    [{ reason: "" }, "Please say why"],
  ])("an endpoint with %j is refused in words", async (changes, words) => {
    const admin = await signedIn(["webhooks:write"]);
    const form = { url: "https://crm.example.com/", description: "", types: "", reason: "r", ...changes };
    const answer = await send(admin, `${LIST}/new`, form);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain(words);
  });

  it("a page shows the deliveries with their answers, and sends one or some again", async () => {
    const hook = await addHook(LICENSES);
    const admin = await signedIn(["webhooks:write"]);
    const path = `${LIST}/${hook.id}`;
    await issueLicense();
    await hook.receiver.willAnswer([{ status: 500 }]);
    await deliver(hook);
    expectLogged("webhook.failing");
    const failing = await read(admin, path);
    for (const text of ["Failing", "The receiver answered 500.", "Waiting", "license.issue"])
      expect(failing).toContain(text);
    await deliver(hook, { now: Math.floor(Date.now() / 1000) + 600 });
    expectLogged("webhook.recovered");
    const taken = await read(admin, path);
    expect(taken).toMatch(/Answered 204 after \d+ ms\. Attempt 2\./);
    const [again = ""] = /\/admin\/webhooks\/whe_[0-9a-z]+\/deliveries\/\d+\/replay/.exec(taken) ?? [];
    const csrf_token = /name="csrf_token" value="([^"]+)"/.exec(taken)?.[1] ?? "";
    const sent = await admin.post(again, { form: { csrf_token } });
    expect(sent.headers.get("Location")).toBe(`${path}?done=replay`);
    expect((await admin.post(again, { form: { csrf_token } })).headers.get("Location")).toBe(`${path}?done=waits`);
    await deliver(hook);
    expect(await verified(hook)).toHaveLength(3);
    const { preview } = await act(admin, `${path}/replay`, { from: "", to: "", any: "yes", reason: "lost" });
    expect(preview).toContain("1 event will be sent again");
    await deliver(hook);
    expect(await verified(hook)).toHaveLength(4);
    expect(await read(admin, `${path}?state=failed`)).toContain("Nothing was sent yet.");
  });

  it("an endpoint is changed, given a new secret, disabled, enabled and removed, each after a preview", async () => {
    const hook = await addHook(LICENSES);
    const admin = await signedIn(["webhooks:write"]);
    const path = `${LIST}/${hook.id}`;
    const changed = { url: hook.receiver.url, description: "Moved", types: "" };
    const change = await act(admin, `${path}/change`, { ...changed, reason: "r" });
    expect(change.preview).toContain("New events are sent of these types: all.");
    const rotate = await act(admin, `${path}/rotate-secret`, { leaked: "yes", reason: "leaked" });
    expect(await rotate.response.text()).toContain("whsec_");
    await act(admin, `${path}/disable`, { reason: "maintenance" });
    expect(await read(admin, path)).toContain("Disabled");
    const test = await admin.post(`${path}/test`, {
      form: { csrf_token: /name="csrf_token" value="([^"]+)"/.exec(await read(admin, path))?.[1] ?? "" },
    });
    expect(test.headers.get("Location")).toBe(`${path}?done=refused`);
    const enable = await act(admin, `${path}/enable`, { reason: "back", skip: "yes" });
    expect(enable.preview).toContain("Only new events are sent.");
    expect(await readHook(hook)).toMatchObject({ state: "enabled", types: [], description: "Moved" });
    const remove = await act(admin, `${path}/remove`, { reason: "replaced" });
    expect(remove.response.headers.get("Location")).toBe(`${LIST}?done=remove`);
    expect(await read(admin, path)).not.toContain("Send again");
  });

  it("an admin with audit:read sees everything and no act", async () => {
    const hook = await addHook(LICENSES);
    await issueLicense();
    await deliver(hook);
    const reader = await signedIn(["audit:read"]);
    expect(await read(reader, LIST)).not.toContain("Add an endpoint");
    const page = await read(reader, `${LIST}/${hook.id}`);
    expect(page).toContain("license.issue");
    for (const act of [">Disable", ">Send again<span", ">Remove"]) expect(page).not.toContain(act);
    expect((await reader.get(`${LIST}/new`)).status).toBe(403);
  });
});
