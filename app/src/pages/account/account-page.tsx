import { useMemo } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { Nothing, Panel } from "../../ui/panel.tsx";
import { AccountCard } from "../trade/account-card.tsx";
import { OwnOffers } from "../trade/own-offers.tsx";
import { AccountsPanel } from "./accounts-panel.tsx";
import { CollateralTable } from "./collateral-table.tsx";
import { HistoryList } from "./history-list.tsx";
import { MarginByReason } from "./margin-by-reason.tsx";
import { MoneyPanel } from "./money-panel.tsx";
import { PositionsTable } from "./positions-table.tsx";

/** One account, whole: its money by rank, its margin by reason, what liquidates it, and what happened to it. */
export default function AccountPage() {
  const account = useChosenAccount();
  const books = useBooks();
  const addresses = useMemo(() => (account === null ? [] : [account.address]), [account?.address]);
  return (
    <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_23.5rem] xl:grid-cols-[minmax(0,1fr)_25rem]">
      <div className="flex min-w-0 flex-col gap-3">
        {account !== null && (
          <div className="grid gap-3 xl:grid-cols-2">
            <MoneyPanel account={account} />
            <MarginByReason account={account} />
          </div>
        )}
        <Panel title="Positions" note="Prices at which anyone may liquidate, all others staying" flush><PositionsTable /></Panel>
        {account !== null && (books?.banks.length ?? 0) > 1 && <CollateralTable account={account} />}
        <OwnOffers />
        <Panel title="History" note="From the program’s events" flush>
          {account === null ? <Nothing>What happens to an account is listed here.</Nothing> : <HistoryList addresses={addresses} own={account.address} empty="Nothing has happened to this account yet." />}
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-3 max-lg:order-first">
        <AccountCard />
        <AccountsPanel />
      </div>
    </div>
  );
}
