import type { SampleCall } from "./call.ts";

/** The crates of the samples, as the line that adds them to a project. */
export const RUST_CRATES = "cargo add serde_json@1; cargo add ureq@2 -F json";

/** A Rust program that uses `ureq` 2, which sends no credential on to another host. */
export function rustSample({ method, url, credential, variableHeaders, body, answer }: SampleCall): string {
  const sets = [
    ...(credential === null ? [] : [`.set("Authorization", &format!("Bearer {}", std::env::var("${credential}")?))`]),
    ...Object.entries(variableHeaders).map(([name, variable]) => `.set("${name}", &std::env::var("${variable}")?)`),
    ...(body?.kind === "file" ? [`.set("Content-Type", ${JSON.stringify(body.type)})`] : []),
  ];
  const chain = [...sets, send(body)].map((one) => `        ${one.replaceAll("\n", "\n        ")}`).join("\n");
  return [
    `// ${RUST_CRATES}`,
    "fn main() -> Result<(), Box<dyn std::error::Error>> {",
    `    ${answer === "none" ? "" : "let answer = "}ureq::${method.toLowerCase()}(${JSON.stringify(url)})`,
    `${chain}?;`,
    ...RESULT[answer],
    "    Ok(())",
    "}",
  ].join("\n");
}

function send(body: SampleCall["body"]): string {
  if (body === null) return ".call()";
  if (body.kind === "json") return `.send_json(serde_json::json!(${JSON.stringify(body.value, null, 4)}))`;
  if (body.kind === "file") return '.send(std::fs::File::open("FILE")?)';
  const pairs = Object.entries(body.fields).map(
    ([name, value]) => `(${JSON.stringify(name)}, ${JSON.stringify(value)})`,
  );
  return `.send_form(&[${pairs.join(", ")}])`;
}

const RESULT: Record<SampleCall["answer"], string[]> = {
  json: ['    println!("{}", answer.into_json::<serde_json::Value>()?);'],
  text: ['    println!("{}", answer.into_string()?);'],
  file: ['    std::io::copy(&mut answer.into_reader(), &mut std::fs::File::create("ANSWER")?)?;'],
  none: [],
};
