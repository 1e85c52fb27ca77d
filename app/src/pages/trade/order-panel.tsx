import { useState } from "react";

import type { Listed } from "../../model/books.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { Panel } from "../../ui/panel.tsx";
import { Segments } from "../../ui/segments.tsx";
import { MakeForm } from "./make-form.tsx";
import type { Pick } from "./offers-table.tsx";
import { TakeForm } from "./take-form.tsx";

/** Take what stands, or offer something. */
export function OrderPanel({ market, picked, onPick }: { market: Listed; picked: Pick | null; onPick: (pick: Pick | null) => void }) {
  const [way, setWay] = useState<"take" | "make">("take");
  const account = useChosenAccount();
  return (
    <Panel title={`Trade ${market.symbol}`} actions={account !== null && <Segments name="Way" value={way} onChange={setWay} options={[["take", "Take"], ["make", "Make"]]} />}>
      {way === "take" || account === null ? (
        <TakeForm key={market.index} market={market} account={account} picked={picked} onPick={onPick} />
      ) : (
        <MakeForm key={market.index} market={market} account={account} />
      )}
    </Panel>
  );
}
