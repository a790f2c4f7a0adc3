import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Linux counts CPU time in ticks of 10 ms (`USER_HZ`, fixed for user space). */
const TICK_SECONDS = 0.01;

/** The resources that a running process uses, from Linux's /proc. */
export type ProcessUsage = {
  /** The CPU time of all its threads so far, in seconds. */
  cpuSeconds(): number;
  /** Its peak memory since `forgetPeak`, in bytes. */
  peakBytes(): number;
  forgetPeak(): void;
};

/** The process name and the fields after it in /proc/PID/stat. A name may contain spaces and parentheses. */
const statOf = (pid: string): { name: string; fields: string[] } => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const end = text.lastIndexOf(")");
  return { name: text.slice(text.indexOf("(") + 1, end), fields: text.slice(end + 2).split(" ") };
};

function isChild(pid: string, name: string): boolean {
  try {
    const stat = statOf(pid);
    return stat.name === name && stat.fields[1] === String(process.pid);
  } catch {
    // The process has ended since it was listed.
    return false;
  }
}

/**
 * The usage of this process's child with this name, or null on a system without /proc. Throws if there is no such
 * child.
 */
export function usageOfChild(name: string): ProcessUsage | null {
  if (process.platform !== "linux") return null;
  const pid = readdirSync("/proc").find((entry) => /^\d+$/.test(entry) && isChild(entry, name));
  if (pid === undefined) throw new Error(`no child process ${name}`);
  return {
    cpuSeconds() {
      const { fields } = statOf(pid);
      return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
    },
    peakBytes() {
      const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return Number(kibibytes) * 1024;
    },
    forgetPeak() {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    },
  };
}
