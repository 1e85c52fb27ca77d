import { DIRECTIONS, explainName } from "@firebreak/client";
import type { SetDirection } from "@firebreak/client/valuation";

import { useBooks } from "../../chain/chain-context.tsx";
import { parameterName, parameterText } from "../../model/parameter-names.ts";
import type { SetName } from "../../model/parameters.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Cell, Line, Table } from "../../ui/table.tsx";

const COLUMNS = [{ name: "Parameter" }, { name: "Old", isFigure: true }, { name: "New", isFigure: true }, { name: "Direction" }];

/** Only what changes: old, new, and which way. */
export function Differences({ name, view }: { name: SetName; view: SetDirection }) {
  const quote = useQuote();
  const lotExponent = useBooks()?.listed[name.index]?.row.lotExponent ?? 0;
  const changed = view.fields.filter((field) => field.old !== field.new);
  return (
    <div className="-mx-4 mt-2">
      <Table label="What changes" columns={COLUMNS} empty={<p className="px-4 py-2 text-[13px] text-faint">Nothing changes.</p>}>
        {changed.map((field) => (
          <Line key={field.name}>
            <Cell head><span className="font-medium">{parameterName(field.name)}</span></Cell>
            <Cell figure><span className="text-faint">{parameterText(field.name, field.old, lotExponent, quote)}</span></Cell>
            <Cell figure>{parameterText(field.name, field.new, lotExponent, quote)}</Cell>
            <Cell>
              <Badge tone={field.direction === 1 ? "safe" : field.direction === 2 ? "caution" : "plain"}>{DIRECTIONS[field.direction] ?? "Loosening"}</Badge>
              {field.refusal !== null && <p className="mt-1 text-[12px] text-danger">{explainName(field.refusal)?.sentence ?? field.refusal}.</p>}
            </Cell>
          </Line>
        ))}
      </Table>
    </div>
  );
}
