import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { PROJECT } from "../../end-to-end/program-run.ts";

/** A fenced block of a guide. */
type Block = { language: string; text: string };

/** The blocks of code of `docs/guides/{slug}.md`, those of lists included. */
export function guideBlocks(slug: string): Block[] {
  const guide = readFileSync(join(PROJECT, `docs/guides/${slug}.md`), "utf8");
  return [...guide.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, indent = "", language = "", text = ""]) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** How a guide gets the command. */
const GET_COMMAND = "curl -fsSL https://catalog.rbee.dev/install.sh | sh -s -- --cli\n";

/** A place to follow a guide in. */
export type GuideRun = {
  /** The catalog. It takes the place of the origins in the guide. */
  url: string;
  /** The home and working directory, which is made. */
  folder: string;
  /** Variables beside those of a plain shell. */
  env?: Record<string, string>;
  /** What the reader types. */
  input?: string;
  /** Changes a command that only a test needs to run differently, such as one that keeps a terminal. */
  edit?: (text: string) => string;
  /** The working directory if it is not the home. */
  cwd?: string;
};

/**
 * Runs the `sh` blocks of a guide in order, in one bash that stops at the first failed command. Returns everything that
 * they print, with the credentials in it. Throws with the output if a command fails.
 */
export async function runGuide(slug: string, run: GuideRun): Promise<string> {
  const { url, folder, env = {}, input = "", edit = (text) => text, cwd = folder } = run;
  const bin = join(folder, ".local/bin");
  mkdirSync(folder, { recursive: true });
  const blocks = guideBlocks(slug).filter(({ language }) => language === "sh");
  // A guide for people who have the command does not say how to get it.
  const first = blocks.some(({ text }) => text === GET_COMMAND) ? "" : GET_COMMAND;
  const script = [first, ...blocks.map(({ text }) => edit(text))]
    .join("\n")
    .replaceAll(/https:\/\/catalog\.rbee\.dev|http:\/\/localhost:8787/g, url);
  const environment = {
    PATH: [bin, dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    HOME: folder,
    LANG: "C.UTF-8",
    RBEE_CATALOG_URL: url,
    // The command takes the credentials of a checkout's development server, which the reader does not have.
    DEV_DIR: join(folder, "nowhere"),
    ...env,
  };
  return new Promise((resolve, reject) => {
    const options = { cwd, env: environment, maxBuffer: 16 << 20 };
    const bash = execFile("bash", ["--norc", "-euxo", "pipefail", "-c", script], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`docs/guides/${slug}.md: status ${error.code}\n${stdout}\n${stderr}`));
      else resolve(`${stdout}\n${stderr}`);
    });
    bash.stdin?.end(input);
  });
}
