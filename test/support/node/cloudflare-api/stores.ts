import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ApiError, pageOf, type Route } from "./answer.ts";

/** A bucket. A name exists once in each jurisdiction. */
export type StubBucket = { name: string; jurisdiction: string | null; location: string | null };

const CreateBucket = z.strictObject({ name: z.string().min(3), locationHint: z.string().optional() });

/**
 * R2 (`getR2Bucket`, `createR2Bucket`). The jurisdiction is a header, and a bucket is found only inside of its own
 * (https://developers.cloudflare.com/r2/reference/data-location/).
 */
export function r2Routes(buckets: StubBucket[]): Route[] {
  const isIn = (jurisdiction: string | null) => (bucket: StubBucket) =>
    bucket.jurisdiction === (jurisdiction === "default" ? null : jurisdiction);
  return [
    [
      "GET",
      "/accounts/:account/r2/buckets",
      "Workers R2 Storage Read",
      ({ header }) => ({ buckets: buckets.filter(isIn(header("cf-r2-jurisdiction"))) }),
    ],
    [
      "POST",
      "/accounts/:account/r2/buckets",
      "Workers R2 Storage Write",
      async ({ json, header }) => {
        const { name, locationHint: location = null } = CreateBucket.parse(await json());
        const jurisdiction = header("cf-r2-jurisdiction");
        if (buckets.some((known) => known.name === name && isIn(jurisdiction)(known))) {
          throw new ApiError(409, 10004, "The bucket you tried to create already exists, and you own it.");
        }
        const made = { name, jurisdiction, location };
        buckets.push(made);
        return made;
      },
    ],
    [
      "GET",
      "/accounts/:account/r2/buckets/:name",
      "Workers R2 Storage Read",
      ({ params, header }) => {
        const found = buckets.find(
          ({ name, ...bucket }) => name === params["name"] && isIn(header("cf-r2-jurisdiction"))({ name, ...bucket }),
        );
        if (!found) throw new ApiError(404, 10006, "The specified bucket does not exist.");
        return found;
      },
    ],
  ];
}

export type StubNamespace = { id: string; title: string };

/** KV namespaces (`listKVNamespaces`, `createKVNamespace`). */
export function kvRoutes(namespaces: StubNamespace[]): Route[] {
  const path = "/accounts/:account/storage/kv/namespaces";
  return [
    ["GET", path, "Workers KV Storage Read", ({ query }) => pageOf(namespaces, query)],
    [
      "POST",
      path,
      "Workers KV Storage Write",
      async ({ json }) => {
        const { title } = z.strictObject({ title: z.string().min(1) }).parse(await json());
        if (namespaces.some((known) => known.title === title)) {
          throw new ApiError(400, 10014, "create namespace: a namespace with this account ID and title already exists");
        }
        const made = { id: randomUUID().replaceAll("-", ""), title };
        namespaces.push(made);
        return made;
      },
    ],
  ];
}
