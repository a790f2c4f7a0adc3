/** The site's icon: a cell of a honeycomb. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#f59e0b" d="M16 2l12.1 7v14L16 30 3.9 23V9z"/><path fill="#1d1300" d="M16 9l6 3.5v7L16 23l-6-3.5v-7z"/></svg>`;
