import { type Run, runAsUser } from "./ordinary-user.ts";

/** The time that a hive gives a clone, in seconds: `tokio::time::timeout` in `fetch_git_source`. */
const CLONE_SECONDS = 60;

/**
 * The commands by which a hive fetches one source into `srcdir`; empty if it skips the source. Throws where a hive
 * fails. After `fetch_git_source` and `convert_https_to_ssh` in bin/20_rbee_hive/src/source_fetcher.rs of
 * rbee-keeper/rbee at 0509312f; bin/25_rbee_hive_crates/worker-provisioner/src/pkgbuild/source_fetcher.rs is the same.
 */
export function hiveFetch(source: string, srcdir: string): string[][] {
  if (!source.startsWith("git+")) {
    if (/^https?:\/\//.test(source)) throw new Error("HTTP/HTTPS file downloads not yet implemented");
    return [];
  }
  const [location = "", ...rest] = source.slice("git+".length).split("#");
  const reference = rest.join("#");
  const github = "https://github.com/";
  const url = location.startsWith(github) ? `git@github.com:${location.slice(github.length)}` : location;
  const folder = `${srcdir}/${(url.split("/").at(-1) ?? "repo").replace(/(\.git)+$/, "")}`;
  const [, kind, name = ""] = /^(tag|branch|commit)=(.*)$/.exec(reference) ?? [];
  // A hive that failed before has left the folder.
  const clean = ["rm", "-rf", folder];
  const clone = ["timeout", String(CLONE_SECONDS), "git", "clone"];
  if (kind === "commit") {
    return [clean, [...clone, url, folder], ["git", "-C", folder, "checkout", name]];
  }
  return [clean, [...clone, "--depth", "1", ...(kind === undefined ? [] : ["--branch", name]), url, folder]];
}

/** Fetches sources as a hive does, up to the first that fails. Throws for a form of source that hives refuse. */
export async function fetchAsHive(
  directory: string,
  sources: readonly string[],
  srcdir: string,
  env: Record<string, string>,
): Promise<Run> {
  let run: Run = { code: 0, stdout: "", stderr: "" };
  for (const command of sources.flatMap((source) => hiveFetch(source, srcdir))) {
    run = await runAsUser(directory, command, env);
    if (run.code !== 0) return run;
  }
  return run;
}
