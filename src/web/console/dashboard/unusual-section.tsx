import { UNUSUAL_DAYS, type UnusualUse } from "../../../domain/figures/unusual-use.ts";
import { DataTable, type FC, formatCount } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";

type Props = {
  uses: readonly UnusualUse[];
  /** Whether the visitor may see whose a license is. */
  mayRead: boolean;
};

const REGIONS = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A country's name; `T1` is what the platform calls Tor, `XX` what it does not know. */
function countryName(code: string): string {
  if (code === "T1") return "Tor";
  return /^[A-Z]{2}$/.test(code) && code !== "XX" ? (REGIONS.of(code) ?? code) : "unknown";
}

/** The licenses whose keys may have been passed on. */
export const UnusualSection: FC<Props> = ({ uses, mayRead }) => (
  <section aria-labelledby="unusual">
    <h2 id="unusual">Used from unusually many places</h2>
    <p>
      Licenses that in {UNUSUAL_DAYS} days were used from more than three countries, or from more networks than five or
      half of their machines. Somebody may travel; or the key has been passed on. Ask its owner before you replace it.
    </p>
    <DataTable
      caption="Licenses used from unusually many places"
      quiet
      columns={["License", "Countries", "Networks", "Machines allowed", "Which countries"]}
      numeric={["Countries", "Networks", "Machines allowed"]}
      rows={uses.map(({ license_id, email, countries, networks, machine_limit, names }) => [
        mayRead ? <a href={licensePath(license_id)}>{email}</a> : license_id,
        formatCount(countries),
        formatCount(networks),
        formatCount(machine_limit),
        names.slice(0, 6).map(countryName).join(", ") + (names.length > 6 ? ` and ${names.length - 6} more` : ""),
      ])}
      empty="None is."
    />
  </section>
);
