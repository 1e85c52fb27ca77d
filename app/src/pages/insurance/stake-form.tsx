import { explainName } from "@firebreak/client";
import { useMemo, useState } from "react";

import { adviceFor } from "../../chain/advice.ts";
import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { useBalance } from "../../chain/tokens.ts";
import { useAct } from "../../chain/use-act.ts";
import { exact, parse } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { exactMoney, money } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Row } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { stakeInstructions } from "./insurance-acts.ts";

/** Shares have three more decimals than the token that bought the first of them. */
export const SHARE_DECIMALS = 3;

export function StakeForm() {
  const chain = useChain();
  const books = useBooks();
  const quote = useQuote();
  const now = useNow();
  const valuation = useValuation();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  const [text, setText] = useState("");
  const bank = books?.banks[0]?.data ?? null;
  const { atoms } = useBalance(bank);
  const amount = parse(text, quote.decimals);
  const bought = useMemo(
    () => (books === null || valuation === null || amount === null || amount === 0n ? null : valuation.sharesFor(books, amount, now)),
    [books, valuation, amount, now],
  );
  const isTooMuch = amount !== null && atoms !== null && amount > atoms;
  const refusal = bought?.refusal ?? null;
  const submit = async (): Promise<void> => {
    if (books === null || wallet === null || amount === null) return;
    const done = await act({
      title: "Stake",
      instructions: () => stakeInstructions(chain, books, wallet.address, amount),
      said: ({ events }) => {
        const staked = events.find((event) => event.name === "Staked");
        return staked === undefined ? "Confirmed." : `${exactMoney(staked.data.paid, quote)} ${quote.symbol} bought ${exact(staked.data.shares, quote.decimals + SHARE_DECIMALS)} shares.`;
      },
    });
    if (done) setText("");
  };
  return (
    <Panel title="Stake">
      <form onSubmit={(event) => (event.preventDefault(), void submit())} className="flex flex-col gap-2">
        <Field
          name="Amount" unit={quote.symbol} inputMode="decimal" placeholder="0.00" value={text} onChange={(event) => setText(event.target.value)}
          problem={text !== "" && amount === null ? `An amount has at most ${quote.decimals} decimals.` : isTooMuch ? "The wallet holds less than that." : null}
          note={atoms === null ? " " : `In the wallet: ${money(atoms, quote)} ${quote.symbol}`}
        />
        <dl>
          <Row name="Shares">{bought === null ? "–" : exact(bought.shares, quote.decimals + SHARE_DECIMALS)}</Row>
          <Row name="They cost">{bought === null ? "–" : `${exactMoney(bought.paid, quote)} ${quote.symbol}`}</Row>
          <Row name="Cool-down to leave">{books === null ? null : duration(books.fund.data.cooldownSeconds)}</Row>
        </dl>
        <p className="text-[12.5px] text-faint">Stakers earn from fees and penalties, and pay when a market’s losers cannot. Shares can lose their whole value.</p>
        <p role="status" className="min-h-4 text-[12.5px] text-danger">{refusal === null ? "" : adviceFor(refusal, explainName(refusal)?.sentence ?? refusal).text}</p>
        <Button weight="main" type="submit" disabled={isBusy || cannot !== null || amount === null || amount === 0n || isTooMuch || refusal !== null} title={cannot ?? undefined}>
          {isBusy ? "Waiting for the network" : "Stake"}
        </Button>
      </form>
    </Panel>
  );
}
