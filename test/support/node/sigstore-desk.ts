import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import type { TestProject } from "vitest/node";
import * as z from "zod";
import type {} from "../signed-provenance.ts";
import type { TestInstance } from "./sigstore-instance.ts";

const Wanted = z.object({
  statement: z.looseObject({}),
  identity: z.object({
    repository: z.string().optional(),
    repository_id: z.string().optional(),
    config: z.string().optional(),
    ref: z.string().optional(),
    trigger: z.string().optional(),
  }),
});

/** Signs statements on demand for the tests in workerd, by one Sigstore instance with logs. */
export default function setup(project: TestProject): Promise<() => void> {
  let instance: Promise<TestInstance> | null = null;
  const desk = createServer((request, response) => {
    const answer = async () => {
      // Loaded with the first test that needs it.
      const { makeInstance } = await import("./sigstore-instance.ts");
      instance ??= makeInstance("public");
      const { root, sign } = await instance;
      const { statement, identity } = Wanted.parse(await json(request));
      const named = Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
      return { root: JSON.stringify(root), bundle: JSON.stringify(await sign(statement, named)) };
    };
    answer().then(
      (made) => response.end(JSON.stringify(made)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  return new Promise((resolve) => {
    desk.listen(0, "127.0.0.1", () => {
      const address = desk.address();
      project.provide("sigstoreDesk", `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
      resolve(() => {
        desk.close();
        desk.closeAllConnections();
      });
    });
  });
}
