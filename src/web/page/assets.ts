/** Paths of the files that every page shares. */
export const STYLE_PATH = "/page/style.css";
export const SCRIPT_PATH = "/page/script.js";
export const ICON_PATH = "/page/icon.svg";
export const SPRITE_PATH = "/page/icons.svg";
/** The picture that a link to a page is shown with elsewhere (Open Graph): 1200 x 630 pixels. */
export const SOCIAL_CARD_PATH = "/page/card.png";
/** Browsers ask for this one by themselves, if they cannot draw SVG. */
export const FAVICON_PATH = "/favicon.ico";
export const TOUCH_ICON_PATH = "/apple-touch-icon.png";

/** The logo: a cell of a honeycomb, and the letter in it, on 32 by 32 units. */
export const LOGO_PATHS = {
  cell: "M14 3a4 4 0 0 1 4 0l8.3 4.8a4 4 0 0 1 2 3.4v9.6a4 4 0 0 1-2 3.4L18 29a4 4 0 0 1-4 0l-8.3-4.8a4 4 0 0 1-2-3.4v-9.6a4 4 0 0 1 2-3.4z",
  letter: "M12.6 21.8V11.4M12.6 16.4c.2-3.2 2.6-4.9 6.4-4.6",
} as const;

/** The site's icon: the logo. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#f7ab2b" d="${LOGO_PATHS.cell}"/><path fill="none" stroke="#241600" stroke-width="3.4" stroke-linecap="round" d="${LOGO_PATHS.letter}"/></svg>`;

/**
 * The one script of all pages; each page works without it. A button with `data-copy` copies the text of the element
 * with that id and then says so. If the browser refuses, it selects the text. A page with `data-look-again` (seconds)
 * fetches itself at that interval and reloads once its title has changed. The key in `data-focus` of a field leads to
 * that field, unless the person is typing elsewhere. A field with `data-filter` hides the items of the list with that
 * id that lack one of its words, and opens the groups of the others.
 * A `data-stepper` gets buttons that step its number, and a total that follows them.
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
for (const field of document.querySelectorAll("input[data-filter]")) {
  const list = document.getElementById(field.dataset.filter);
  const opened = new Set(list.querySelectorAll("details[open]"));
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const item of [...list.querySelectorAll("li")].reverse()) {
      const group = item.querySelector("details");
      const text = item.textContent.toLowerCase();
      item.hidden = group ? !item.querySelector("li:not([hidden])") : !words.every((word) => text.includes(word));
      if (group) group.open = words.length > 0 || opened.has(group);
    }
  });
}
for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const field = stepper.querySelector("input");
  const total = stepper.closest("form").querySelector("output[data-unit]");
  const show = () => {
    const { unit, block, currency, decimals, after } = total.dataset;
    const blocks = Math.max(1, Math.ceil(Math.min(field.max, field.value) / block));
    const amount = (unit * blocks) / 10 ** decimals;
    const digits = Number.isInteger(amount) ? 0 : Number(decimals);
    const options = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
    total.textContent = new Intl.NumberFormat("en", options).format(amount) + after;
  };
  stepper.querySelector("[data-update-total]")?.remove();
  for (const button of stepper.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (button.dataset.step > 0) field.stepUp();
      else field.stepDown();
      if (total) show();
    });
  }
  if (total) field.addEventListener("input", show);
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
const field = document.querySelector("[data-focus]");
if (field) {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== field.dataset.focus || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    field.select();
  });
}
`;
