import { coverage } from "./coverage.ts";
import { fingerprints } from "./fingerprints.ts";
import { keySets } from "./key-sets.ts";
import { licenseKeys } from "./license-keys.ts";
import { licenseTokens } from "./license-tokens.ts";
import { releaseIndexes } from "./release-indexes.ts";
import { resolve } from "./resolve.ts";
import { signatures } from "./signatures.ts";
import { statusLists } from "./status-lists.ts";
import type { VectorFile } from "./vector-file.ts";

/** Every file of docs/vectors, by its name. */
export const VECTOR_FILES: Readonly<Record<string, VectorFile>> = {
  "license-keys": licenseKeys,
  "license-tokens": licenseTokens,
  "key-sets": keySets,
  coverage,
  "status-lists": statusLists,
  "release-indexes": releaseIndexes,
  signatures,
  fingerprints,
  resolve,
};
