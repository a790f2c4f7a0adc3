import { readFileSync } from "node:fs";
import { get, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Catalog } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/**
 * The requests of AUR helpers, sent by the programs that aurutils uses: curl, gzip and git. Debian packages no helper.
 * docs/package-managers.md says which of them were built and run by hand.
 */
const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

describe.skipIf(!installed("curl", "gzip", "tar", "git"))("an AUR helper", () => {
  let catalog: Catalog;
  let directory = "";

  /** The output of a shell command, with the catalog's address in `$AUR`. */
  async function sh(command: string): Promise<string> {
    const run = await runAsUser(directory, ["bash", "-o", "pipefail", "-c", command], { AUR: catalog.url });
    if (run.code !== 0) throw new Error(`${command}: ${run.stderr}`);
    return run.stdout;
  }

  const headersOf = (path: string, headers: Record<string, string>): Promise<IncomingHttpHeaders> =>
    new Promise((resolve, reject) => {
      get(`${catalog.url}${path}`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.headers);
      }).on("error", reject);
    });

  beforeAll(async () => {
    catalog = await sharedCatalog();
    directory = workDirectory();
  });

  it("asks for packages as aurutils does", async () => {
    const answer = await sh(`curl -fgLsS "$AUR/rpc/?v=5&type=info&arg[]=${FREE}&arg[]=${PREMIUM}&arg[]=gcc-libs"`);
    expect(JSON.parse(answer)).toMatchObject({ type: "multiinfo", resultcount: 2 });
    const found = await sh('curl -fgLsS "$AUR/rpc/?v=5&type=search&by=name-desc&arg=premium"');
    expect(JSON.parse(found)).toMatchObject({ type: "search", resultcount: 3 });
  });

  it("asks for packages as paru does, by a form", async () => {
    const form = `-d v=5 -d type=info --data-urlencode "arg[]=${FREE}" --data-urlencode "arg[]=${PREMIUM}"`;
    expect(JSON.parse(await sh(`curl -fsS ${form} "$AUR/rpc"`))).toMatchObject({ resultcount: 2 });
  });

  it("gets the list of names as gzip, whether its client takes encodings away or not", async () => {
    const names = (await sh('curl -f "$AUR/packages.gz" | gzip -d -')).split("\n");
    // yay, pikaur and aurutils skip the first line.
    expect(names[0]).toBe("");
    expect(names).toContain(FREE);
    expect((await sh('curl -f --compressed "$AUR/packages.gz" | gzip -d -')).split("\n")).toEqual(names);
    for (const path of ["/packages.gz", "/packages-meta-ext-v1.json.gz"]) {
      const headers = await headersOf(path, { "Accept-Encoding": "gzip" });
      expect([path, headers["content-encoding"], headers["content-type"]]).toEqual([
        path,
        undefined,
        "application/gzip",
      ]);
    }
  });

  it("dates and verifies the lists as aur pkglist does", async () => {
    const headers = await sh('curl -A aurutils -f "$AUR/packages.gz" --head -Ss');
    const age = Date.now() - Date.parse(/^last-modified: (.*)/im.exec(headers)?.[1] ?? "");
    expect(age).toBeGreaterThan(-60_000);
    expect(age).toBeLessThan(6 * 60_000);
    for (const list of ["packages.gz", "packages-meta-ext-v1.json.gz"]) {
      await sh(`curl -fsS "$AUR/${list}" -o ${list} && curl -fsS "$AUR/${list}.sha256" -o ${list}.sha256`);
      expect(await sh(`sha256sum --check --strict ${list}.sha256`)).toBe(`${list}: OK\n`);
    }
  });

  it("shows a PKGBUILD, and unpacks a snapshot, that are what it would clone", async () => {
    await sh(`git clone "$AUR/${PREMIUM}.git" && curl -fsS "$AUR/cgit/aur.git/snapshot/${PREMIUM}.tar.gz" -o s.tar.gz`);
    await sh(`mkdir snapshot && tar -xzf s.tar.gz -C snapshot`);
    const cloned = readFileSync(join(directory, PREMIUM, "PKGBUILD"), "utf8");
    expect(await sh(`curl -fsS "$AUR/cgit/aur.git/plain/PKGBUILD?h=${PREMIUM}"`)).toBe(cloned);
    for (const file of ["PKGBUILD", ".SRCINFO"]) {
      expect(readFileSync(join(directory, "snapshot", PREMIUM, file))).toEqual(
        readFileSync(join(directory, PREMIUM, file)),
      );
    }
  });

  it("sees the version that the clone has", async () => {
    const answer = JSON.parse(await sh(`curl -fsS "$AUR/rpc/v5/info/${PREMIUM}"`)) as {
      results: { Version: string; LastModified: number }[];
    };
    expect(await sh(`git -C ${PREMIUM} log -1 --format="%s %at"`)).toBe(
      `${PREMIUM} ${answer.results[0]?.Version} ${answer.results[0]?.LastModified}\n`,
    );
  });
});
