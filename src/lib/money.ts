/** Currencies whose smallest unit is the whole unit, by Stripe's list (docs.stripe.com/currencies). */
const ZERO_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ");

/** Currencies whose smallest unit is a thousandth, by Stripe's list. */
const THREE_DECIMALS = "bhd jod kwd omr tnd".split(" ");

/**
 * The decimals of a currency's amounts at Stripe. ICU counts differently for some: it gives HUF, ISK, UGX, IDR and COP
 * none or other decimals, and Stripe's amounts have two. `currency` is an ISO 4217 code in any case.
 */
export function decimalsOf(currency: string): 0 | 2 | 3 {
  const code = currency.toLowerCase();
  if (ZERO_DECIMALS.includes(code)) return 0;
  return THREE_DECIMALS.includes(code) ? 3 : 2;
}

/**
 * Money for people: `$99`, `€279.50`, `-$5.25`. `amount` is in the currency's smallest unit, as at Stripe. A whole
 * amount has no decimals.
 */
export function formatAmount(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const isWhole = amount % 10 ** decimals === 0;
  const digits = isWhole ? 0 : decimals;
  const code = currency.toUpperCase();
  // Intl takes every code of three letters, and shows one that it does not know as it is.
  if (!/^[A-Z]{3}$/.test(code)) return `${decimalAmount(amount, currency)} ${code}`;
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency: code,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(Number(decimalAmount(amount, currency)));
}

/**
 * The same amount as a plain decimal number: `279.50`, `500`, `-0.05`. It is exact, because it moves the point in the
 * digits and divides nothing.
 */
export function decimalAmount(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  if (decimals === 0) return String(amount);
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  return `${amount < 0 ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** An amount with its currency's code: `279.00 EUR`, `500 JPY`. */
export const amountWithCode = (amount: number, currency: string): string =>
  `${decimalAmount(amount, currency)} ${currency.toUpperCase()}`;

/** What follows an amount that is due at each `interval`, or once: `/month`, `/year`, ` once`. */
export const perInterval = (interval: string | null): string => (interval === null ? " once" : `/${interval}`);

/** A price for people: `$99/month`, `$990/year`, `€279 once`. */
export const priceInWords = (price: { amount: number; currency: string; interval: string | null }): string =>
  `${formatAmount(price.amount, price.currency)}${perInterval(price.interval)}`;
