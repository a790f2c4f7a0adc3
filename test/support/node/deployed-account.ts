import { expect } from "vitest";
import { type CloudflareStub, FULL, startCloudflare } from "./cloudflare-api/server.ts";
import type { StubWorker } from "./cloudflare-api/workers.ts";
import { copyProject, type DeploymentProject, type Ended } from "./deployment-project.ts";

/** The name of production's Worker, and of its database. */
export const LIVE = "rbee-worker-catalog";

/** The requests that change something at Cloudflare. Reading a database is a POST, too. */
export const changesOf = (requests: readonly string[]): string[] =>
  requests.filter((request) => !request.startsWith("GET ") && !request.endsWith("/query"));

/** A checkout to deploy from, an account at a stub of Cloudflare, and a token with every permission. */
export class DeployedAccount {
  readonly cloudflare: CloudflareStub;
  readonly project: DeploymentProject;
  readonly token: string;

  private constructor(cloudflare: CloudflareStub, project: DeploymentProject) {
    this.cloudflare = cloudflare;
    this.project = project;
    this.token = cloudflare.token(FULL);
  }

  /** Starts an empty account. */
  static async open(): Promise<DeployedAccount> {
    const cloudflare = await startCloudflare();
    return new DeployedAccount(cloudflare, await copyProject(cloudflare));
  }

  async close(): Promise<void> {
    await this.cloudflare.stop();
    await this.project.remove();
  }

  worker(name = LIVE): StubWorker | undefined {
    return this.cloudflare.workers.find((known) => known.name === name);
  }

  database(name = LIVE) {
    return this.cloudflare.databases.find((known) => known.name === name);
  }

  /** The rows of a query; undefined without the database. */
  rows(sql: string, name = LIVE): Record<string, unknown>[] | undefined {
    return this.database(name)
      ?.sqlite.prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  }

  /** Takes a Worker out of the account, and returns a function that puts it back. */
  without(name: string): () => void {
    const { workers } = this.cloudflare;
    const index = workers.findIndex((known) => known.name === name);
    const taken = workers.splice(index, 1);
    return () => void workers.splice(index, 0, ...taken);
  }

  /** Runs `act` and returns its end with the requests that it made. */
  async watch(act: () => Promise<Ended>): Promise<Ended & { requests: string[] }> {
    const before = this.cloudflare.requests.length;
    const ended = await act();
    return { ...ended, requests: this.cloudflare.requests.slice(before) };
  }

  /** Deploys, and returns its end with the requests that it made. */
  deploy = (...options: string[]) => this.watch(() => this.project.deploy(this.token, ...options));

  /** Expects that a deployment is refused with each of `reasons`, and that nothing has changed. */
  async expectRefusal(options: readonly string[], ...reasons: string[]): Promise<Ended> {
    const before = this.#state();
    const ended = await this.deploy(...options);
    expect(ended.code, ended.output).toBe(1);
    for (const reason of reasons) expect(ended.output).toContain(reason);
    expect(ended.output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(changesOf(ended.requests)).toEqual([]);
    expect(this.#state()).toBe(before);
    return ended;
  }

  #state(): string {
    const { databases, buckets, namespaces, queues, workers } = this.cloudflare;
    const schemas = databases.map(({ sqlite, ...rest }) => [
      rest,
      sqlite.prepare("SELECT sql FROM sqlite_schema").all(),
    ]);
    return JSON.stringify([schemas, buckets, namespaces, queues, workers]);
  }
}
