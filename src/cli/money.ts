/** An amount in the smallest unit of its currency (ISO 4217, as Stripe gives both) for people: `279.00 EUR`, `500 JPY`. */
export function formatMoney(amount: number, currency: string): string {
  const code = currency.toUpperCase();
  const digits = new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions();
  const decimals = digits.maximumFractionDigits ?? 2;
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${code}`;
}
