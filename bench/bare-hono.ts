import { Hono } from "hono";

/** The smallest Worker with a router: the baseline of start-ups and of first requests. */
const app = new Hono();
app.get("/", (c) => c.text("hello"));

export default app;
