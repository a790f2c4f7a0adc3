/**
 * The one script of all pages; each of them works without it. A button that names an element in `data-copy` copies that
 * element's text and says so; where the browser refuses, it selects the text.
 */
export const SCRIPT = `"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = [...button.childNodes];
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.replaceChildren("Copied");
      setTimeout(() => button.replaceChildren(...label), 4000);
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}
`;
