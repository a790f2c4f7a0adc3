import { beforeAll, describe, expect, it } from "vitest";
import { cargo, copyOfRustClient, hasDebianRust } from "../support/node/rust.ts";

const hasRust = await hasDebianRust();

describe.skipIf(!hasRust)("the Rust client (needs Debian's cargo and crates)", () => {
  let crate = "";
  beforeAll(async () => {
    crate = await copyOfRustClient();
  });

  /** Runs cargo, which must succeed. Returns its standard output. */
  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await cargo(crate, ...args);
    expect(code, `${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  it("builds without a network and passes its tests, the vectors among them", async () => {
    expect(await succeed("test")).toContain("test license_tokens_verify_offline ... ok");
  });

  it("is formatted, and clippy finds nothing", async () => {
    await succeed("fmt", "--check");
    await succeed("clippy", "--all-targets", "--", "-D", "warnings");
  });

  it("also builds without a transport of its own", async () => {
    await succeed("check", "--no-default-features");
  });
});
