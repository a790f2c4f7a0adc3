import type { SampleCall } from "./call.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A curl command for a POSIX shell. Credentials come from the environment. */
export function curlSample({ method, url, credential, variableHeaders, body, answer }: SampleCall): string {
  // curl may not carry a credential from https to plain http.
  const safely = credential !== null && url.startsWith("https:") ? "--proto =https " : "";
  // Without a file's name, curl takes the last part of the address.
  const save = answer === "file" ? "-LO " : "";
  const lines = [
    `curl ${safely}${save}${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`,
    credential && `-H "Authorization: Bearer $${credential}"`,
    ...Object.entries(variableHeaders).map(([name, variable]) => `-H "${name}: $${variable}"`),
    body?.kind === "json" && "-H 'Content-Type: application/json'",
    body?.kind === "json" && `-d ${quoted(JSON.stringify(body.value))}`,
    ...(body?.kind === "form"
      ? Object.entries(body.fields).map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`)
      : []),
    body?.kind === "file" && `-H ${quoted(`Content-Type: ${body.type}`)}`,
    body?.kind === "file" && "--data-binary @FILE",
  ];
  return lines.filter(Boolean).join(" \\\n  ");
}
