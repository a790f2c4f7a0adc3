import { parseArgs } from "node:util";
import { Refused } from "./refusal.ts";

/** Where D1 and R2 keep the data. It is chosen when they are made, and cannot be changed later. */
export type Place = { jurisdiction: string } | { location: string } | null;

/** The choices of a deployment, from the command line. */
export type Options = {
  /** The environment of wrangler.toml; null for production. */
  environment: string | null;
  config: string | null;
  /** Undefined if not chosen; null to let Cloudflare choose. */
  place: Place | undefined;
  secretsFile: string | null;
  /** Whether `npm run check` has passed already, for example in an earlier step of a pipeline. */
  isChecked: boolean;
  /** Workers that may share resources with this one. */
  sharedWith: readonly string[];
};

const JURISDICTIONS = ["eu", "fedramp", "us"];
const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"];

const USAGE = `pnpm run deploy [options]
  --env NAME              an environment of wrangler.toml, such as staging (default: production)
  --secrets-file FILE     lines of NAME=value; needed for the first deployment
  --jurisdiction NAME     keep the data in ${JURISDICTIONS.join(", ")}: asked once, when D1 and R2 are made
  --location HINT         or only near ${LOCATIONS.join(", ")}, or "any"
  --checked               "npm run check" has passed already
  --share-with WORKER     another Worker that may use the same resources; repeatable
  --config FILE           another file than wrangler.toml`;

/** The place that a word names: a jurisdiction, a location hint, or `any`. Undefined for another word. */
export function placeOf(word: string): Place | undefined {
  if (word === "any") return null;
  if (JURISDICTIONS.includes(word)) return { jurisdiction: word };
  return LOCATIONS.includes(word) ? { location: word } : undefined;
}

/** The options without which npm would deploy something else. */
const DECISIVE = ["env", "config"];

/**
 * Parses the command line. Throws `Refused` with the usage for anything unknown, and for an option that npm took as its
 * own, as `env` (the environment of the process) shows.
 */
export function readOptions(args: readonly string[], env: NodeJS.Dict<string>): Options {
  const kept = DECISIVE.find((name) => env[`npm_config_${name}`] !== undefined);
  if (kept !== undefined) {
    throw new Refused(
      `npm keeps --${kept} for itself. Put two dashes before the options: npm run deploy -- --${kept} ...`,
    );
  }
  const { values } = parsed(args);
  const { jurisdiction, location } = values;
  if (jurisdiction !== undefined && location !== undefined) {
    throw new Refused("Choose a jurisdiction or a location: a location is ignored inside of a jurisdiction.");
  }
  const word = jurisdiction ?? location;
  const place = word === undefined ? undefined : placeOf(word);
  const isKnown = jurisdiction === undefined || JURISDICTIONS.includes(jurisdiction);
  if (word !== undefined && (place === undefined || !isKnown)) throw new Refused(`"${word}" is no place.\n${USAGE}`);
  return {
    environment: values.env || null,
    config: values.config ?? null,
    place,
    secretsFile: values["secrets-file"] ?? null,
    isChecked: values.checked ?? false,
    sharedWith: values["share-with"] ?? [],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args].filter((arg) => arg !== "--"),
      options: {
        env: { type: "string" },
        config: { type: "string" },
        jurisdiction: { type: "string" },
        location: { type: "string" },
        "secrets-file": { type: "string" },
        checked: { type: "boolean" },
        "share-with": { type: "string", multiple: true },
      },
    });
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}
