import Stripe from "stripe";
import { type Delivery, NORMAL_DELIVERY, type State } from "./state.ts";

/**
 * The waits before attempts 2, 3, ... The first are seconds, so that a developer sees the retry. Deliveries end after 3
 * days.
 */
const BACKOFF_SECONDS = [2, 5, 15, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400];
const ANSWER_WITHIN_MS = 20_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export type DeliveryTarget = { webhookUrl: string | null; webhookSecret: string };

/**
 * Sends events to the webhook endpoint, signed by the SDK's own code. Sends one at a time and in order, unless a fault
 * is set. Retries after every status but 2xx, for three days on the stand-in's clock.
 */
export class Deliveries {
  readonly #state: State;
  readonly #target: DeliveryTarget;
  readonly #nowMs: () => number;
  readonly #changed: () => void;
  #pumping: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(state: State, target: DeliveryTarget, nowMs: () => number, changed: () => void) {
    this.#state = state;
    this.#target = target;
    this.#nowMs = nowMs;
    this.#changed = changed;
  }

  /** Enqueues an event and applies the current fault. */
  enqueue(event: string): void {
    const { fault, deliveries } = this.#state;
    const at = (seconds: number, state: Delivery["state"] = "pending"): Delivery => ({
      event,
      attempts: 0,
      due_ms: this.#nowMs() + seconds * 1000,
      state,
      last_result: null,
    });
    if (this.#target.webhookUrl === null || fault.mode === "drop") deliveries.push(at(0, "dropped"));
    else if (fault.mode === "repeat") for (let copy = 0; copy < fault.copies; copy += 1) deliveries.push(at(0));
    else if (fault.mode === "delay") deliveries.push(at(fault.seconds));
    else deliveries.push(at(0));
    if (fault.remaining !== null) {
      fault.remaining -= 1;
      if (fault.remaining <= 0) this.#state.fault = { ...NORMAL_DELIVERY };
    }
    this.wake();
  }

  /** Sends an event once more. Replaces a delivery of it that is still due. */
  resend(event: string): void {
    const { deliveries } = this.#state;
    this.#state.deliveries = deliveries.filter((each) => each.event !== event || each.state !== "pending");
    this.#state.deliveries.push({ event, attempts: 0, due_ms: this.#nowMs(), state: "pending", last_result: null });
    this.wake();
  }

  /** Sends the due deliveries. Call it at the start and after the clock has moved. */
  wake(): void {
    if (this.#closed) return;
    // In a later turn, so that the change is complete and answered before its first event is sent.
    setImmediate(() => this.#start());
  }

  /** Resolves when no delivery is running or due, at the latest after `withinMs`. */
  async settled(withinMs = 10_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    await new Promise((resolve) => setImmediate(resolve));
    while (Date.now() < deadline && (this.#pumping !== null || this.#due().length > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Stops sending and waits for the running deliveries. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#pumping;
  }

  #due(): Delivery[] {
    const now = this.#nowMs();
    return this.#state.deliveries.filter((each) => each.state === "pending" && each.due_ms <= now);
  }

  #start(): void {
    if (this.#pumping !== null || this.#closed) return;
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = null;
      this.#schedule();
    });
  }

  async #pump(): Promise<void> {
    for (let batch = this.#due(); batch.length > 0 && !this.#closed; batch = this.#due()) {
      if (this.#state.fault.mode === "reorder") batch.reverse();
      for (const same of groupByEvent(batch)) await Promise.all(same.map((delivery) => this.#send(delivery)));
      this.#changed();
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const pending = this.#state.deliveries.filter((each) => each.state === "pending");
    if (pending.length === 0 || this.#closed) return;
    const wait = Math.min(...pending.map((each) => each.due_ms)) - this.#nowMs();
    this.#timer = setTimeout(() => this.#start(), Math.min(Math.max(wait, 10), LONGEST_TIMER_MS));
    this.#timer.unref();
  }

  async #send(delivery: Delivery): Promise<void> {
    if (this.#closed || delivery.state !== "pending") return;
    const event = this.#state.events[delivery.event];
    const url = this.#target.webhookUrl;
    if (!event || url === null) {
      delivery.state = "dropped";
      return;
    }
    delivery.attempts += 1;
    const { ok, result } = await post(url, this.#target.webhookSecret, JSON.stringify(event));
    delivery.last_result = result;
    if (ok) {
      delivery.state = "delivered";
      event.pending_webhooks = 0;
      return;
    }
    const wait = BACKOFF_SECONDS[delivery.attempts - 1];
    if (wait === undefined) delivery.state = "failed";
    else delivery.due_ms = this.#nowMs() + wait * 1000;
  }
}

/** Copies of one event are sent at the same time, different events one after another. */
function groupByEvent(batch: Delivery[]): Delivery[][] {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of batch) groups.set(delivery.event, [...(groups.get(delivery.event) ?? []), delivery]);
  return [...groups.values()];
}

/** Signs with the real time, not the stand-in's clock, because the receiver compares it with its own. */
async function post(url: string, secret: string, payload: string): Promise<{ ok: boolean; result: string }> {
  try {
    const signature = await signer.webhooks.generateTestHeaderStringAsync({ payload, secret });
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature },
      body: payload,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.body?.cancel();
    return { ok: response.ok, result: `HTTP ${response.status}` };
  } catch (error) {
    return { ok: false, result: error instanceof Error ? error.message : String(error) };
  }
}

/** Only makes signatures; it sends no requests. */
const signer = new Stripe("sk_test_signer");
