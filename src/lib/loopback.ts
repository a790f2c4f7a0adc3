/**
 * The host names of this machine itself, as `URL.hostname` writes them: `localhost` and the names below it (RFC 6761),
 * 127.0.0.0/8 and `[::1]`. `URL` turns every other spelling into one of these, such as `127.1` or `[0:0::1]`.
 */
export const LOOPBACK = /^(([a-z0-9-]+\.)*localhost\.?|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a `URL.hostname` is of this machine itself, where no network can read plain http. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);
