import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";
import { AS_ORDINARY_USER, oncePerFile, PLAIN_ENVIRONMENT, runAsUser, workDirectory } from "../ordinary-user.ts";

/** GitHub as git sees it from a test, and the environment in which git sees it. */
export type GitHub = {
  env: Record<string, string>;
  /** The repositories that git has asked for since the last call, each once, in order. */
  asked: () => string[];
  /** Whether git has tried SSH, which no key opens here. */
  triedSsh: () => boolean;
  /** Takes a repository away, as if it were private. */
  hide: (repository: string) => void;
  close: () => void;
};

/** Makes upstream's repositories, and returns their folder. See repositories.sh. */
const repositories = oncePerFile(async (): Promise<string> => {
  const folder = workDirectory();
  const script = readFileSync(join(import.meta.dirname, "repositories.sh"), "utf8");
  const run = await runAsUser(folder, ["bash", "-c", script]);
  if (run.code !== 0) throw new Error(run.stderr);
  return folder;
});

/**
 * Starts a GitHub with upstream's repositories: git's own HTTP server behind https://github.com, on the usual port. git
 * gets there by a proxy, and trusts its certificate, so no address is rewritten and a recipe must find its own way.
 * A repository that is private or missing is answered with 401, as GitHub does. Nothing listens for SSH.
 */
export async function startGitHub(): Promise<GitHub> {
  const folder = workDirectory();
  cpSync(await repositories(), join(folder, "repositories"), { recursive: true });
  await runAsUser(folder, ["cp", "-r", "repositories", "served"]);
  const certificate = await makeCertificate(folder);
  const ssh = join(folder, "tried-ssh");
  writeFileSync(join(folder, "ssh.sh"), `touch ${ssh}\necho "Permission denied (publickey)." >&2\nexit 255\n`);

  const log = new Set<string>();
  const secure = createSecureServer(certificate, (request, response) => {
    log.add(
      request.url
        ?.split("/")
        .slice(1, 3)
        .join("/")
        .replace(/\.git$/, "") ?? "",
    );
    answer(join(folder, "served"), request, response);
  });
  const proxy = createServer().on("connect", (request, socket) => {
    if (request.url !== "github.com:443") return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    return secure.emit("connection", socket);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");

  const config = {
    "http.proxy": `http://127.0.0.1:${address.port}`,
    "http.sslCAInfo": join(folder, "certificate.pem"),
    "core.sshCommand": `sh ${join(folder, "ssh.sh")}`,
  };
  const entries = Object.entries(config).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    env: { GIT_CONFIG_COUNT: String(Object.keys(config).length), ...Object.fromEntries(entries) },
    asked: () => {
      const repositories = [...log];
      log.clear();
      return repositories;
    },
    triedSsh: () => existsSync(ssh),
    hide: (repository) => rmSync(join(folder, `served/${repository}.git`), { recursive: true }),
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
      secure.closeAllConnections();
    },
  };
}

/** Makes a certificate for github.com that signs itself, in `certificate.pem` and `key.pem`. */
async function makeCertificate(folder: string): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=github.com", "-addext", "subjectAltName=DNS:github.com"];
  const command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const run = await runAsUser(folder, [...command, ...subject, "-days", "2", "-keyout", key, "-out", cert]);
  if (run.code !== 0) throw new Error(run.stderr);
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** Answers a request of git by git-http-backend(1), which speaks CGI. */
function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "https://github.com");
  const repository = /^\/[^/]+\/[^/]+?(?=(?:\.git)?\/(?:info\/refs|git-upload-pack)$)/.exec(pathname)?.[0];
  if (repository === undefined || !existsSync(join(root, `${repository}.git`))) {
    response.writeHead(401, { "WWW-Authenticate": 'Basic realm="GitHub"' }).end();
    return;
  }
  const [program = "", ...rest] = [...AS_ORDINARY_USER, "git", "http-backend"];
  const backend = spawn(program, rest, {
    env: {
      ...PLAIN_ENVIRONMENT,
      HOME: root,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method ?? "GET",
      PATH_INFO: pathname.replace(/^\/[^/]+\/[^/]+?(?:\.git)?\//, `${repository}.git/`),
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  backend.on("close", () => {
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf("\r\n\r\n");
    const headers = whole.subarray(0, end).toString("latin1").split("\r\n");
    for (const header of headers) {
      const [name = "", value = ""] = header.split(": ");
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(whole.subarray(end + 4));
  });
}
