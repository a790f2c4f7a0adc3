import type { SampleCall } from "./call.ts";

const INDENT = "    ";

/** A Python program that uses `requests`, which sends no credential on to another host. */
export function pythonSample({ method, url, credential, variableHeaders, body, answer }: SampleCall): string {
  const headers = [
    ...(credential === null ? [] : [`"Authorization": "Bearer " + os.environ["${credential}"]`]),
    ...Object.entries(variableHeaders).map(([name, variable]) => `"${name}": os.environ["${variable}"]`),
    ...(body?.kind === "file" ? [`"Content-Type": ${JSON.stringify(body.type)}`] : []),
  ];
  const given = [
    ...(headers.length === 0
      ? []
      : [`headers={\n${headers.map((one) => `${INDENT}${INDENT}${one},\n`).join("")}${INDENT}}`]),
    ...(body?.kind === "json" ? [`json=${literal(body.value, INDENT)}`] : []),
    ...(body?.kind === "form" ? [`data=${literal(body.fields, INDENT)}`] : []),
    ...(body?.kind === "file" ? ['data=open("FILE", "rb")'] : []),
    "timeout=30",
  ];
  const needsEnvironment = credential !== null || Object.keys(variableHeaders).length > 0;
  return [
    ...(needsEnvironment ? ["import os", ""] : []),
    "import requests",
    "",
    `response = requests.${method.toLowerCase()}(`,
    `${INDENT}${JSON.stringify(url)},`,
    ...given.map((one) => `${INDENT}${one},`),
    ")",
    "response.raise_for_status()",
    ...RESULT[answer],
  ].join("\n");
}

const RESULT: Record<SampleCall["answer"], string[]> = {
  json: ["print(response.json())"],
  text: ["print(response.text)"],
  file: ['open("ANSWER", "wb").write(response.content)'],
  none: [],
};

/** A JSON value as a Python expression. Its later lines begin with `indent`. */
function literal(value: unknown, indent: string): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = indent + INDENT;
  const [open, close, members] = Array.isArray(value)
    ? (["[", "]", value.map((one) => literal(one, inner))] as const)
    : ([
        "{",
        "}",
        Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, inner)}`),
      ] as const);
  return members.length === 0
    ? open + close
    : `${open}\n${members.map((one) => `${inner}${one},\n`).join("")}${indent}${close}`;
}
