import type { ComparedFact, ComparisonRow } from "../../domain/catalog/tier-comparison.ts";
import { DataTable, type FC, Icon } from "../page/kit.ts";

type Props = { caption: string; rows: readonly ComparisonRow[]; priceHint: string | null };

/** Free beside premium, line by line, with the price at the end if it is known. */
export const Comparison: FC<Props> = ({ caption, rows, priceHint }) => (
  <DataTable
    caption={caption}
    quiet
    columns={[
      { header: "Compared", cell: ({ label }) => label },
      { header: "Free", cell: ({ free }) => <Fact {...free} /> },
      { header: "Premium", cell: ({ premium }) => <Fact {...premium} /> },
    ]}
    rows={[
      ...rows,
      ...(priceHint === null
        ? []
        : [{ label: "Price", free: { text: "Free", holds: null }, premium: { text: priceHint, holds: null } }]),
    ]}
    empty="There is nothing to compare."
  />
);

const Fact: FC<ComparedFact> = ({ text, holds }) => (
  <>
    {holds === null ? null : (
      <span class={holds ? "mark good" : "mark"}>
        <Icon name={holds ? "check" : "minus"} />{" "}
      </span>
    )}
    {text}
  </>
);
