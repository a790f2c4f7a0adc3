import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

/** A machine with apt. It has its own root, with dpkg's database and apt's configuration, lists and cache. */
export type AptMachine = {
  root: string;
  home: string;
  /** Adds a repository by the catalog's own `.sources`, for a suite. */
  add(repository: "rbee" | "rbee-premium", suite?: string): Promise<void>;
  /** Writes a file of the machine that only its user can read; `path` is absolute, in an existing folder. */
  write(path: string, text: string): Promise<void>;
  /** Runs apt-get as a pretended root (fakeroot), with options before its command. */
  apt(...args: string[]): Promise<Run>;
  /** Runs apt-get with a clock that is off by so much, such as `+8d` (faketime). */
  aptAt(offset: string, ...args: string[]): Promise<Run>;
  /** Runs apt-cache. */
  cache(...args: string[]): Promise<Run>;
  /** The output of an installed program. */
  run(program: string): Promise<string>;
  /** The packages that apt has downloaded, partial ones included. */
  downloaded(): string[];
};

const FOLDERS = [
  ...["etc/apt/keyrings", "etc/apt/sources.list.d", "etc/apt/auth.conf.d", "etc/apt/preferences.d"],
  ...["etc/apt/apt.conf.d", "etc/apt/trusted.gpg.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"],
  ...["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log/apt"],
];

/** Makes a machine that reaches the catalog at `url` and has its keys. */
export async function newAptMachine(url: string): Promise<AptMachine> {
  const home = workDirectory();
  const root = join(home, "root");
  await runAsUser(home, ["mkdir", "-p", ...FOLDERS.map((folder) => join(root, folder))]);
  await runAsUser(home, ["touch", join(root, "var/lib/dpkg/status")]);
  const configuration = join(home, "apt.conf");
  writeFileSync(
    configuration,
    `Dir "${root}/";
Dir::State::status "${root}/var/lib/dpkg/status";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::solvers "/usr/lib/apt/solvers";
Dir::Bin::planners "/usr/lib/apt/planners";
Dir::Bin::dpkg "/usr/bin/dpkg";
Dir::Bin::apt-key "/usr/bin/apt-key";
DPkg::Options { "--force-not-root"; "--force-bad-path"; "--root=${root}"; "--log=${root}/var/log/dpkg.log"; };
DPkg::Use-Pty "0";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
APT::Get::Assume-Yes "1";
Acquire::Retries "0";
`,
  );
  const env = { APT_CONFIG: configuration };
  const machine: AptMachine = {
    root,
    home,
    async add(repository, suite = "stable") {
      const text = await (await fetch(`${url}/apt/${repository}.sources`)).text();
      const sources = text
        .replace(/^URIs: .*(?=\/apt\/)/m, `URIs: ${url}`)
        .replace("Suites: stable", `Suites: ${suite}`)
        .replace("/etc/apt", `${root}/etc/apt`);
      await machine.write(`/etc/apt/sources.list.d/${repository}.sources`, sources);
    },
    async write(path, text) {
      await runAsUser(home, ["sh", "-c", 'umask 077; printf %s "$0" >"$1"', text, join(root, path)]);
    },
    apt: (...args) => runAsUser(home, ["fakeroot", "apt-get", ...args], env),
    aptAt: (offset, ...args) => runAsUser(home, ["fakeroot", "faketime", "-f", offset, "apt-get", ...args], env),
    cache: (...args) => runAsUser(home, ["apt-cache", ...args], env),
    run: async (program) => (await runAsUser(home, [join(root, "usr/bin", program), "--version"])).stdout,
    downloaded: () =>
      readdirSync(join(root, "var/cache/apt/archives"), { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".deb"),
      ),
  };
  const keys = await (await fetch(`${url}/apt/rbee.gpg`)).arrayBuffer();
  writeFileSync(join(root, "etc/apt/keyrings/rbee.gpg"), new Uint8Array(keys));
  return machine;
}
