/**
 * Breaks that tests bring about in real streams and storage. workerd reports them besides the error that the test sees.
 */
const BREAKS = [
  // A part is shorter than it says.
  "fixed-length pipe ended prematurely",
  "Can't read from request stream because client disconnected.",
  "Network connection lost.",
  // A test does not read a body to its end.
  "pump canceled",
  // The reset after a test cuts off such a body.
  "Application called deleteAllDurableObjects()",
];

/** Keeps workerd's own reports of these breaks off the output of a test run. Everything else is shown. */
export default function setup(): () => void {
  const { write } = process.stdout;
  const isReport = (text: unknown): boolean =>
    typeof text === "string" && /^(uncaught )?exception\b/.test(text) && BREAKS.some((known) => text.includes(known));
  process.stdout.write = new Proxy(write, {
    apply: (target, stream, args) => isReport(args[0]) || Reflect.apply(target, stream, args),
  });
  return () => {
    process.stdout.write = write;
  };
}
