import { useBooks } from "../../chain/chain-context.tsx";
import { short } from "../../format/keys.ts";
import { percent } from "../../format/numbers.ts";
import { money } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import { useQuote } from "../../model/use-quote.ts";
import { useState } from "react";

import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Nothing } from "../../ui/panel.tsx";
import { distanceTone } from "../../ui/states.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useWallet } from "../../wallet/wallet-context.tsx";
import type { AtRiskView } from "../../valuation/views.ts";

import { TakeOverDialog } from "./take-over-dialog.tsx";

const COLUMNS = [
  { name: "Account" }, { name: "Equity", isFigure: true }, { name: "Maintenance", isFigure: true, isWide: true }, { name: "Positions", isFigure: true, isWide: true },
  { name: "Price move to liquidation", isFigure: true },
];
const MOST = 12;

/** The market in which to take over: the nearest, where the account has a position there. */
function useMarketOf(account: AtRiskView | null): Listed | undefined {
  const books = useBooks();
  const held = books?.accounts.find((one) => one.address === account?.address)?.data.positions.filter((position) => position.size !== 0) ?? [];
  const position = held.find((one) => one.market === account?.nearestAsset) ?? held[0];
  return books?.listed[position?.market ?? -1];
}

export function AtRiskTable({ accounts }: { accounts: readonly AtRiskView[] }) {
  const quote = useQuote();
  const { wallet } = useWallet();
  const listed = useBooks()?.listed ?? [];
  const [taken, setTaken] = useState<AtRiskView | null>(null);
  const market = useMarketOf(taken);
  return (
    <>
    {taken !== null && market !== undefined && <TakeOverDialog target={taken} market={market} close={() => setTaken(null)} />}
    <Table label="Closest to liquidation" columns={COLUMNS} empty={<Nothing>Nobody has a position.</Nothing>}>
      {accounts.slice(0, MOST).map((account) => (
        <Line key={account.address} isChosen={account.owner === wallet?.address}>
          <Cell head><span className="font-mono text-[12px] font-normal whitespace-nowrap">{short(account.address)}</span>{account.owner === wallet?.address && <span className="label ml-2">yours</span>}</Cell>
          <Cell figure>{money(account.equity, quote)}</Cell>
          <Cell figure wide>{money(account.maintenance, quote)}</Cell>
          <Cell figure wide>{money(account.notional, quote)}</Cell>
          <Cell figure>
            {account.isLiquidatable ? <Button small weight="danger" disabled={account.owner === wallet?.address} aria-label={`Take over ${short(account.address)}, liquidatable now`} onClick={() => setTaken(account)}>Liquidatable: take over</Button> : account.distanceBps === null ? "none" : (
              <><span className="label mr-2">{listed[account.nearestAsset ?? -1]?.symbol}</span><Badge tone={distanceTone(account.distanceBps)}>{percent(account.distanceBps, 1)}</Badge></>
            )}
          </Cell>
        </Line>
      ))}
    </Table>
    </>
  );
}
