import type { FC } from "../page/kit.ts";
import { siteSeller } from "../page/seller.ts";

/** The value of the field `terms` of a buyer who accepts them. */
export const ACCEPTED = "yes";

/**
 * The box by which a buyer accepts the seller's terms, before the payment page. Nothing if the seller has none. `id` is
 * unique on the page.
 */
export const TermsConsent: FC<{ id: string; error?: string | undefined }> = ({ id, error }) => {
  const pages = siteSeller()?.pages ?? [];
  if (!pages.some(({ href }) => href === "/terms")) return null;
  return (
    <div class="field">
      <label for={id} class="consent">
        <input
          type="checkbox"
          id={id}
          name="terms"
          value={ACCEPTED}
          required
          {...(error !== undefined && { "aria-invalid": "true" as const, "aria-describedby": `${id}-error` })}
        />{" "}
        <span>
          I accept the <a href="/terms">terms of sale</a>
          {pages.some(({ href }) => href === "/refunds") ? (
            <>
              {" "}
              and the <a href="/refunds">refund policy</a>
            </>
          ) : null}
          .
        </span>
      </label>
      {error === undefined ? null : (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
};
