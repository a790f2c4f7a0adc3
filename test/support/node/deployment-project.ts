import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { developmentSecrets } from "../../../scripts/development-secrets.ts";
import { formatMinisignPublicKey } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { ACCOUNT, type CloudflareStub } from "./cloudflare-api/server.ts";

const PARTS = [
  "src",
  "scripts",
  "migrations",
  "pkgbuilds",
  "keys",
  "docs/guides",
  "docs/install.md",
  "wrangler.toml",
  "package.json",
  "LICENSE",
  "tsconfig.json",
  "tsconfig.base.json",
];

/** The end of a program: its exit status, and all that it has printed. */
export type Ended = { code: number | null; output: string };

/** A checkout of its own to deploy from, with a release key and a file of secrets. */
export type DeploymentProject = {
  folder: string;
  /** Changes a file of the checkout. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  /** Runs a program in the checkout, as an operator with this token at a terminal that nobody watches. */
  run(token: string, program: string, ...args: string[]): Promise<Ended>;
  /** `pnpm run deploy` with these options, after `npm run check` has passed. */
  deploy(token: string, ...options: string[]): Promise<Ended>;
  remove(): Promise<void>;
};

/** The file of secrets of a checkout, below its folder. */
export const SECRETS = "secrets.secret.env";

/** Copies the checkout under test, with `stub` as its Cloudflare. */
export async function copyProject(stub: CloudflareStub): Promise<DeploymentProject> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-deploy-"));
  for (const part of PARTS) await cp(join(PROJECT, part), join(folder, part), { recursive: true });
  await symlink(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  const releaseKey = await generateMinisignKey();
  await writeFile(join(folder, "keys/release-signing.pub"), formatMinisignPublicKey(releaseKey));
  const secrets = Object.entries(await developmentSecrets(releaseKey)).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(join(folder, SECRETS), secrets.join(""), { mode: 0o600 });

  async function run(token: string, program: string, ...args: string[]): Promise<Ended> {
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env["PATH"]}`,
        HOME: folder,
        CLOUDFLARE_API_BASE_URL: stub.url,
        CLOUDFLARE_API_TOKEN: token,
        CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_SEND_METRICS: "false",
        FORCE_COLOR: "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const [code] = await once(child, "close");
    return { code: typeof code === "number" ? code : null, output };
  }

  return {
    folder,
    run,
    async edit(file, change) {
      const path = join(folder, file);
      await writeFile(path, change(await readFile(path, "utf8")));
    },
    deploy: (token, ...options) => run(token, process.execPath, "scripts/deploy.ts", "--checked", ...options),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
