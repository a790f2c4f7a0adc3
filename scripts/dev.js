// What `npm start` runs. Plain JavaScript, because a Node.js that cannot read TypeScript must get far enough to say so.
import "./node-version.js";

await import("./development/main.ts");
