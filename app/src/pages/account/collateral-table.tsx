import { useBooks } from "../../chain/chain-context.tsx";
import { exact, percent } from "../../format/numbers.ts";
import { money } from "../../format/units.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Nothing, Panel } from "../../ui/panel.tsx";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useAccountView } from "../../valuation/hooks.ts";

const COLUMNS = [{ name: "Token" }, { name: "Amount", isFigure: true }, { name: "Counts", isFigure: true }, { name: "Taken off", isFigure: true }, { name: "Listed haircut", isFigure: true }];

/** Tokens other than the quote token: what they count, and what is taken off. */
export function CollateralTable({ account }: { account: OwnAccount }) {
  const quote = useQuote();
  const books = useBooks();
  const view = useAccountView(account);
  const held = account.data.collateral.filter((slot) => slot.amount > 0n);
  return (
    <Panel title="Collateral" flush>
      <Table label="Collateral" columns={COLUMNS} empty={<Nothing>No tokens besides cash. Deposit one from the account card.</Nothing>}>
        {held.map((slot) => {
          const listed = books?.listed[slot.asset];
          const bank = books?.banks.find((one) => one.data.index === slot.bank);
          const holding = view?.holdings.find((one) => one.asset === slot.asset);
          return (
            <Line key={slot.bank}>
              <Cell head>{listed?.symbol ?? "?"}</Cell>
              <Cell figure>{exact(slot.amount, bank?.data.decimals ?? 0)}</Cell>
              <Cell figure>{holding === undefined ? "–" : money(holding.collateral, quote)}</Cell>
              <Cell figure>{holding === undefined ? "–" : money(holding.haircut, quote)}</Cell>
              <Cell figure>{listed === undefined ? "–" : percent(listed.row.haircutBps, 1)}</Cell>
            </Line>
          );
        })}
      </Table>
    </Panel>
  );
}
