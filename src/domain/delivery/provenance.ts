/** The suffix that in-toto adds to a file's name for its bundle of attestations. */
const SUFFIX = ".intoto.jsonl";

/** The file whose provenance a name asks for; null if the name is of another kind. */
export const attestedFile = (name: string): string | null =>
  name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;
