import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROBLEMS } from "../../src/platform/http/problem.ts";
import { PROJECT } from "../end-to-end/program-run.ts";
import { cargo, copyOfRustClient, hasDebianRust } from "../support/node/rust.ts";

/** The codes of operations that no hive calls: a workflow's, an admin's forms, the sign-in of the command line. */
const NOT_FOR_HIVES =
  /^(OIDC_|PUBLISHER_|(FORM_REFUSED|AUTHORIZATION_PENDING|SLOW_DOWN|DEVICE_CODE_EXPIRED|ACCESS_DENIED)$)/;

it("the Rust client knows every problem code that a hive may meet", async () => {
  const source = await readFile(join(PROJECT, "clients/rust/src/problem.rs"), "utf8");
  const known = [...source.matchAll(/^ {4}\w+ = "([A-Z_]+)", /gm)].map(([, code]) => code);
  const met = Object.keys(PROBLEMS).filter((code) => !NOT_FOR_HIVES.test(code));
  expect(known.toSorted()).toEqual(met.toSorted());
});

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
    await succeed("clippy", "--no-default-features", "--", "-D", "warnings");
  });
});
