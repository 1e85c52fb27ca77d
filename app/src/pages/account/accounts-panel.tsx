import { instructions } from "@firebreak/client";
import { useState } from "react";

import { useBooks, useChain } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { money } from "../../format/units.ts";
import { chooseAccount, nameOf, useChosenAccount, useOwnAccounts, type OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { distanceTone } from "../../ui/states.ts";
import { useAccountView } from "../../valuation/hooks.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { distanceText, nearest } from "../trade/effect.tsx";

/** All accounts of the wallet. One that is isolated to a market risks what is in it, and nothing else. */
export function AccountsPanel() {
  const own = useOwnAccounts();
  const { wallet } = useWallet();
  if (wallet === null) return null;
  return (
    <Panel title="Accounts of this wallet" note={String(own.length)}>
      <ul className="-mx-4 -mt-4 mb-4 border-b border-rule">
        {own.map((account) => <li key={account.address} className="border-b border-rule last:border-b-0"><Entry account={account} /></li>)}
      </ul>
      <NewAccount next={own.reduce((most, account) => Math.max(most, account.data.subId + 1), 0)} />
    </Panel>
  );
}

function Entry({ account }: { account: OwnAccount }) {
  const quote = useQuote();
  const view = useAccountView(account);
  const isChosen = useChosenAccount()?.address === account.address;
  const symbols = useBooks()?.listed.map((listed) => listed.symbol) ?? [];
  const distance = nearest(view);
  return (
    <button type="button" aria-pressed={isChosen} onClick={() => chooseAccount(account.data.subId)} className={`flex w-full items-center gap-3 px-4 py-2.5 text-left text-[13px] hover:bg-raised ${isChosen ? "bg-accent-wash" : ""}`}>
      <span className="min-w-0 flex-1 truncate font-medium">{nameOf(account, symbols)}</span>
      <span className="figure">{view === null ? "–" : money(view.equity, quote)}</span>
      <Badge tone={distanceTone(distance)}>{distanceText(distance)}</Badge>
    </button>
  );
}

function NewAccount({ next }: { next: number }) {
  const chain = useChain();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  const [market, setMarket] = useState("255");
  const markets = useBooks()?.listed.filter((listed) => listed.market !== null) ?? [];
  const create = async (): Promise<void> => {
    if (wallet === null) return;
    const isIsolated = market !== "255";
    const done = await act({
      title: "Open a sub-account",
      instructions: async () => [
        await instructions.createMarginAccount(chain.at, {
          payer: wallet.address, owner: wallet.address, subId: next, capacity: isIsolated ? 4 : 8, isolatedMarket: Number(market),
        }),
      ],
      said: () => (isIsolated ? "What is deposited into it is all that it can lose." : "It trades every market, apart from the others."),
    });
    if (done) chooseAccount(next);
  };
  return (
    <div className="flex items-end gap-2">
      <div className="flex-1">
        <Choice name="New sub-account, isolated to" value={market} onChange={(event) => setMarket(event.target.value)}>
          <option value="255">no market (all)</option>
          {markets.map((listed) => <option key={listed.index} value={listed.index}>{listed.symbol}</option>)}
        </Choice>
      </div>
      <Button disabled={isBusy || cannot !== null} onClick={() => void create()}>Open</Button>
    </div>
  );
}
