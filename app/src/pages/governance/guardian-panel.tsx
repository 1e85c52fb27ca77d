import { instructions, LEVELS } from "@firebreak/client";
import { useState } from "react";

import { useBooks, useChain } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { duration } from "../../format/times.ts";
import { Button } from "../../ui/button.tsx";
import { Choice, Field } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { level } from "../../ui/states.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";

const PERIODS = [900, 3_600, 3 * 3_600, 6 * 3_600];

/** Restricts, for a few hours at most. The guardian can never loosen. */
export function GuardianPanel() {
  const chain = useChain();
  const books = useBooks();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  const [market, setMarket] = useState("255");
  const [chosen, setChosen] = useState("1");
  const [seconds, setSeconds] = useState("900");
  const [reason, setReason] = useState("0");
  const roles = books?.clearinghouse.data;
  const may = wallet !== null && (wallet.address === roles?.guardian || wallet.address === roles?.authority);
  const markets = books?.listed.filter((listed) => listed.market !== null) ?? [];
  const name = market === "255" ? "everything" : (books?.listed[Number(market)]?.symbol ?? "");
  const stands = level(Number(chosen));
  const trip = (): void => {
    if (wallet === null) return;
    void act({
      title: `Trip ${name}`,
      instructions: async () => [
        instructions.tripBreaker(chain.at, { signer: wallet.address, market: Number(market), level: Number(chosen), seconds: Number(seconds), reason: Number(reason) }),
      ],
      said: () => `${stands.name} for ${duration(Number(seconds))}.`,
    });
  };
  return (
    <Panel title="Guardian" note={may ? "This wallet may trip" : "For the guardian’s wallet"}>
      <form className="flex flex-col gap-2" onSubmit={(event) => (event.preventDefault(), trip())}>
        <div className="grid grid-cols-2 gap-2">
          <Choice name="Market" value={market} onChange={(event) => setMarket(event.target.value)}>
            <option value="255">Everything</option>
            {markets.map((listed) => <option key={listed.index} value={listed.index}>{listed.symbol}</option>)}
          </Choice>
          <Choice name="For" value={seconds} onChange={(event) => setSeconds(event.target.value)}>
            {PERIODS.map((period) => <option key={period} value={period}>{duration(period)}</option>)}
          </Choice>
        </div>
        <Choice name="Level" note={stands.text} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {LEVELS.map((one, number) => number > 0 && <option key={one} value={number}>{level(number).name}</option>)}
        </Choice>
        <Field name="Reason, a number that is shown to everybody" inputMode="numeric" value={reason} onChange={(event) => setReason(event.target.value.replace(/\D/g, "").slice(0, 3))} problem={Number(reason) > 255 ? "At most 255." : null} />
        <Button weight="danger" type="submit" disabled={!may || isBusy || cannot !== null || Number(reason) > 255} title={may ? (cannot ?? undefined) : "Connect the guardian’s or the authority’s wallet."}>
          {isBusy ? "Waiting for the network" : `Trip ${name}: ${stands.name.toLowerCase()}`}
        </Button>
      </form>
    </Panel>
  );
}
