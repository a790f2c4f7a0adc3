import type { RepositoryName } from "./repository.ts";

/** The name of a repository for people. */
const TITLES: Readonly<Record<RepositoryName, string>> = {
  rbee: "rbee workers",
  "rbee-premium": "rbee premium workers",
};

/**
 * A repository's section of a `.repo` file (dnf.conf(5), "Repo Options"), as dnf and zypper read it from the catalog at
 * `url`. `more` are lines at its end. A repository that refuses or fails is skipped, so that it stops no other update.
 */
export const repoSection = (repository: RepositoryName, url: string, more: readonly string[] = []): string =>
  [
    `[${repository}]`,
    `name=${TITLES[repository]}`,
    `baseurl=${url}/rpm/${repository}/$basearch`,
    "enabled=1",
    "gpgcheck=1",
    "repo_gpgcheck=1",
    `gpgkey=${url}/keys/packages.asc`,
    "skip_if_unavailable=1",
    "metadata_expire=6h",
    ...more,
  ].join("\n");

/** The comment before the two lines of a machine's credential. */
const CREDENTIAL =
  "# Any name for this computer, and your license key. Every user can read this file unless it has mode 600.";

/** The `.repo` file of both repositories. The premium one is off, and lacks its credential. */
export const repoFile = (url: string): string => {
  const premium = repoSection("rbee-premium", url, [CREDENTIAL, "#username=MACHINE", "#password=KEY"]);
  return `${repoSection("rbee", url)}\n\n${premium.replace("enabled=1", "enabled=0")}\n`;
};
