/** A file's text, as Vite hands it to a test. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}

declare module "*.toml?raw" {
  const text: string;
  export default text;
}

interface ImportMeta {
  /** Vite's: the files that match a pattern, by their paths. */
  glob<File>(pattern: string, options: { query: "?raw"; import: "default"; eager: true }): Record<string, File>;
}
