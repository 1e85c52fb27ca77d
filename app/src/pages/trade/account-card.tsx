import { instructions } from "@firebreak/client";
import { useState } from "react";

import { askFaucet } from "../../chain/local-network.ts";
import { useBooks, useChain } from "../../chain/chain-context.tsx";
import { sentence } from "../../chain/refusal.ts";
import { useAct } from "../../chain/use-act.ts";
import { money } from "../../format/units.ts";
import { chooseAccount, nameOf, useChosenAccount, useOwnAccounts } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Row } from "../../ui/figure.tsx";
import { Headroom } from "../../ui/headroom.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { distanceTone } from "../../ui/states.ts";
import { useAccountView } from "../../valuation/hooks.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { CashDialog } from "./cash-dialog.tsx";
import { distanceText, nearest } from "./effect.tsx";

/** The account that the page acts for, in five lines; open, fund, deposit, withdraw. */
export function AccountCard() {
  const { wallet } = useWallet();
  const { local } = useChain();
  const account = useChosenAccount();
  return (
    <Panel title="Account" actions={<Chooser />}>
      {wallet === null ? (
        <p className="text-[13px] text-soft">
          Connect a wallet to open an account, deposit and trade. {local === null ? "" : "This is a local network: a burner wallet and a faucet are built in."}
        </p>
      ) : account === null ? (
        <OpenAccount />
      ) : (
        <Summary />
      )}
    </Panel>
  );
}

function Chooser() {
  const own = useOwnAccounts();
  const chosen = useChosenAccount();
  const symbols = useBooks()?.listed.map((listed) => listed.symbol) ?? [];
  if (own.length < 2 || chosen === null) return null;
  return (
    <select aria-label="Account" className="h-7 rounded-ctl bg-well px-2 text-[12.5px] ring-1 ring-rule" value={chosen.data.subId} onChange={(event) => chooseAccount(Number(event.target.value))}>
      {own.map((account) => <option key={account.address} value={account.data.subId}>{nameOf(account, symbols)}</option>)}
    </select>
  );
}

function OpenAccount() {
  const chain = useChain();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  if (wallet === null) return null;
  const open = (): void =>
    void act({
      title: "Open an account",
      instructions: async () => [await instructions.createMarginAccount(chain.at, { payer: wallet.address, owner: wallet.address, capacity: 8 })],
      said: () => "It holds up to eight positions in all markets. Deposit next.",
    });
  return (
    <div className="flex flex-col gap-3">
      <p className="text-[13px] text-soft">This wallet has no account here yet. Opening one costs only rent, which comes back when it is closed.</p>
      <div className="flex gap-2">
        <Button weight="main" className="flex-1" disabled={isBusy || cannot !== null} onClick={open}>{isBusy ? "Opening" : "Open an account"}</Button>
        <Faucet />
      </div>
    </div>
  );
}

/** What the faucet gives of the quote token, and of each collateral. */
const DOLLARS = 10_000n;
const TOKENS = 20n;

/** Tokens and lamports for nothing: local networks only. */
function Faucet() {
  const { local, follower } = useChain();
  const { wallet } = useWallet();
  const quote = useQuote();
  const show = useToast();
  const [isBusy, setBusy] = useState(false);
  const banks = useBooks()?.banks ?? [];
  if (local === null || wallet === null) return null;
  const atoms = DOLLARS * 10n ** BigInt(quote.decimals);
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      await askFaucet(local, wallet.address, atoms, 0);
      for (const bank of banks.slice(1)) await askFaucet(local, wallet.address, TOKENS * 10n ** BigInt(bank.data.decimals), bank.data.index);
      show({ tone: "safe", title: "Faucet", text: `The wallet got ${money(atoms, quote)} ${quote.symbol}, ${TOKENS} of each collateral, and SOL for fees. They are worth nothing.` });
      await follower.reread().catch(() => undefined);
    } catch (error) {
      show({ tone: "danger", title: "Faucet", text: sentence(error).text });
    } finally {
      setBusy(false);
    }
  };
  return <Button disabled={isBusy} onClick={() => void ask()}>Faucet <span className="rounded-[2px] bg-caution-wash px-1 text-[11px] font-semibold text-caution">LOCAL</span></Button>;
}

function Summary() {
  const quote = useQuote();
  const account = useChosenAccount();
  const view = useAccountView(account);
  const [cash, setCash] = useState<"deposit" | "withdraw" | null>(null);
  const distance = nearest(view);
  const isBelow = view !== null && view.shortfall > 0n;
  const tone = isBelow ? "danger" : distanceTone(distance);
  return (
    <>
      <div className="flex items-end justify-between gap-3">
        <div>
          <p className="label">Equity, {quote.symbol}</p>
          <p className="figure text-[24px] leading-8 font-semibold" data-testid="equity">{view === null ? "–" : money(view.equity, quote)}</p>
        </div>
        <div className="text-right">
          <Badge tone={tone}>{isBelow ? "Below maintenance" : tone === "safe" ? "Healthy" : tone === "caution" ? "Caution" : "Close to liquidation"}</Badge>
          <p className="label mt-1">{distance === null ? "no price liquidates it" : `price move to liquidation ${distanceText(distance)}`}</p>
        </div>
      </div>
      <div className="mt-3">
        <Headroom equity={view?.equity ?? 0n} maintenance={view?.maintenance ?? 0n} initial={view?.initial ?? 0n} distanceBps={distance} />
      </div>
      <dl className="mt-1">
        <Row name="Cash" note="senior">{view === null ? null : money(view.cash, quote)}</Row>
        <Row name="Waiting profit" note="junior">{view === null ? null : money(view.waitingProfit, quote)}</Row>
        <Row name="Must hold" note="maintenance">{view === null ? null : money(view.maintenance, quote)}</Row>
        <Row name="Free for new risk">{view === null ? null : money(view.freeCollateral, quote)}</Row>
      </dl>
      <div className="mt-3 flex gap-2">
        <Button className="flex-1" onClick={() => setCash("deposit")}>Deposit</Button>
        <Button className="flex-1" onClick={() => setCash("withdraw")}>Withdraw</Button>
        <Faucet />
      </div>
      {account !== null && cash !== null && <CashDialog way={cash} account={account} close={() => setCash(null)} />}
    </>
  );
}
