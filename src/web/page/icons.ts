/** The drawings of the icons: paths on a grid of 24 units, stroked by the style sheet in the color of the text. */
const DRAWINGS = {
  apple:
    "M15.8 3.4c-.2 1.9-1.7 3.2-3.5 3.4M12 8.4c-1.1-.8-2.3-1.2-3.5-1.1-2.5.2-3.9 2.5-3.7 5.5.3 3.8 2.5 7.3 4.6 7.3 1 0 1.5-.6 2.6-.6s1.7.6 2.7.6c1.5 0 3.3-2 4.1-4.4-2.7-1.2-3-4.8-.5-6.3-1-1.3-2.3-2-3.6-2-1.1 0-1.9.4-2.7 1z",
  arch: "M12 3 4 20c2.3-1.4 3.9-2.1 5.3-2.4a2.8 2.8 0 0 1 5.4 0c1.4.3 3 1 5.3 2.4z",
  arrow: "M5 12h14M13 6l6 6-6 6",
  book: "M4 19.5V5.5A2.5 2.5 0 0 1 6.5 3H20v18H5.5A1.5 1.5 0 0 1 4 19.5zM4 19.5A1.5 1.5 0 0 1 5.5 18H20M9 7.5h6",
  card: "M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM3 10h18M7 15h3",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5.3l3.4 2",
  container: "M12 3l8 4v10l-8 4-8-4V7zM4 7l8 4 8-4M12 11v10",
  copy: "M11 9h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM15 5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15",
  cpu: "M8.5 7h7A1.5 1.5 0 0 1 17 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 7 15.5v-7A1.5 1.5 0 0 1 8.5 7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  cuda: "M5 7h14a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM8.5 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM14.5 10.5h3M14.5 13.5h3M6 17v3M10 17v3M14 17v3",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16",
  external: "M14 4h6v6M20 4l-9 9M18 14v4.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 4 18.5v-11A1.5 1.5 0 0 1 5.5 6H10",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.7v.01",
  key: "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10.9 12.1 19.5 3.5M15.5 7.5l3 3M13 10l1.8 1.8",
  linux:
    "M12 3C9.6 3 8.2 5 8.2 7.4c0 2.5-.6 3.6-1.9 5.5-1 1.5-1.5 3.2-1.2 4.6M12 3c2.4 0 3.8 2 3.8 4.4 0 2.5.6 3.6 1.9 5.5 1 1.5 1.5 3.2 1.2 4.6M5 18c1.4-1.3 3.6 0 4 2.3M19 18c-1.4-1.3-3.6 0-4 2.3M9 20.3h6M10.5 7v.01M13.5 7v.01M11 9.6l1 .9 1-.9",
  lock: "M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM8 11V8a4 4 0 0 1 8 0v3",
  machine: "M5 4h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 20h8M12 16v4",
  mail: "M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM3.5 7.5 12 13l8.5-5.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  metal: "M8 4h8a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4zM8 16V8.5l4 4.5 4-4.5V16",
  minus: "M6 12h12",
  plus: "M12 6v12M6 12h12",
  rocm: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 8.5l3 1.8v3.5l-3 1.7-3-1.7v-3.5z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3 20 20",
  shield: "M12 3l7 2.5V11c0 4.5-2.8 8-7 10-4.2-2-7-5.5-7-10V5.5zM8.8 11.7l2.3 2.3 4.2-4.4",
  terminal: "M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM7 9l3 3-3 3M12.5 15H17",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.9-3.9 3.8-5.8 7.5-5.8s6.6 1.9 7.5 5.8",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01",
  windows: "M4 6l6.5-.9v6.1H4zM13 4.8l7-1v7.4h-7zM4 13.6h6.5v6L4 18.7zM13 13.6h7V21l-7-1z",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof DRAWINGS;

/** The names of all icons. */
export const ICON_NAMES = Object.keys(DRAWINGS) as readonly IconName[];

/** The sprite: every icon as a `<symbol>` with its name as id. */
export const SPRITE = `<svg xmlns="http://www.w3.org/2000/svg">${Object.entries(DRAWINGS)
  .map(([name, path]) => `<symbol id="${name}" viewBox="0 0 24 24"><path d="${path}"/></symbol>`)
  .join("")}</svg>`;
