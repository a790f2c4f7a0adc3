import { describe, expect, it } from "vitest";
import { listedPackage } from "../../../src/formats/rpm/lists.ts";
import { repoFile } from "../../../src/formats/rpm/repo-file.ts";
import { listFile, repodataOf, repodataTime, VALID } from "../../../src/formats/rpm/repomd.ts";
import { parsePackageFile, parseRepodataFile } from "../../../src/formats/rpm/repository.ts";
import { DAY } from "../../../src/lib/time.ts";
import { factsOf, framed } from "./package/framed.ts";

const PROGRAM = new Uint8Array(Buffer.from("#!/bin/sh\n"));
const packagesOf = async () => [listedPackage(await framed(factsOf(PROGRAM), PROGRAM)) ?? []].flat();

describe("RPM metadata", () => {
  it("has the same bytes for the same packages and time, and names each list by its checksum", async () => {
    const once = await repodataOf(await packagesOf(), 1_795_960_000);
    expect(await repodataOf(await packagesOf(), 1_795_960_000)).toEqual(once);
    expect(once.lists.map(({ name }) => name)).toEqual(["primary", "filelists", "other", "suseinfo"]);
    for (const list of once.lists) {
      expect(once.repomd).toContain(`<location href="repodata/${listFile(list)}"/>`);
      expect(parseRepodataFile(listFile(list))).toEqual({ kind: "list", list: list.name, sha256: list.sha256 });
    }
  });

  it("escapes its texts", async () => {
    const { lists } = await repodataOf(await packagesOf(), 1);
    const [primary] = lists;
    const stream = new Blob([primary?.bytes ?? ""]).stream().pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(stream).text()).toContain("<summary>Generates text &amp; more</summary>");
  });

  it("is dated by the day, so that every isolate dates it the same, and valid for longer", () => {
    const noon = 20_000 * DAY + DAY / 2;
    expect(repodataTime(noon)).toBe(20_000 * DAY);
    expect(VALID).toBeGreaterThan(2 * DAY);
  });

  it("leaves out a package whose index is not of this format", async () => {
    expect(listedPackage({ ...(await framed(factsOf(PROGRAM), PROGRAM)), index: {} })).toBeNull();
  });
});

describe("the names in an RPM repository", () => {
  it("are parsed into a worker and an architecture", () => {
    expect(parsePackageFile("llm-worker-rbee-cpu-1.2.0-1.x86_64.rpm")).toEqual({
      workerId: "llm-worker-rbee-cpu",
      arch: "x86_64",
    });
    for (const name of ["", "a.rpm", "a-1.x86_64.rpm", "../a-1-1.x86_64.rpm/", "a-1-1.x86_64.deb"]) {
      expect(parsePackageFile(name)).toBeNull();
    }
  });

  it("are nothing else in repodata", () => {
    for (const name of ["", "repomd.xml.gz", "primary.xml.gz", `${"0".repeat(64)}-nothing.xml.gz`, "repomd.xml.sig"]) {
      expect(parseRepodataFile(name)).toBeNull();
    }
  });
});

describe("the .repo file", () => {
  it("requires signatures of both repositories, and has the premium one off until it has a credential", () => {
    const [free = "", premium = ""] = repoFile("https://catalog.test").split("\n\n");
    for (const section of [free, premium]) {
      expect(section).toContain("\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=https://catalog.test/keys/packages.asc\n");
      expect(section).toContain("\nskip_if_unavailable=1\n");
    }
    expect(free).toContain("[rbee]\n");
    expect(free).toContain("enabled=1\n");
    expect(premium).toContain("[rbee-premium]\n");
    expect(premium).toContain("enabled=0\n");
    expect(premium).toContain("\n#username=MACHINE\n#password=KEY\n");
  });
});
