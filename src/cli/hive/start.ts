import { open } from "node:fs/promises";
import { runBounded } from "./probe/system.ts";

/** Whether an installed worker starts on this machine, and the sentence for the person. */
export type Trial = { result: "starts" | "fails" | "untried"; text: string };

/** The first bytes of programs, in hexadecimal: ELF, Mach-O (one and several architectures), PE, script. */
const PROGRAMS = /^(7f454c46|cffaedfe|cafebabe|4d5a|2321)/;

/**
 * Starts a worker once with `--version`, for some seconds at most, so that nobody finds out later that it does not run
 * here. Throws the errors of the file system.
 */
export async function tryOut(path: string, env: NodeJS.ProcessEnv): Promise<Trial> {
  const untried = "It was not tried out: it is no program that this system can start.";
  if (!PROGRAMS.test(await firstBytes(path))) return { result: "untried", text: untried };
  const ran = await runBounded(path, ["--version"], { env });
  if (ran === null) return { result: "fails", text: "It cannot start here." };
  const words = wordsOf(ran.output);
  if (ran.late) {
    return {
      result: "untried",
      text: "It was started, and did not end within some seconds of being asked for its version.",
    };
  }
  if (ran.status === 0) return { result: "starts", text: `It starts here: ${words}` };
  const text =
    ran.status === 132
      ? `It does not run here: this processor lacks an instruction that it needs. ${words}`
      : ran.status === 126 || ran.status === 127
        ? `It cannot start yet: ${words}`
        : `It was started with --version, and ended with status ${ran.status}. ${words}`;
  return { result: "fails", text: text.trimEnd() };
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("hex", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first lines of a program's output, in one. The command prints no character that a terminal obeys. */
const wordsOf = (output: string): string =>
  output
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(0, 3)
    .join(" ")
    .slice(0, 200);
