import { execFileSync } from "node:child_process";
import { AS_ORDINARY_USER } from "./ordinary-user.ts";

/**
 * Goes before a command that must be root, such as one that installs into a root of its own: an ordinary user is root
 * in a user namespace of their own (user_namespaces(7)).
 */
export const AS_NAMESPACE_ROOT: readonly string[] = ["unshare", "--map-root-user", "--"];

/** Returns whether an ordinary user may make a user namespace here, and warns if not: the tests are then skipped. */
export function userNamespaces(): boolean {
  const [program = "", ...args] = [...AS_ORDINARY_USER, ...AS_NAMESPACE_ROOT, "true"];
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    console.warn("Skipped, not passed: tests that need a user namespace, which this machine forbids.");
    return false;
  }
}
