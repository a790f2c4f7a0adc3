import { expect, it } from "vitest";
import { binaryRecipe } from "../../../src/domain/workers/binary-recipe.ts";

const facts = {
  id: "llm-worker-rbee-cpu",
  description: "It's a worker",
  license: "GPL-3.0-or-later",
  depends: ["gcc-libs", "openssl"],
  homepage: "https://rbee.dev",
};

it("a recipe of unsigned binaries has a source and a sum for each system, and asks for no minisign", () => {
  const binaries = (["x86_64", "aarch64"] as const).map((architecture) => ({
    architecture,
    filename: `worker-${architecture}.zip`,
    sha256: architecture.repeat(4),
    signature: null,
  }));
  const text = binaryRecipe(facts, { version: "1.2.0", pkgver: "1.2.0", binaries }, "https://catalog.test");
  expect(text).toContain("pkgdesc='It'\\''s a worker'\n");
  expect(text).toContain("arch=('x86_64' 'aarch64')\n");
  expect(text).toContain(
    "source_aarch64=('llm-worker-rbee-cpu-1.2.0-linux-aarch64::https://catalog.test/v1/workers/llm-worker-rbee-cpu/1.2.0/files/worker-aarch64.zip')\n",
  );
  expect(text).toContain(`sha256sums_x86_64=('${"x86_64".repeat(4)}')\n`);
  // The name has no ending that makepkg would unpack, and is on its list as well.
  expect(text).toContain(
    "noextract=('llm-worker-rbee-cpu-1.2.0-linux-x86_64' 'llm-worker-rbee-cpu-1.2.0-linux-aarch64')",
  );
  expect(text).not.toMatch(/minisig|prepare\(\)/);
});
