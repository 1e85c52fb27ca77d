import { explainName, instructions } from "@firebreak/client";
import { useMemo, useState } from "react";

import { adviceFor } from "../../chain/advice.ts";
import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { freshPrices } from "../../chain/fresh-prices.ts";
import { createTokenAccount, tokenSide, useBalance } from "../../chain/tokens.ts";
import { useAct } from "../../chain/use-act.ts";
import { exact, parse } from "../../format/numbers.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choice, Field } from "../../ui/field.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import type { Preview } from "../../valuation/views.ts";
import { Effect } from "./effect.tsx";

/** Brings tokens into an account, or takes them out. Shows what the account looks like afterwards. */
export function CashDialog({ way, account, close }: { way: "deposit" | "withdraw"; account: OwnAccount; close: () => void }) {
  const chain = useChain();
  const books = useBooks();
  const quote = useQuote();
  const { act, isBusy, cannot } = useAct();
  const [index, setIndex] = useState(0);
  const [text, setText] = useState("");
  const bank = books?.banks.find((one) => one.data.index === index)?.data ?? null;
  const symbolOf = (asset: number): string => books?.listed[asset]?.symbol ?? quote.symbol;
  const decimals = bank?.decimals ?? quote.decimals;
  const symbol = bank === null ? quote.symbol : symbolOf(bank.asset);
  const amount = parse(text, decimals);
  const isDeposit = way === "deposit";
  const most = useMost(isDeposit, account, index);
  const preview = usePreview(isDeposit, account, index, amount);
  const refusal = preview?.refusal ?? null;

  const submit = async (): Promise<void> => {
    if (bank === null || amount === null) return;
    const { owner } = account.data;
    const done = await act({
      title: isDeposit ? "Deposit" : "Withdraw",
      instructions: async () => {
        const tokens = await tokenSide(bank, owner);
        const input = { bank: index, marginAccount: account.address, tokens, amount };
        if (isDeposit) return [await instructions.deposit(chain.at, { ...input, depositor: owner })];
        const held = account.data.positions.map((position) => position.market);
        return [createTokenAccount(tokens, owner), ...freshPrices(chain, held), await instructions.withdraw(chain.at, { ...input, owner })];
      },
      said: ({ events }) => {
        const moved = events.find((event) => event.name === "Deposited" || event.name === "Withdrawn");
        return moved === undefined ? "Confirmed." : `${exact(moved.data.amount, decimals)} ${symbol} ${isDeposit ? "came in" : "went out"}; the account now holds ${exact(moved.data.balance, decimals)} of it.`;
      },
    });
    if (done) close();
  };

  const isTooMuch = amount !== null && most !== null && amount > most;
  return (
    <Dialog open onOpenChange={(open) => !open && close()} title={isDeposit ? "Deposit" : "Withdraw"} text={isDeposit ? "Tokens go from the wallet into the account." : "Tokens go from the account to the wallet. Unsettled gains never back a withdrawal."}>
      <form onSubmit={(event) => (event.preventDefault(), void submit())} className="flex flex-col gap-2">
        {(books?.banks.length ?? 0) > 1 && (
          <Choice name="Token" value={index} onChange={(event) => setIndex(Number(event.target.value))}>
            {books?.banks.map((one) => <option key={one.address} value={one.data.index}>{symbolOf(one.data.asset)}</option>)}
          </Choice>
        )}
        <Field
          name="Amount" unit={symbol} inputMode="decimal" placeholder={exact(0n, 2)} value={text} onChange={(event) => setText(event.target.value)}
          problem={text !== "" && amount === null ? `An amount has at most ${decimals} decimals.` : isTooMuch ? (isDeposit ? "The wallet holds less than that." : "More than may leave now.") : null}
          note={most === null ? " " : `${isDeposit ? "In the wallet" : "May leave now"}: ${exact(most, decimals)} ${symbol}`}
          action={most !== null && <Button small weight="quiet" className="h-5" onClick={() => setText(exact(most, decimals))}>All</Button>}
        />
        <Effect preview={preview} />
        <p role="status" className="min-h-5 text-[12.5px] text-danger">{refusal === null ? "" : adviceFor(refusal, explainName(refusal)?.sentence ?? refusal).text}</p>
        <Button weight="main" type="submit" disabled={isBusy || cannot !== null || amount === null || amount === 0n || isTooMuch || refusal !== null} title={cannot ?? undefined}>
          {isBusy ? "Waiting for the network" : isDeposit ? "Deposit" : "Withdraw"}
        </Button>
      </form>
    </Dialog>
  );
}

/** What the wallet holds, or what the account may take out. */
function useMost(isDeposit: boolean, account: OwnAccount, index: number): bigint | null {
  const [books, valuation, now] = [useBooks(), useValuation(), useNow()];
  const bank = books?.banks.find((one) => one.data.index === index)?.data ?? null;
  const { atoms } = useBalance(isDeposit ? bank : null);
  return useMemo(() => {
    if (isDeposit) return atoms;
    return books === null || valuation === null ? null : (valuation.withdraw(books, account.bytes, index, 1n, now)?.most ?? null);
  }, [isDeposit, atoms, books, valuation, account.bytes, index, now]);
}

function usePreview(isDeposit: boolean, account: OwnAccount, index: number, amount: bigint | null): Preview | null {
  const [books, valuation, now] = [useBooks(), useValuation(), useNow()];
  return useMemo(() => {
    if (books === null || valuation === null) return null;
    if (amount === null || amount === 0n) return { before: valuation.account(books, account.bytes), after: null, refusal: null };
    return isDeposit ? valuation.deposit(books, account.bytes, index, amount, now) : valuation.withdraw(books, account.bytes, index, amount, now);
  }, [isDeposit, books, valuation, account.bytes, index, amount, now]);
}
