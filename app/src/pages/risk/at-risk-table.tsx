import { useBooks } from "../../chain/chain-context.tsx";
import { short } from "../../format/keys.ts";
import { percent } from "../../format/numbers.ts";
import { money } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Nothing } from "../../ui/panel.tsx";
import { distanceTone } from "../../ui/states.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useWallet } from "../../wallet/wallet-context.tsx";
import type { AtRiskView } from "../../valuation/views.ts";

const COLUMNS = [
  { name: "Account" }, { name: "Equity", isFigure: true }, { name: "Maintenance", isFigure: true, isWide: true }, { name: "Positions", isFigure: true, isWide: true },
  { name: "Price move to liquidation", isFigure: true },
];
const MOST = 12;

export function AtRiskTable({ accounts }: { accounts: readonly AtRiskView[] }) {
  const quote = useQuote();
  const { wallet } = useWallet();
  const listed = useBooks()?.listed ?? [];
  return (
    <Table label="Closest to liquidation" columns={COLUMNS} empty={<Nothing>Nobody has a position.</Nothing>}>
      {accounts.slice(0, MOST).map((account) => (
        <Line key={account.address} isChosen={account.owner === wallet?.address}>
          <Cell head><span className="font-mono text-[12px] font-normal whitespace-nowrap">{short(account.address)}</span>{account.owner === wallet?.address && <span className="label ml-2">yours</span>}</Cell>
          <Cell figure>{money(account.equity, quote)}</Cell>
          <Cell figure wide>{money(account.maintenance, quote)}</Cell>
          <Cell figure wide>{money(account.notional, quote)}</Cell>
          <Cell figure>
            {account.isLiquidatable ? <Badge tone="danger">Liquidatable now</Badge> : account.distanceBps === null ? "none" : (
              <><span className="label mr-2">{listed[account.nearestAsset ?? -1]?.symbol}</span><Badge tone={distanceTone(account.distanceBps)}>{percent(account.distanceBps, 1)}</Badge></>
            )}
          </Cell>
        </Line>
      ))}
    </Table>
  );
}
