import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { earliestId } from "../../../src/lib/id.ts";
import { DAY } from "../../../src/lib/time.ts";
import { makeToken } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { find } from "../../support/html-document.ts";
import { issueLicense } from "../../support/license-fixture.ts";

const FIRST = Date.parse("2026-11-01T00:00:00Z") / 1000;

/** Stores an entry of the trail at `at`. */
async function happened(at: number, entry: { action?: string; actor?: string; subject?: string; reason?: string }) {
  const { action = "license.suspend", actor = "system", subject = "nothing", reason = null } = entry;
  await env.DB.prepare(
    "INSERT INTO audit (id, at, actor, action, subject, reason, details) VALUES (?, ?, ?, ?, ?, ?, '{}')",
  )
    .bind(earliestId("chg", at), at, actor, action, subject, reason)
    .run();
}

/** The lines of the page, and the facts below them. */
const linesOf = async (html: string) =>
  (await find(new Response(html), ".entries summary")).map(({ text }) => text.replace(/\s+/g, " ").trim());

describe("audit trail in the console", () => {
  it("an entry is one line in words: time, act, the owner, the admin's token by name, and the reason", async () => {
    const { id } = await issueLicense({ email: "ada@example.com" });
    const { record } = await makeToken(["licenses:write"]);
    await happened(FIRST, { subject: id, actor: `token:${record.id}`, reason: "asked for a pause" });
    const page = await read(await signedIn(), `/admin/audit?subject=${id}&action=license.suspend`);
    expect(await linesOf(page)).toEqual([
      `1 November 2026, 00:00 UTC Suspended ada@example.com by token ${record.name}asked for a pause`,
    ]);
  });

  it("the ids, the actor and the act lead on from the entry's details", async () => {
    const { id } = await issueLicense();
    await happened(FIRST, { subject: id });
    const page = await read(await signedIn(), `/admin/audit?subject=${id}`);
    const links = (await find(new Response(page), ".entries a")).map(({ attributes }) => attributes["href"]);
    for (const link of [`/admin/licenses/${id}`, "/admin/audit?actor=system", "/admin/audit?action=license.suspend"])
      expect(links).toContain(link);
  });

  it("an owner's address is shown only to admins who may see licenses", async () => {
    const { id } = await issueLicense({ email: "ada@example.com" });
    await happened(FIRST, { subject: id });
    const page = await read(await signedIn(["audit:read"]), "/admin/audit");
    expect(page).toContain(id);
    expect(page).not.toContain("ada@example.com");
  });

  it("a range of days has its first and its last day, and stays in the links", async () => {
    for (const day of [-1, 0, 1, 2]) await happened(FIRST + day * DAY, { subject: `day ${day}` });
    await happened(FIRST + 2 * DAY - 1, { subject: "last second" });
    const page = await read(await signedIn(), "/admin/audit?from=2026-11-01&to=2026-11-02");
    expect((await linesOf(page)).map((line) => line.replace(/^.*Suspended /, ""))).toEqual([
      "last second by the system",
      "day 1 by the system",
      "day 0 by the system",
    ]);
    expect(page).toContain("/admin/audit/csv?from=2026-11-01&amp;to=2026-11-02");
  });

  it("the file has every entry that matches, and a formula stays text", async () => {
    await happened(FIRST, { subject: "one", reason: "=HYPERLINK(1)" });
    await happened(FIRST + DAY, { subject: "two" });
    await happened(FIRST + 2 * DAY, { subject: "three", action: "license.extend" });
    const browser = await signedIn(["audit:read"]);
    const response = await browser.get("/admin/audit/csv?action=license.suspend&to=2026-11-30");
    expect(response.headers.get("Content-Disposition")).toContain('filename="audit.csv"');
    const lines = (await response.text()).trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^sequence,at,actor,action,subject,reason,details,id,/);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(",2026-11-02T00:00:00Z,system,license.suspend,two,,{},");
    expect(lines[2]).toContain("'=HYPERLINK(1)");
  });

  it("an address that was erased is not named", async () => {
    const { id } = await issueLicense();
    await env.DB.prepare("UPDATE licenses SET email = 'erased' WHERE id = ?").bind(id).run();
    await happened(FIRST, { subject: id });
    expect((await linesOf(await read(await signedIn(), `/admin/audit?action=license.suspend`)))[0]).toMatch(
      /Erased person/,
    );
  });
});
