import { useMemo } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { Panel } from "../../ui/panel.tsx";
import { HistoryList } from "../account/history-list.tsx";
import { FundPanel } from "./fund-panel.tsx";
import { OwnStake } from "./own-stake.tsx";
import { PaidTable } from "./paid-table.tsx";
import { SharePrice } from "./share-price.tsx";
import { StakeForm } from "./stake-form.tsx";

const WORDS = ["Insured loss", "ADL", "Deficit"];

/** The stakers' fund: what it holds, what a share is worth, how to enter and to leave. */
export default function InsurancePage() {
  const books = useBooks();
  const addresses = useMemo(() => (books === null ? [] : [books.at.insuranceFund]), [books?.at]);
  const markets = useMemo(() => (books?.listed ?? []).flatMap((listed) => (listed.market === null ? [] : [listed.market.address])), [books?.at, books?.listed.length]);
  return (
    <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_23.5rem] xl:grid-cols-[minmax(0,1fr)_25rem]">
      <div className="flex min-w-0 flex-col gap-3">
        <FundPanel />
        <SharePrice />
        <Panel title="What insurance paid" note="By market, since the beginning" flush>
          <PaidTable />
          <div className="border-t border-rule"><HistoryList addresses={markets} limit={60} words={WORDS} empty="No loss lately that insurance had to pay for." /></div>
        </Panel>
        <Panel title="History of the fund" flush><HistoryList addresses={addresses} empty="Nobody has staked yet." /></Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-3 max-lg:order-first">
        <OwnStake />
        <StakeForm />
      </div>
    </div>
  );
}
