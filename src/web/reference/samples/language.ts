import type { SampleCall } from "./call.ts";
import { curlSample } from "./curl.ts";
import { pythonSample } from "./python.ts";
import { rustSample } from "./rust.ts";
import { typescriptSample } from "./typescript.ts";

/** The languages of the samples: how each is called, and its sample of a call. The first one is the default. */
export const LANGUAGES = {
  curl: { name: "curl", sampleOf: curlSample },
  typescript: { name: "TypeScript", sampleOf: typescriptSample },
  python: { name: "Python", sampleOf: pythonSample },
  rust: { name: "Rust", sampleOf: rustSample },
} as const satisfies Record<string, { name: string; sampleOf: (call: SampleCall) => string }>;

export type Language = keyof typeof LANGUAGES;

/** Every language, in the order of the page. */
export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as [Language, ...Language[]];
