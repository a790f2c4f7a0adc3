const DEFAULT_PORT = 8787;

/** The port that `PORT` asks for, 8787 if it is unset. Throws on anything but a number from 1 to 65535. */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`PORT must be a number from 1 to 65535, not "${text}".`);
  return port;
}
