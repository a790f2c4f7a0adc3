import { LEGAL_NAMES, type LegalName, type Seller, sellerOf } from "../../platform/config/seller.ts";
import { createRouter, Problem } from "../../platform/http/route.ts";
import { type FC, Prose, page, pageRoute } from "../page/kit.ts";

/** The title of each document of the seller's, and its description for search engines. */
const DOCUMENTS: Readonly<Record<LegalName, { title: string; about: string }>> = {
  terms: { title: "Terms of sale", about: "The terms on which premium rbee workers are sold." },
  privacy: { title: "Privacy", about: "The personal data that the rbee worker catalog stores, and for how long." },
  refunds: { title: "Refunds", about: "When a payment for premium rbee workers is refunded, and how to ask for it." },
  imprint: { title: "Imprint", about: "The company behind the rbee worker catalog, and how to reach it." },
};

/** `GET /terms`, `GET /privacy`, `GET /refunds` and `GET /imprint`: the seller's documents. */
export const legalRoutes = createRouter();

for (const name of LEGAL_NAMES) {
  const { title, about } = DOCUMENTS[name];
  legalRoutes.openapi(
    pageRoute("get", `/${name}`, {
      summary: `Show the seller's document: ${title.toLowerCase()}`,
      description: `${about} It is a text of the deployment's configuration, or a redirect to its URL.`,
      answers: { 200: "The text.", 404: "The seller has not published it." },
      leadsTo: "The URL of the document.",
      refusals: ["NOT_FOUND"],
    }),
    (c) => {
      const seller = sellerOf(c.var.config);
      const document = seller.documents[name];
      if (document === null) {
        const detail = `The seller has not published this page. Write to ${seller.support}.`;
        throw new Problem({ code: "NOT_FOUND", detail });
      }
      if ("url" in document) return c.redirect(document.url, 303);
      return page({
        title,
        publicPage: { description: about, url: `${c.var.config.PUBLIC_URL}/${name}` },
        main: <LegalText title={title} text={document.text} seller={seller} />,
      });
    },
  );
}

const LegalText: FC<{ title: string; text: string; seller: Seller }> = ({ title, text, seller }) => (
  <>
    <h1>{title}</h1>
    {partsOf(text).map(({ heading, body }) => (
      <>
        {heading === null ? null : <h2>{heading}</h2>}
        <Prose text={body} />
      </>
    ))}
    <p class="quiet">
      {[seller.name, seller.address].filter((part) => part !== "").join(", ")}
      {seller.vatNumber === null ? null : `, VAT number ${seller.vatNumber}`}. Questions?{" "}
      <a href={`mailto:${seller.support}`}>{seller.support}</a>
    </p>
  </>
);

/** The parts of a text: a line that begins with `#` is the heading of the lines below it. */
function partsOf(text: string): { heading: string | null; body: string }[] {
  const [first = "", ...rest] = text.split(/^#+ +/m);
  const parts = rest.map((part) => {
    const [heading = "", ...lines] = part.split(/\r?\n/);
    return { heading, body: lines.join("\n") };
  });
  return [{ heading: null, body: first }, ...parts];
}
