import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/** Where the instructions put the keys of the repositories, which they name as `Signed-By`. */
export const KEYRING_FILE = "/etc/apt/keyrings/rbee.gpg";

/** Where apt looks for credentials (apt_auth.conf(5)). */
export const CREDENTIALS_FILE = "/etc/apt/auth.conf.d/rbee.conf";

/** The address of a repository of the catalog at `url`, without a slash at its end. */
export const repositoryUrl = (url: string, repository: RepositoryName): string => `${url}/apt/${repository}`;

/** The name of the file that apt reads a repository from, the same here and in `/etc/apt/sources.list.d`. */
export const sourcesFile = (repository: RepositoryName): string => `${repository}.sources`;

/** The repository that a file of that name adds; null if there is none. */
export const repositoryOfSources = (file: string): RepositoryName | null =>
  (Object.keys(REPOSITORIES) as RepositoryName[]).find((repository) => sourcesFile(repository) === file) ?? null;

/** The stable suite of a repository as apt's configuration (sources.list(5), "DEB822-STYLE FORMAT"). */
export const sourcesText = (url: string, repository: RepositoryName): string =>
  [
    "Types: deb",
    `URIs: ${repositoryUrl(url, repository)}`,
    "Suites: stable",
    "Components: main",
    `Signed-By: ${KEYRING_FILE}`,
    "",
  ].join("\n");

/**
 * The line of apt's credentials for the premium repository. It names the path, so that apt sends the key nowhere else,
 * and the scheme, because apt sends a credential over plain http only if the line says so.
 */
export const credentialsText = (url: string): string =>
  `machine ${repositoryUrl(url, "rbee-premium")} login MACHINE password KEY`;
