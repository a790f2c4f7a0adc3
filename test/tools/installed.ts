import { execFileSync } from "node:child_process";

/** Whether these programs can be run here. Tests that need one that is missing are skipped by name, and this says so out loud. */
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
