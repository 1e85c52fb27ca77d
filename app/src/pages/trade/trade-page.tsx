import { useState } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { useRoute } from "../../shell/routes.ts";
import { Panel } from "../../ui/panel.tsx";
import { PositionsTable } from "../account/positions-table.tsx";
import { AccountCard } from "./account-card.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { OffersTable, type Pick } from "./offers-table.tsx";
import { OrderPanel } from "./order-panel.tsx";
import { OwnOffers } from "./own-offers.tsx";

/** One market: its price, what is offered, what the reader does, and what the account then looks like. */
export default function TradePage() {
  const { rest } = useRoute();
  const markets = (useBooks()?.listed ?? []).filter((listed) => listed.market !== null);
  const market = markets.find((listed) => listed.symbol === rest) ?? markets[0];
  const [picked, setPicked] = useState<Pick | null>(null);
  if (market === undefined) return <p className="text-soft">This clearinghouse has no markets yet.</p>;
  return (
    <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_23.5rem] xl:grid-cols-[minmax(0,1fr)_25rem]">
      <div className="flex min-w-0 flex-col gap-3 max-lg:contents">
        <ChartPanel market={market} />
        <div className="min-w-0 max-lg:order-3"><OffersTable market={market} picked={picked} onPick={setPicked} /></div>
        <div className="min-w-0 max-lg:order-4"><Panel title="Positions" flush><PositionsTable /></Panel></div>
        <div className="min-w-0 max-lg:order-5"><OwnOffers /></div>
      </div>
      <div className="flex min-w-0 flex-col gap-3 max-lg:order-2">
        <AccountCard />
        <OrderPanel market={market} picked={picked} onPick={setPicked} />
      </div>
    </div>
  );
}
