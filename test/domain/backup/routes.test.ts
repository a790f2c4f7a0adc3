import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { continueBackup } from "../../../src/domain/backup/run.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";

const ID = "2026-11-28T02-00-00Z";

it("a file of a backup notes its reader in the audit trail, who need not read the manifest, once an hour", async () => {
  await continueBackup(env, ID, { isFirst: true, calls: 10_000, hasTime: () => true });
  const headers = { Authorization: `Bearer ${await ownerToken()}` };
  const read = async (key: string) => {
    const response = await exports.default.fetch(
      `https://catalog.test/v1/admin/backups/${ID}/file?key=${encodeURIComponent(key)}`,
      { headers },
    );
    await response.arrayBuffer();
    return response.status;
  };
  const readers = () => count("audit", `action = 'backup.read' AND subject = '${ID}'`);
  const { objects } = await env.BACKUPS.list({ prefix: `${ID}/` });
  const [first = "", second = ""] = objects.map(({ key }) => key).filter((key) => key.endsWith(".gz"));
  expect(await read(`${ID}/none/000001.jsonl.gz`)).toBe(404);
  expect(await read("deployment")).toBe(404);
  expect(await readers()).toBe(0);
  expect([await read(first), await read(second)]).toEqual([200, 200]);
  expect(await readers()).toBe(1);
});
