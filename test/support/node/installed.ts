import { execFileSync } from "node:child_process";

/** Returns whether all these programs are installed, and warns if not: the tests that need them are then skipped. */
export function installed(...programs: string[]): boolean {
  const missing = programs.filter((program) => {
    try {
      execFileSync("sh", ["-c", 'command -v "$0"', program], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0)
    console.warn(`Skipped, not passed: tests that need ${missing.join(", ")}, not installed here.`);
  return missing.length === 0;
}
