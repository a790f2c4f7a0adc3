/**
 * The address that a request's noise is counted under: IPv4 as it is, IPv6 cut to its /64, because one subscriber
 * holds at least that much of it. `unknown` where the platform names none (tests, development).
 */
export function clientAddress(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP");
  if (!address) return "unknown";
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const rest = tail === "" ? [] : tail.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
