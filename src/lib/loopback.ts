/** The host names of this machine itself, as `URL.hostname` writes them (RFC 5735, RFC 4291, RFC 6761). */
export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a `URL.hostname` is of this machine itself, where no network can read plain http. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);
