import { instructions } from "@firebreak/client";
import { useState } from "react";

import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { exact, parse } from "../../format/numbers.ts";
import { duration, moment } from "../../format/times.ts";
import { exactMoney, money } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Row } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useFund } from "../../valuation/hooks.ts";
import type { FundView } from "../../valuation/views.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { unstakeInstructions } from "./insurance-acts.ts";
import { SHARE_DECIMALS } from "./stake-form.tsx";

type Own = NonNullable<FundView["own"]>;

/** The reader's shares: what they are worth, and the way out with its countdown. */
export function OwnStake() {
  const quote = useQuote();
  const { wallet } = useWallet();
  const own = useFund(wallet?.address ?? null)?.own ?? null;
  const decimals = quote.decimals + SHARE_DECIMALS;
  return (
    <Panel title="Your stake">
      {own === null || own.shares === 0n ? (
        <p className="text-[13px] text-soft">{wallet === null ? "Connect a wallet to see its shares, or to stake." : "This wallet holds no shares of the fund."}</p>
      ) : (
        <>
          <p className="label">Worth, {quote.symbol}</p>
          <p className="figure text-[24px] leading-8 font-semibold" data-testid="stake-value">{money(own.value, quote)}</p>
          <dl className="mt-2">
            <Row name="Shares">{exact(own.shares, decimals)}</Row>
            {own.leavingShares > 0n && <Row name="Asked to leave">{exact(own.leavingShares, decimals)}</Row>}
            {own.leavingShares > 0n && <Row name="Worth when asked">{exactMoney(own.leavingValue, quote)}</Row>}
          </dl>
          {own.leavingShares > 0n ? <Leaving own={own} /> : <AskToLeave own={own} />}
        </>
      )}
    </Panel>
  );
}

function Leaving({ own }: { own: Own }) {
  const chain = useChain();
  const books = useBooks();
  const quote = useQuote();
  const now = useNow();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  if (wallet === null || books === null) return null;
  const isOpen = now >= own.leavesAt && now < own.leavesUntil;
  const isOver = now >= own.leavesUntil;
  const leave = (): void =>
    void act({
      title: "Unstake",
      instructions: () => unstakeInstructions(chain, books, wallet.address),
      said: ({ events }) => {
        const paid = events.find((event) => event.name === "Unstaked");
        return paid === undefined ? "Confirmed." : `${exactMoney(paid.data.paid, quote)} ${quote.symbol} went to the wallet.`;
      },
    });
  const stay = (): void =>
    void act({
      title: "Stay",
      instructions: async () => [await instructions.requestUnstake(chain.at, { staker: wallet.address, shares: 0n })],
      said: () => "The request is taken back; the shares stay.",
    });
  return (
    <div className="mt-3 border-t border-rule pt-3">
      <p className="text-[13px] text-soft" data-testid="countdown">
        {isOver ? "The exit was open for two days and is closed again: ask once more." : isOpen
          ? <>The exit is open, for <strong className="figure text-ink">{duration(own.leavesUntil - now)}</strong> more.</>
          : <>The exit opens in <strong className="figure text-ink">{duration(own.leavesAt - now)}</strong>, {moment(own.leavesAt)}. Until then the shares bear losses, and leaving pays the lower of the value then and now.</>}
      </p>
      <div className="mt-3 flex gap-2">
        <Button className="flex-1" disabled={!isOpen || isBusy || cannot !== null} onClick={leave}>Leave with {money(own.wouldPay, quote)}</Button>
        <Button className="flex-1" disabled={isBusy || cannot !== null} onClick={stay}>Stay</Button>
      </div>
    </div>
  );
}

function AskToLeave({ own }: { own: Own }) {
  const chain = useChain();
  const books = useBooks();
  const quote = useQuote();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  const [text, setText] = useState("");
  const decimals = quote.decimals + SHARE_DECIMALS;
  const shares = text === "" ? own.shares : parse(text, decimals);
  const isTooMuch = shares !== null && shares > own.shares;
  if (wallet === null) return null;
  const ask = (): void =>
    void act({
      title: "Ask to leave",
      instructions: async () => [await instructions.requestUnstake(chain.at, { staker: wallet.address, shares: shares ?? 0n })],
      said: () => `The exit opens after the cool-down of ${duration(books?.fund.data.cooldownSeconds ?? 0)}, for two days.`,
    });
  return (
    <form className="mt-3 border-t border-rule pt-3" onSubmit={(event) => (event.preventDefault(), ask())}>
      <Field
        name="Shares to take out" inputMode="decimal" placeholder={exact(own.shares, decimals)} value={text} onChange={(event) => setText(event.target.value)}
        problem={shares === null ? `Shares have at most ${decimals} decimals.` : isTooMuch ? "That is more than you hold." : null}
        note="Empty: all of them"
      />
      <Button type="submit" className="mt-1 w-full" disabled={shares === null || shares === 0n || isTooMuch || isBusy || cannot !== null}>Ask to leave</Button>
    </form>
  );
}
