import { formatSize } from "./table.ts";

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** Shows how far a transfer is. */
export type Progress = {
  /** `done` bytes of the total are there. */
  update(done: number): void;
  /** Ends the line; repeatable. */
  finish(): void;
};

/** One line of a progress bar: `name  [#####-----]  45%  1.2 MiB of 2.7 MiB`. `total` 0 counts as done. */
export function formatProgress(name: string, done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  return `${name}  [${bar}] ${String(Math.floor(share * 100)).padStart(3)}%  ${formatSize(done)} of ${formatSize(total)}`;
}

/** A progress bar for `total` bytes on a terminal, redrawn in place; nothing at all on a pipe or in a file. */
export function startProgress(name: string, total: number, terminal: NodeJS.WriteStream = process.stderr): Progress {
  if (!terminal.isTTY) return { update() {}, finish() {} };
  let drawnAt = 0;
  let done = 0;
  let finished = false;
  const draw = (): void => {
    drawnAt = Date.now();
    terminal.write(`\r${formatProgress(name, done, total)}\x1b[K`);
  };
  return {
    update(now) {
      done = now;
      if (Date.now() - drawnAt >= REDRAW_MS) draw();
    },
    finish() {
      if (finished) return;
      finished = true;
      draw();
      terminal.write("\n");
    },
  };
}
