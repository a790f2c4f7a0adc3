import type * as Http from "node:http";
import { isLoopback } from "../lib/loopback.ts";

/** The hosts of this machine, which no proxy may see: a credential goes to them by plain http. */
const NEVER = ["localhost", "*.localhost", "127.0.0.1", "::1", "[::1]"];

/** The proxies of a run, in the variables that Node reads. */
export type ProxySettings = { http_proxy?: string; https_proxy?: string; no_proxy: string };

let used: ProxySettings | null = null;
let setProxy: typeof Http.setGlobalProxyFromEnv = () => () => {};

/**
 * The proxies of the environment, as curl and git read them: in either case, `all_proxy` for both schemes, and http if
 * a proxy has no scheme. Null if there is none.
 */
export function proxyOf(env: NodeJS.ProcessEnv): ProxySettings | null {
  const named = (name: string): string | undefined =>
    env[name] || env[name.toUpperCase()] || env["all_proxy"] || env["ALL_PROXY"];
  const urlOf = (text: string | undefined): string | undefined =>
    text === undefined || text.includes("://") ? text : `http://${text}`;
  const [http_proxy, https_proxy] = [urlOf(named("http_proxy")), urlOf(named("https_proxy"))];
  if (http_proxy === undefined && https_proxy === undefined) return null;
  const own = env["no_proxy"] || env["NO_PROXY"];
  const no_proxy = [...(own ? [own] : []), ...NEVER].join(",");
  return { ...(http_proxy && { http_proxy }), ...(https_proxy && { https_proxy }), no_proxy };
}

/**
 * Sends the requests of this process through the proxies of the environment. Node's own `fetch` ignores them without
 * NODE_USE_ENV_PROXY, and with it sends even requests for this machine to them. Returns a remark if it cannot.
 */
export async function useProxy(env: NodeJS.ProcessEnv): Promise<string | null> {
  const settings = proxyOf(env);
  if (settings === null) return null;
  const isHttp = [settings.http_proxy, settings.https_proxy].every(
    (url) => url === undefined || (URL.canParse(url) && /^https?:/.test(url)),
  );
  if (!isHttp) return "The proxy of the environment is not used, because it is no http proxy. Set https_proxy to one.";
  // Loaded here, because most runs have no proxy.
  const http = await import("node:http");
  if (typeof http.setGlobalProxyFromEnv !== "function") {
    return "The proxy of the environment is not used: update Node.js to its newest version.";
  }
  setProxy = http.setGlobalProxyFromEnv;
  setProxy(settings);
  used = settings;
  return null;
}

/** Keeps the requests to another name or address of this machine, such as 127.0.0.2, from every proxy. */
export function exemptFromProxy(hostname: string): void {
  if (used === null || used.no_proxy.split(",").includes(hostname)) return;
  used = { ...used, no_proxy: `${used.no_proxy},${hostname}` };
  setProxy(used);
}

/** The host and port of the proxy on the way to `url`, without its password; null: no proxy is in use for it. */
export function proxyOnTheWay({ protocol, hostname }: URL): string | null {
  const proxy = protocol === "https:" ? used?.https_proxy : used?.http_proxy;
  return proxy === undefined || isLoopback(hostname) ? null : new URL(proxy).host;
}
