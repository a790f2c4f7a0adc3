import type { RepositoryContents } from "../../domain/catalog/format.ts";
import { checkable, type PublishedWorker } from "../../domain/catalog/published-workers.ts";
import { hasFormula } from "../../domain/catalog/recipe-files.ts";
import { defaultBuild } from "../../domain/releases/build.ts";
import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import type { PublishedBinary } from "../../domain/workers/recipe-rendering.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import licensedDownload from "./strategy/licensed-download.rb";
import submodulesLeftOut from "./strategy/submodules-left-out.rb";

/** The name of the tap's repository, which `brew tap rbee/rbee <address>` clones. */
export const TAP = "homebrew-rbee";

/**
 * The contents of the tap: a formula for every worker that Homebrew can install from the catalog with the origin
 * `catalogUrl`, and a guide. The message names the versions.
 */
export function tapContents(published: readonly PublishedWorker[], catalogUrl: string): RepositoryContents {
  const formulas = published
    .filter(({ worker, release }) => hasFormula(worker, release))
    .flatMap((one) => {
      const text = formulaOf(one, catalogUrl);
      return text === null ? [] : [{ ...one.worker, text }];
    });
  const guide = `# rbee's workers for Homebrew

\`\`\`sh
brew tap rbee/rbee ${catalogUrl}/${TAP}.git
${formulas.map(({ id }) => `brew install rbee/rbee/${id}`).join("\n")}
\`\`\`

What is sold needs a license: set \`HOMEBREW_RBEE_LICENSE_TOKEN\` (or \`HOMEBREW_RBEE_LICENSE_KEY\`) to its key or token.
`;
  return {
    message: formulas.map(({ id, version }) => `${id} ${version}`).join(", "),
    files: {
      "README.md": guide,
      ...Object.fromEntries(formulas.map(({ id, text }) => [`Formula/${id}.rb`, text])),
    },
  };
}

/**
 * The Homebrew formula of a worker for Macs with Apple silicon. It installs the release's binary from the catalog with
 * the origin `catalogUrl`, else builds the source of its recipe. Null if there is neither.
 */
export function formulaOf({ worker, release, policy }: PublishedWorker, catalogUrl: string): string | null {
  const binary = release && defaultBuild(release.artifacts, "macos-aarch64");
  if (release && binary) {
    const url = `${catalogUrl}/v1/workers/${worker.id}/${release.version}/files/${binary.filename}`;
    const premium = worker.tier === "premium";
    const signature = checkable(binary.signature, policy);
    return formula(worker, {
      strategy: [signature && 'require "open3"\n', premium && licensedDownload].filter((part) => part).join("\n"),
      url: premium ? [rubyString(url), "using: RbeeLicensedDownloadStrategy"] : [rubyString(url)],
      facts: [`version ${rubyString(release.version)}`, `sha256 ${rubyString(binary.sha256)}`],
      dependencies: signature ? ['depends_on "minisign" => :build'] : [],
      install: [
        'binary = Dir["*"].first',
        ...(signature ? signatureCheck(worker.id, release.version, binary, signature) : []),
        `bin.install binary => ${rubyString(worker.id)}`,
      ],
    });
  }
  if (worker.source.type !== "git" || worker.builtProgram === null) return null;
  const built = `target/release/${worker.builtProgram}`;
  const { url, branch, tag, commit } = worker.source;
  // Homebrew compares the revision with the commit of the tag, and stops if they differ.
  const revision = commit === undefined ? [] : [`revision: ${rubyString(commit)}`];
  const ref =
    tag === undefined ? [`branch: ${rubyString(branch ?? "HEAD")}`] : [`tag: ${rubyString(tag)}`, ...revision];
  const archive = release?.source_archive ?? null;
  const { profile = "release", features = [], flags = [] } = worker.build;
  const options = ["--profile", profile, "--features", features.join(",")];
  // An archive has the submodules in it.
  const fetched =
    release && archive
      ? {
          strategy: "",
          url: [rubyString(`${catalogUrl}/v1/workers/${worker.id}/${release.version}/files/${archive.filename}`)],
          facts: [`version ${rubyString(worker.version)}`, `sha256 ${rubyString(archive.sha256)}`],
        }
      : {
          strategy: submodulesLeftOut,
          url: [rubyString(url), "using: RbeeSourceDownloadStrategy", ...ref],
          facts: [`version ${rubyString(worker.version)}`],
        };
  return formula(worker, {
    ...fetched,
    dependencies: ['depends_on "rust" => :build'],
    install: [
      ...(archive === null ? SUBMODULES : []),
      `system "cargo", "build", ${options.map(rubyString).join(", ")},`,
      `       ${flags.map(rubyString).join(", ")}`,
      `bin.install ${rubyString(built)}${built.endsWith(`/${worker.id}`) ? "" : ` => ${rubyString(worker.id)}`}`,
    ],
  });
}

/**
 * The lines that fetch the submodules of upstream's workspace that cargo reads, as the free recipes do: their addresses
 * are for SSH, which needs a key, and rocm-rs may not be public.
 */
const SUBMODULES: readonly string[] = [
  "# Fetch by HTTPS only the submodules that Cargo reads. One that is not public must be an error, not a question.",
  'ENV["GIT_TERMINAL_PROMPT"] = "0"',
  'ENV["GIT_ASKPASS"] = ""',
  'update = ["git", "-c", "url.https://github.com/.insteadOf=git@github.com:",',
  '          "submodule", "update", "--init", "--depth", "1"]',
  'system(*update, "deps/candle") if (buildpath/"deps/candle").directory?',
  "# Cargo reads the manifest of rocm-rs, but compiles it for ROCm only. Without it, an empty crate does.",
  'rocm = buildpath/"deps/rocm-rs"',
  'if rocm.directory? && !quiet_system(*update, "deps/rocm-rs")',
  '  (rocm/"Cargo.toml").write <<~TOML',
  "    [package]",
  '    name = "rocm-rs"',
  '    version = "0.0.0"',
  '    edition = "2021"',
  "  TOML",
  '  (rocm/"src").mkpath',
  '  (rocm/"src/lib.rs").write ""',
  "end",
];

/**
 * The lines that refuse a binary unless its publisher signed it as this file of this version of this worker. They use
 * only Ruby's own library, `buildpath` and `odie`.
 */
function signatureCheck(
  id: string,
  version: string,
  { filename }: ManifestArtifact,
  { text, key, bound }: NonNullable<PublishedBinary["signature"]>,
): string[] {
  const names = Object.entries({ file: filename, worker: id, version });
  const minisign = ['"minisign"', '"-V"', '"-Q"', '"-P"', rubyString(key)];
  return [
    "(buildpath/\"rbee.minisig\").write <<~'MINISIG'",
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
    "MINISIG",
    `comment, status = Open3.capture2(${minisign.join(", ")},`,
    '                                 "-m", binary, "-x", "rbee.minisig")',
    `odie ${rubyString(`${id} ${version} is not what its publisher signed.`)} unless status.success?`,
    'signed = comment.chomp.split("\\t").map { |field| field.split(":", 2) }',
    "{",
    ...names.map(([name, value]) => `  ${rubyString(name)} => ${rubyString(value)},`),
    "}.each do |name, value|",
    "  named = signed.filter_map { |field, said| said if field == name }.uniq",
    `  next if named == [value]${bound ? "" : " || named.empty?"}`,
    "",
    '  named = ["(not named)"] if named.empty?',
    '  odie "The signature was made for another #{name}: #{named.join(", ")}. It must be #{value}."',
    "end",
  ];
}

type Parts = { strategy: string; url: string[]; facts: string[]; dependencies: string[]; install: string[] };

/** The parts of a formula in the order of `brew style`. */
function formula({ id, description, license }: Worker, parts: Parts): string {
  const className = id.replace(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase());
  const spdx = license.startsWith("LicenseRef-") ? ":cannot_represent" : rubyString(license);
  return `${parts.strategy && `${parts.strategy}\n`}class ${className} < Formula
  desc ${rubyString(description)}
  homepage "https://rbee.dev"
  url ${parts.url.join(",\n      ")}
${indented(2, [...parts.facts, `license ${spdx}`])}

${indented(2, [...parts.dependencies, "depends_on arch: :arm64", "depends_on :macos"])}

  def install
${indented(4, parts.install)}
  end

  test do
    assert_predicate bin/${rubyString(id)}, :executable?
  end
end
`;
}

const indented = (columns: number, lines: string[]): string =>
  lines.map((line) => line && `${" ".repeat(columns)}${line}`).join("\n");

/** A text as a Ruby string literal (Ruby's documentation, "String Literals"). */
const rubyString = (text: string): string => `"${text.replace(/[\\"#]/g, "\\$&")}"`;
