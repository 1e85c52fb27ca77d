import { useBooks } from "../../chain/chain-context.tsx";
import { percent } from "../../format/numbers.ts";
import { money, price, signedSize } from "../../format/units.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { setDraft } from "../../model/order-draft.ts";
import { useQuote } from "../../model/use-quote.ts";
import { go } from "../../shell/routes.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Exact, ExactPrice } from "../../ui/exact.tsx";
import { Nothing } from "../../ui/panel.tsx";
import { distanceTone } from "../../ui/states.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useAccountView } from "../../valuation/hooks.ts";

const COLUMNS = [
  { name: "Market" }, { name: "Size", isFigure: true }, { name: "Value at mark", isFigure: true, isWide: true }, { name: "Price move to liquidation", isFigure: true },
  { name: "Unsettled gain", isFigure: true }, { name: "Liquidation price", isFigure: true }, { name: "Mark", isFigure: true }, { name: "Initial margin", isFigure: true }, { name: "Position" },
];

/** The chosen account's positions: what each is worth, and how far it is from liquidation. */
export function PositionsTable() {
  const quote = useQuote();
  const books = useBooks();
  const account = useChosenAccount();
  const view = useAccountView(account);
  const held = (view?.holdings ?? []).filter((holding) => holding.size !== 0n || holding.entry !== 0n);
  if (account === null) return <Nothing>No account is open: connect a wallet on the Trade page and open one.</Nothing>;
  return (
    <Table label="Positions" columns={COLUMNS} empty={<Nothing>No positions. Cash alone is never liquidated.</Nothing>}>
      {held.map((holding) => {
        const listed = books?.listed[holding.asset];
        if (listed === undefined) return null;
        const { lotExponent, mark } = listed.row;
        const at = (value: bigint | null): string => (value === null ? "none" : price(value, lotExponent, quote));
        return (
          <Line key={holding.asset}>
            <Cell head>
              <a href={`#/trade/${listed.symbol}`} className="underline-offset-2 hover:underline">{listed.symbol}</a>
              <span className="label ml-2 font-normal">{holding.size > 0n ? "▲ long" : holding.size < 0n ? "▼ short" : "closed, not settled"}</span>
            </Cell>
            <Cell figure>{signedSize(holding.size, lotExponent)}</Cell>
            <Cell figure wide>{money(holding.notional < 0n ? -holding.notional : holding.notional, quote)}</Cell>
            <Cell figure>{holding.distanceBps === null ? "none" : <Badge tone={distanceTone(holding.distanceBps)}>{percent(holding.distanceBps, 1)}</Badge>}</Cell>
            <Cell figure><span className={holding.pnl < 0n ? "text-danger" : holding.pnl > 0n ? "text-safe" : ""}><Exact atoms={holding.pnl} quote={quote} isSigned testId={`gain-${listed.symbol}`} /></span></Cell>
            <Cell figure>{holding.liquidationPrice === null ? <span data-testid={`liquidation-${listed.symbol}`}>none</span> : <ExactPrice atoms={holding.liquidationPrice} lotExponent={lotExponent} quote={quote} testId={`liquidation-${listed.symbol}`} />}</Cell>
            <Cell figure>{at(mark)}</Cell>
            <Cell figure>{money(holding.initialMargin, quote)}</Cell>
            <Cell>
              {holding.size !== 0n && (
                <Button small aria-label={`Close ${listed.symbol}`} onClick={() => (setDraft({ market: holding.asset, isBuy: holding.size < 0n, lots: holding.size < 0n ? -holding.size : holding.size }), go("trade", listed.symbol))}>
                  Close
                </Button>
              )}
            </Cell>
          </Line>
        );
      })}
    </Table>
  );
}
