import { oci } from "../../src/formats/oci/format.ts";
import { hive } from "./license-fixture.ts";
import { testFramer } from "./made-up-framing.ts";
import { publishRelease, randomBytes, type TestFile } from "./publish-release.ts";

/** A static program for a platform, with its image. */
export const imageFile = (platform: TestFile["platform"] = "linux-x86_64", more: Partial<TestFile> = {}): TestFile => ({
  bytes: randomBytes(2000),
  platform,
  requires: { libc: { name: "musl" } },
  framer: testFramer(...(oci.framing ? [oci.framing] : [])),
  ...more,
});

/** A published release with images for both platforms, or with `files`. */
export const publishImages = (worker_id: string, version: string, more: { files?: TestFile[] } = {}) =>
  publishRelease({ worker_id, version, files: [imageFile(), imageFile("linux-aarch64")], ...more });

export const basic = (user: string, password: string) => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` });

/** The token endpoint's answer to a login, or to an anonymous client, for repositories of these workers. */
export const askToken = (login: { Authorization?: string }, ...workers: string[]): Promise<Response> => {
  const query = workers.map((id) => `&scope=repository:rbee/${id}:pull`).join("");
  return hive("GET", `/v2/token?service=catalog.test${query}`, { headers: login });
};

/** The registry token of a login, as Bearer. */
export async function registryToken(login: { Authorization?: string }, ...workers: string[]) {
  const response = await askToken(login, ...workers);
  if (!response.ok) throw new Error(`no token: ${await response.text()}`);
  const { token } = await response.json<{ token: string }>();
  return { Authorization: `Bearer ${token}` };
}

/** The first error of a registry's answer. */
export async function registryError(
  response: Response,
): Promise<{ status: number; code: string; message: string; detail: { code?: string } }> {
  const { errors } = await response.json<{ errors: { code: string; message: string; detail: { code?: string } }[] }>();
  const [first] = errors;
  if (!first) throw new Error("no error");
  return { status: response.status, ...first };
}
