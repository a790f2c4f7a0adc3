/** Where the files that every page shares are: one style sheet, one script, one icon. */
export const STYLE_PATH = "/page/style.css";
export const SCRIPT_PATH = "/page/script.js";
export const ICON_PATH = "/page/icon.svg";
