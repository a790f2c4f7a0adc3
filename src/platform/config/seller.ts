/** The documents of a seller, each with its variable. Each is served at the path of its name, such as `/terms`. */
export const LEGAL_VARIABLES = { terms: "TERMS", privacy: "PRIVACY", refunds: "REFUNDS", imprint: "IMPRINT" } as const;

export type LegalName = keyof typeof LEGAL_VARIABLES;

export const LEGAL_NAMES = Object.keys(LEGAL_VARIABLES) as LegalName[];

/** A document of the seller's: its text, or the URL that has it. */
export type LegalDocument = { text: string } | { url: string };

/** The company that sells here. A document that is not configured is null. */
export type Seller = {
  name: string;
  /** The postal address on one line; empty if it is not configured. */
  address: string;
  /** Null: the seller has none, or it is not configured. */
  vatNumber: string | null;
  /** The address that people answer mail at. */
  support: string;
  documents: Readonly<Record<LegalName, LegalDocument | null>>;
};

/** The paths and names of the documents that a seller has, for links. */
export const legalPages = ({ documents }: Pick<Seller, "documents">): { href: string; text: string }[] =>
  LEGAL_NAMES.filter((name) => documents[name] !== null).map((name) => ({ href: `/${name}`, text: LINK_TEXTS[name] }));

const LINK_TEXTS: Readonly<Record<LegalName, string>> = {
  terms: "Terms",
  privacy: "Privacy",
  refunds: "Refunds",
  imprint: "Imprint",
};

const URL_SCHEME = /^https?:/i;

/** Whether a value can be a document: a text, an https URL, or nothing. */
export const isLegalText = (value: string): boolean =>
  !URL_SCHEME.test(value) || (/\s/.test(value) ? false : URL.parse(value)?.protocol === "https:");

/** The document of a variable's value; null for an empty one. */
function documentOf(value: string): LegalDocument | null {
  if (value.trim() === "") return null;
  return URL_SCHEME.test(value) ? { url: value } : { text: value };
}

/** The seller of a configuration. */
export const sellerOf = (config: SellerVariables): Seller => ({
  name: config.SELLER_NAME,
  address: config.SELLER_ADDRESS,
  vatNumber: /^(none)?$/i.test(config.SELLER_VAT_NUMBER) ? null : config.SELLER_VAT_NUMBER,
  support: config.SUPPORT_EMAIL,
  documents: {
    terms: documentOf(config.TERMS),
    privacy: documentOf(config.PRIVACY),
    refunds: documentOf(config.REFUNDS),
    imprint: documentOf(config.IMPRINT),
  },
});

/** Every variable about the seller. All must be set before a deployment takes real money. */
const NEEDED = [
  "SELLER_NAME",
  "SELLER_ADDRESS",
  "SELLER_VAT_NUMBER",
  "SUPPORT_EMAIL",
  "TERMS",
  "PRIVACY",
  "REFUNDS",
  "IMPRINT",
] as const;

type SellerVariables = Readonly<Record<(typeof NEEDED)[number], string>>;

/** The variables about the seller that are empty, in the order of the documentation. */
export const missingOf = (env: SellerVariables): string[] => NEEDED.filter((name) => env[name].trim() === "");

/** Whether a deployment must not sell: it takes real money, and buyers would not know who sells, or on what terms. */
export const mayNotSell = (config: { LIVEMODE: boolean; SELLER_MISSING: readonly string[] }): boolean =>
  config.LIVEMODE && config.SELLER_MISSING.length > 0;

const sample = (title: string, ...rest: string[]): string =>
  [
    `This is a sample for development, and no valid text. In production set ${title} to a text or an https URL.`,
    ...rest,
  ].join("\n\n");

const SAMPLES = {
  TERMS: sample(
    "TERMS",
    "## The license",
    "A license lets you run the premium workers of its plan on as many of your machines as it has seats.",
    "## Payment",
    "- A subscription renews at the end of each period until you cancel it.\n- A lifetime license is paid once.",
    "## Cancellation",
    "You can cancel at any time in your account. The license works until the end of the paid period.",
  ),
  PRIVACY: sample(
    "PRIVACY",
    "We store your email address, your licenses, and a hash of the id of each machine that you activate.",
    "Stripe takes your payment. We never see your card number.",
  ),
  REFUNDS: sample("REFUNDS", "Write to us within 14 days after the purchase, and we refund your payment in full."),
  IMPRINT: sample("IMPRINT", "The name, address and register of the company that sells here."),
} as const;

type Documents = Record<keyof typeof SAMPLES, string>;

/** The documents that are set, and samples for all others. For development. */
export const sampleDocuments = (env: Readonly<Documents>): Documents => ({
  TERMS: env.TERMS || SAMPLES.TERMS,
  PRIVACY: env.PRIVACY || SAMPLES.PRIVACY,
  REFUNDS: env.REFUNDS || SAMPLES.REFUNDS,
  IMPRINT: env.IMPRINT || SAMPLES.IMPRINT,
});
