import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Run, runAsUser, workDirectory } from "./ordinary-user.ts";
import { AS_NAMESPACE_ROOT } from "./user-namespace.ts";

/** The login of a machine in the premium repository. */
export type Credential = { machine: string; key: string };

/** A machine with a root of its own, and both repositories of a catalog. */
export type RpmMachine = {
  root: string;
  /** Downloads the metadata anew. */
  refresh(): Promise<Run>;
  search(words: string): Promise<Run>;
  /** Installs a package, or its given version. */
  install(name: string, version?: string): Promise<Run>;
  /** Goes back to another version. */
  downgrade(name: string, version: string): Promise<Run>;
  /** Installs newer versions. `signal` kills dnf. */
  upgrade(signal?: AbortSignal): Promise<Run>;
  /** Replaces the credential. */
  logIn(credential: Credential): void;
  /** The bytes of packages that it has downloaded and keeps. */
  cachedBytes(): number;
  /** Deletes these packages. */
  forgetPackages(): void;
};

/** A tool with RPM repositories. */
export type RpmTool = {
  name: string;
  /** Whether it goes on in the middle of a file that an earlier run began. */
  resumes: boolean;
  /** Makes a machine for the catalog at `url`; without a credential, it has none for the premium repository. */
  machine(url: string, credential: Credential | null): Promise<RpmMachine>;
};

/** The folders for files of a machine, which the ordinary user owns. */
async function newRoot(): Promise<{ home: string; root: string }> {
  const home = workDirectory();
  const root = join(home, "root");
  await runAsUser(home, ["mkdir", root]);
  return { home, root };
}

const packagesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.includes(".rpm"))
        .map((name) => join(folder, name))
    : [];

/** The two members of a machine about the packages below the folder of its tool. */
const keptBelow = (folder: string): Pick<RpmMachine, "cachedBytes" | "forgetPackages"> => ({
  cachedBytes: () => packagesBelow(folder).reduce((sum, file) => sum + statSync(file).size, 0),
  forgetPackages: () => {
    for (const file of packagesBelow(folder)) rmSync(file);
  },
});

/** dnf 4 with the catalog's own `.repo` file. */
export const dnf: RpmTool = {
  name: "dnf",
  resumes: true,
  async machine(url, credential) {
    const { home, root } = await newRoot();
    const repos = join(home, "repos");
    mkdirSync(repos);
    const given = await (await fetch(`${url}/rpm/rbee.repo`)).text();
    const write = ({ machine, key }: Credential) => {
      const file = join(repos, "rbee.repo");
      const filled = given.replace("enabled=0", "enabled=1").replace("#username=MACHINE", `username=${machine}`);
      writeFileSync(file, filled.replace("#password=KEY", `password=${key}`));
    };
    if (credential) write(credential);
    else writeFileSync(join(repos, "rbee.repo"), given.replace("enabled=0", "enabled=1"));
    const places = Object.entries({ cachedir: "cache", persistdir: "persist", logdir: "log" });
    const options = places.map(([name, place]) => `${name}=${join(home, place)}\n`).join("");
    writeFileSync(join(home, "dnf.conf"), `[main]\nplugins=0\ngpgcheck=1\nbest=1\nreposdir=${repos}\n${options}`);
    const scratch = ["--config", join(home, "dnf.conf"), "--installroot", root, "--releasever", "40"];
    const command = [...AS_NAMESPACE_ROOT, "dnf", ...scratch, `--setopt=reposdir=${repos}`, "-y"];
    const run = (...args: string[]) => runAsUser(home, [...command, ...args]);
    return {
      root,
      refresh: () => run("makecache", "--refresh"),
      search: (words) => run("search", words),
      install: (name, version) => run("install", version === undefined ? name : `${name}-${version}`),
      downgrade: (name, version) => run("downgrade", `${name}-${version}`),
      upgrade: (signal) => runAsUser(home, [...command, "--refresh", "upgrade"], {}, signal),
      logIn: write,
      ...keptBelow(join(root, home, "cache")),
    };
  },
};

/** zypper with the catalog's `.repo` file for the free repository, and a credentials file for the premium one. */
export const zypper: RpmTool = {
  name: "zypper",
  resumes: false,
  async machine(url, credential) {
    const { home, root } = await newRoot();
    const credentials = join(root, "etc/zypp/credentials.d");
    await runAsUser(home, ["mkdir", "-p", credentials]);
    const write = ({ machine, key }: Credential) => {
      writeFileSync(join(credentials, "rbee-premium"), `username=${machine}\npassword=${key}\n`);
      chmodSync(join(credentials, "rbee-premium"), 0o644);
    };
    if (credential) write(credential);
    const scratch = ["--root", root, "--non-interactive", "--gpg-auto-import-keys"];
    const run = (...args: string[]) => runAsUser(home, [...AS_NAMESPACE_ROOT, "zypper", ...scratch, ...args]);
    await run("addrepo", "--refresh", `${url}/rpm/rbee/$basearch`, "rbee");
    await run("addrepo", "--refresh", `${url}/rpm/rbee-premium/$basearch?credentials=rbee-premium`, "rbee-premium");
    return {
      root,
      refresh: () => run("refresh", "--force"),
      search: (words) => run("search", "--details", words),
      install: (name, version) => run("install", version === undefined ? name : `${name}=${version}`),
      downgrade: (name, version) => run("install", "--oldpackage", `${name}=${version}`),
      // zypper refreshes by itself only after ten minutes (zypp.conf, repo.refresh.delay).
      upgrade: async () => {
        await run("refresh");
        return run("update");
      },
      logIn: write,
      ...keptBelow(join(root, "var/cache/zypp/packages")),
    };
  },
};
