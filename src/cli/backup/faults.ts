import type { Manifest } from "../../domain/backup/format.ts";
import { printable } from "../../lib/printable.ts";
import { CliError, EXIT } from "../errors.ts";
import type { BackupSource } from "./source.ts";

/** The faults of a backup that were found, as sentences for a person. */
export type Faults = string[];

/** Faults beyond this number are only counted. */
export const MAX_FAULTS: number = 20;

/** The work on one backup. */
export type Loading = { source: BackupSource; manifest: Manifest; faults: Faults };

/** Adds a fault of `subject` if `act` throws. */
export function attempt(faults: Faults, subject: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    faults.push(`${subject} does not fit: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** The first faults, and the number of the others. */
export const shortened = (faults: Faults): Faults =>
  faults.length > MAX_FAULTS
    ? [...faults.slice(0, MAX_FAULTS), `And ${faults.length - MAX_FAULTS} more faults.`]
    : faults;

/** Throws `CliError` (integrity) with the faults, if there are any. */
export function requireNoFaults(id: string, faults: Faults): void {
  if (faults.length === 0) return;
  // Faults name keys and columns of the backup, which may be of a person who means harm.
  throw new CliError(EXIT.integrity, [`The backup ${id} is damaged.`, ...faults.map(printable)].join("\n"));
}
