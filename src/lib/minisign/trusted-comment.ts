/** A trusted comment of named fields, as minisign's own default has them: `name:value`, parted by tabs. */
export const formatTrustedComment = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join("\t");

/** The fields of a trusted comment; none for one that has another form. */
export const trustedFields = (comment: string): ReadonlyMap<string, string> =>
  new Map(
    comment.split("\t").flatMap((field) => {
      const colon = field.indexOf(":");
      return colon < 0 ? [] : [[field.slice(0, colon), field.slice(colon + 1)] as const];
    }),
  );
