/**
 * Whether a client takes a media type (RFC 9110, section 12.5.1). No `Accept` takes everything. Parameters are ignored:
 * clients of registries send none.
 */
export function accepts(accept: string | null | undefined, type: string): boolean {
  if (!accept) return true;
  const [kind = ""] = type.split("/");
  return accept
    .split(",")
    .map((range) => range.split(";")[0]?.trim().toLowerCase())
    .some((range) => range === type || range === `${kind}/*` || range === "*/*");
}
