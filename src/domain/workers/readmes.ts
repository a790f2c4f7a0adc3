import llmWorker from "./readmes/llm-worker-rbee.md";
import premiumLlmWorker from "./readmes/llm-worker-rbee-premium.md";
import sdWorker from "./readmes/sd-worker-rbee.md";

/**
 * The README of each family that has one, by the family's id, in Markdown. Its parts begin with `## `; inside them
 * stand paragraphs, lists and code between backticks.
 */
export const READMES: ReadonlyMap<string, string> = new Map([
  ["llm-worker-rbee", llmWorker],
  ["sd-worker-rbee", sdWorker],
  ["llm-worker-rbee-premium", premiumLlmWorker],
]);
