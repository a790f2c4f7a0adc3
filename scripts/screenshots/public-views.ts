import type { PageView } from "./page-view.ts";
import { UNREADABLE_SESSION } from "./sample-history.ts";

const PREMIUM = "/w/llm-worker-rbee-premium-cpu";

/** The public pages, and the pages after a payment. */
export const PUBLIC_VIEWS: readonly PageView[] = [
  { name: "home", caption: "Every worker", as: "anybody", path: () => "/", dark: true },
  { name: "home-search", caption: "A search", as: "anybody", path: () => "/?q=gguf&backend=cuda" },
  { name: "home-nothing", caption: "A search without results", as: "anybody", path: () => "/?q=whisper" },
  { name: "worker-premium", caption: "A premium worker", as: "anybody", path: () => PREMIUM, dark: true },
  { name: "worker-free", caption: "A free worker", as: "anybody", path: () => "/w/llm-worker-rbee-cpu" },
  {
    name: "worker-unreleased",
    caption: "A worker without a binary",
    as: "anybody",
    path: () => "/w/llm-worker-rbee-metal",
  },
  { name: "install", caption: "Ways to install", as: "anybody", path: () => "/install" },
  { name: "guides", caption: "The guides", as: "anybody", path: () => "/guides" },
  { name: "guide", caption: "A guide", as: "anybody", path: () => "/guides/buying-and-activating", dark: true },
  { name: "plans", caption: "Plans and prices", as: "anybody", path: () => "/plans" },
  { name: "terms", caption: "The seller's terms", as: "anybody", path: () => "/terms" },
  { name: "privacy", caption: "The seller's privacy notice", as: "anybody", path: () => "/privacy" },
  { name: "refunds", caption: "The seller's refunds", as: "anybody", path: () => "/refunds" },
  { name: "imprint", caption: "The seller's imprint", as: "anybody", path: () => "/imprint" },
  {
    name: "checkout-success",
    caption: "After the payment: the key",
    as: "buyer",
    path: ({ licenses }) => `/checkout/success?session_id=${licenses.purchases.complete.sessionId}`,
    dark: true,
  },
  {
    name: "checkout-success-elsewhere",
    caption: "The same purchase in another browser",
    as: "anybody",
    path: ({ licenses }) => `/checkout/success?session_id=${licenses.purchases.complete.sessionId}`,
  },
  {
    name: "checkout-pending",
    caption: "A pending payment",
    as: "anybody",
    path: ({ licenses }) => `/checkout/success?session_id=${licenses.purchases.pending.sessionId}`,
  },
  {
    name: "checkout-failed",
    caption: "A failed payment",
    as: "anybody",
    path: ({ licenses }) => `/checkout/success?session_id=${licenses.purchases.failed.sessionId}`,
  },
  {
    name: "checkout-later",
    caption: "A purchase that cannot be read now",
    as: "anybody",
    path: () => `/checkout/success?session_id=${UNREADABLE_SESSION}`,
  },
  { name: "checkout-cancelled", caption: "A cancelled checkout", as: "anybody", path: () => "/checkout/cancelled" },
  { name: "checkout-unknown", caption: "An unknown purchase", as: "anybody", path: () => "/checkout/success" },
  { name: "problem", caption: "An unknown address", as: "anybody", path: () => "/nowhere" },
  { name: "reference", caption: "The API reference", as: "anybody", path: () => "/docs", dark: true },
  {
    name: "reference-group",
    caption: "A group of the API reference",
    as: "anybody",
    path: () => "/docs/licensing?lang=typescript",
    dark: true,
  },
  {
    name: "reference-objects",
    caption: "The objects of a group",
    as: "anybody",
    path: () => "/docs/licensing/objects",
  },
  { name: "reference-search", caption: "A search in the API reference", as: "anybody", path: () => "/docs?q=machine" },
  { name: "problem-codes", caption: "Problem codes", as: "anybody", path: () => "/docs/problems" },
  {
    name: "problem-code",
    caption: "A problem code",
    as: "anybody",
    path: () => "/docs/problems/MACHINE_LIMIT_REACHED",
  },
];
