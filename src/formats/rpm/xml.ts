/** XML text whose values are escaped. */
export type Xml = { readonly xml: string };

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The control characters that XML 1.0 has no form for. */
const UNWRITABLE = /[^\P{Cc}\t\n\r]/gu;

const escaped = (text: string): string =>
  text.replaceAll(UNWRITABLE, "").replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character);

/** An element with its attributes and its content: a text, or elements on lines of their own. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content?: string | readonly Xml[],
): Xml {
  const start = `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join("")}`;
  if (content === undefined) return { xml: `${start}/>` };
  const inner = typeof content === "string" ? escaped(content) : `\n${content.map(({ xml }) => `${xml}\n`).join("")}`;
  return { xml: `${start}>${inner}</${name}>` };
}

/** A document with one root element. */
export const xmlDocument = ({ xml }: Xml): string => `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`;
