import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { relative } from "node:path";
import { BUILD_FOLDER } from "./paths.ts";

/** Prints one line about a step of the start. */
export const say = (text: string): void => console.log(text);

/** Shows how far a step is: in one line that is overwritten on a terminal, else in one line at its end. */
export function sayCount(text: string, done: number, total: number): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${text}: ${done} of ${total}${done === total ? "\n" : ""}`);
  else if (done === total) say(`${text}: ${done} of ${total}`);
}

/** A path as a person would type it here: relative to the current folder if it is inside. */
export function shortPath(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}

/** A log file that begins anew with this start. */
export type LogFile = {
  path: string;
  write(text: string): void;
  /** The last lines that say something. */
  end(): string;
  close(): void;
};

const END_LINES = 15;

/** Opens a log that only its owner may read, because the mails in it have links to sign in. Throws the file's error. */
export function openLog(path: string): LogFile {
  const file = openSync(path, "w", 0o600);
  return {
    path,
    write: (text) => void writeSync(file, text),
    end: () =>
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line.trim() !== "" && !/^(env\.|Binding )/.test(line))
        .slice(-END_LINES)
        .join("\n"),
    close: () => closeSync(file),
  };
}

const CANNOT_WRITE = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOSPC"];

/** An error's message to the person at the terminal. For an unwritable file it includes the remedy. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined || !CANNOT_WRITE.includes(code)) return error.message;
  const fault = `${shortPath(path)} cannot be written (${code}). Make it writable for you`;
  if (path.startsWith(BUILD_FOLDER)) return `${fault}: wrangler builds there.`;
  return `${fault}, or keep secrets and data in another folder: DEV_DIR=/path/to/folder npm start`;
}
