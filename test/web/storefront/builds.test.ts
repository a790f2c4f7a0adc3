import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { read, signedIn } from "../../support/console-admin.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

let id = "";
beforeEach(async () => {
  ({ id } = await publishRelease({
    ...{ worker_id: "llm-worker-rbee-cuda", version: "1.0.0" },
    files: [
      { bytes: randomBytes(10), filename: "w-cuda13", requires: { cuda: { min: "13.0" } } },
      { bytes: randomBytes(10), filename: "w-cuda12", requires: { cuda: { min: "12.4" }, memory_bytes: 2 ** 33 } },
      { bytes: randomBytes(10), filename: "w.exe", platform: "windows-x86_64" },
    ],
  }));
});

describe("several builds of a platform", () => {
  it("differ by their needs on the page where a person chooses a file", async () => {
    const page = await (await exports.default.fetch("https://catalog.test/w/cuda")).text();
    expect(page).toContain("Linux, x86-64, for CUDA 13.0 (a driver for CUDA 13 or newer) ");
    expect(page).toContain("Linux, x86-64, for CUDA 12.4 (a driver for CUDA 12 or newer), 8 GiB of memory ");
    expect(page).toContain("Windows, x86-64 <");
  });

  it("have their needs in the console", async () => {
    const browser = await signedIn(["releases:read"]);
    const page = await read(browser, `/admin/releases/${id}`);
    expect(page).toContain("CUDA 12.4 (a driver for CUDA 12 or newer), 8 GiB of memory");
    expect(page).toContain("Not stated");
  });
});
