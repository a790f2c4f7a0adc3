/** Paths of the files that every page shares: one style sheet, one script, one icon. */
export const STYLE_PATH = "/page/style.css";
export const SCRIPT_PATH = "/page/script.js";
export const ICON_PATH = "/page/icon.svg";

/** The site's icon: a cell of a honeycomb. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#f59e0b" d="M16 2l12.1 7v14L16 30 3.9 23V9z"/><path fill="#1d1300" d="M16 9l6 3.5v7L16 23l-6-3.5v-7z"/></svg>`;

/**
 * The one script of all pages; each page works without it. A button with `data-copy` copies the text of the element
 * with that id and then says so. If the browser refuses, it selects the text. A page with `data-look-again` (seconds)
 * fetches itself at that interval and reloads once its title has changed.
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
const waiting = document.querySelector("[data-look-again]");
if (waiting) {
  waiting.hidden = false;
  const wait = () => setTimeout(look, waiting.dataset.lookAgain * 1000);
  const look = async () => {
    const html = await fetch(location.href).then((answer) => answer.text()).catch(() => "");
    const { title } = new DOMParser().parseFromString(html, "text/html");
    if (title && title !== document.title) location.reload();
    else wait();
  };
  wait();
}
`;
