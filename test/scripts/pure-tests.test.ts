import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pureTests } from "../support/node/pure-tests.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

/** Writes files into a new folder and returns the names of the pure tests among them. */
async function pureAmong(files: Record<string, string>): Promise<string[]> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, "support"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pureTests([join(folder, "*.test.{ts,tsx}")]).map((file) => file.slice(folder.length + 1));
}

describe("the pure tests", () => {
  it("are those that reach no module of workerd, directly or through other files", async () => {
    const files = {
      "pure.test.ts": 'import { plus } from "./plus.ts";\n',
      "page.test.tsx": 'import "./style.css";\nimport { plus } from "./plus.ts";\n',
      "typed.test.ts": 'import type { Wrapped } from "./support/bindings.ts";\n',
      "direct.test.ts": 'import { env } from "cloudflare:workers";\n',
      "through.test.ts": 'import {\n  plus,\n} from "./plus.ts";\nexport { wrapped } from "./support/bindings.ts";\n',
      "later.test.ts": 'const { wrapped } = await import("./support/bindings.ts");\n',
      "parser.test.ts": "new HTMLRewriter();\n",
      "plus.ts": 'import "./circle.ts";\nexport const plus = 1;\n',
      "circle.ts": 'import "./plus.ts";\n',
      "support/bindings.ts": 'import { env } from "cloudflare:workers";\nexport const wrapped = env;\n',
    };
    expect(await pureAmong(files)).toEqual(["page.test.tsx", "pure.test.ts", "typed.test.ts"]);
  });

  it("of this repository include those of src/lib's pure files and none with a binding", () => {
    const tests = pureTests(["test/{lib,domain}/**/*.test.ts"]);
    expect(tests).toContain("test/lib/crockford.test.ts");
    expect(tests).not.toContain("test/domain/licensing/routes/machine.test.ts");
  });
});
