/** The text and attributes of each element of a page's HTML under a selector, as a browser would find them. */
export type Found = { attributes: Record<string, string>; text: string };

/** Elements that never have an end (HTML Standard, 13.1.2), as far as pages have them. */
const VOID = new Set(["input", "link", "meta", "br"]);

/** Finds elements of a response's HTML with the runtime's own parser. Entities stay as they are written. */
export async function find(response: Response, selector: string): Promise<Found[]> {
  const found: Found[] = [];
  const open: Found[] = [];
  await new HTMLRewriter()
    .on(selector, {
      element(element) {
        const one: Found = { attributes: Object.fromEntries(element.attributes), text: "" };
        found.push(one);
        if (VOID.has(element.tagName)) return;
        open.push(one);
        element.onEndTag(() => {
          open.pop();
        });
      },
      text({ text }) {
        for (const one of open) one.text += text;
      },
    })
    .transform(response)
    .arrayBuffer();
  return found;
}
