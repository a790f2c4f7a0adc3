import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AS_ORDINARY_USER, type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

/** A person with tools for containers: storage, logins and settings of their own, as an ordinary user. */
export type ContainerUser = {
  home: string;
  podman(...args: string[]): Promise<Run>;
  skopeo(...args: string[]): Promise<Run>;
  docker(...args: string[]): Promise<Run>;
};

/** Returns whether an ordinary user may make namespaces here, and warns if not: podman needs them. */
export function hasNamespaces(): boolean {
  const [program = "", ...rest] = [...AS_ORDINARY_USER, "unshare", "--user", "--map-root-user", "--mount", "true"];
  const isAllowed = spawnSync(program, rest, { stdio: "ignore" }).status === 0;
  if (!isAllowed) console.warn("Skipped, not passed: tests of podman. This machine forbids namespaces of users.");
  return isAllowed;
}

/** A new person to whom plain http to the registry at `host` is allowed. docker allows it on this machine by itself. */
export async function newContainerUser(host: string): Promise<ContainerUser> {
  const home = workDirectory();
  // Their own, because podman refuses a runtime folder of another user.
  const folders = ["storage", "run", "runtime", "tmp", "docker", "data", ".config", ".config/containers"];
  await runAsUser(home, ["mkdir", "-m", "700", ...folders]);
  const settings = join(home, ".config/containers");
  writeFileSync(join(settings, "policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
  writeFileSync(join(home, "auth.json"), "{}");
  chmodSync(join(home, "auth.json"), 0o666);
  writeFileSync(join(settings, "registries.conf"), `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  const env = {
    XDG_RUNTIME_DIR: join(home, "runtime"),
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, "data"),
    REGISTRY_AUTH_FILE: join(home, "auth.json"),
    CONTAINERS_REGISTRIES_CONF: join(settings, "registries.conf"),
    TMPDIR: join(home, "tmp"),
    DOCKER_CONFIG: join(home, "docker"),
  };
  const own = ["--root", join(home, "storage"), "--runroot", join(home, "run"), "--storage-driver", "vfs"];
  const apart = [...own, "--cgroup-manager", "cgroupfs", "--events-backend", "none", "--log-level", "error"];
  return {
    home,
    podman: (...args) => runAsUser(home, ["podman", ...apart, ...args], env),
    skopeo: (...args) => runAsUser(home, ["skopeo", ...args], env),
    docker: (...args) => runAsUser(home, ["docker", ...args], env),
  };
}

/**
 * Runs an image's program without a network, by crun without cgroups. crun refuses machines with both versions of
 * cgroups, and runc takes its place there.
 */
export async function runImage(user: ContainerUser, image: string, ...args: string[]): Promise<Run> {
  const run = (...options: string[]) => ["run", "--rm", "--pull=never", "--network=none", ...options, image, ...args];
  const first = await user.podman(...run("--cgroups=disabled"));
  if (!/cgroups in hybrid mode/.test(first.stderr)) return first;
  return user.podman("--runtime", "runc", ...run("--pids-limit=-1"));
}
