import { DIRECTIONS, explainName, instructions } from "@firebreak/client";
import { getBase58Decoder, getBase64Decoder } from "@solana/kit";
import { useMemo, useState } from "react";

import { useBooks, useChain } from "../../chain/chain-context.tsx";
import { compile } from "../../chain/send.ts";
import { sentence } from "../../chain/refusal.ts";
import { useAct } from "../../chain/use-act.ts";
import { duration } from "../../format/times.ts";
import { changeTo, type SetName } from "../../model/parameters.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { Differences } from "./differences.tsx";
import { ExportDialog, type Exported } from "./export-dialog.tsx";

interface DraftProps {
  readonly name: SetName;
  readonly before: readonly bigint[];
  readonly after: readonly bigint[];
  /** Whether something typed is no value: nothing can be proposed then. */
  readonly isWrong: boolean;
  readonly done: () => void;
}

/** What the drafted values would do; to be proposed by the authority's wallet, or exported for its multisig. */
export function ProposalDraft({ name, before, after, isWrong, done }: DraftProps) {
  const chain = useChain();
  const books = useBooks();
  const valuation = useValuation();
  const show = useToast();
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  const [exported, setExported] = useState<Exported | null>(null);
  const view = useMemo(() => valuation?.direction(name.kind, before, after) ?? null, [valuation, name.kind, before, after]);
  if (books === null || view === null) return null;
  const roles = books.clearinghouse.data;
  const isChange = view.fields.some((field) => field.old !== field.new);
  const build = async () => {
    const change = changeTo(books, name, after);
    if (change === null) throw new Error("The set is not listed any more.");
    return instructions.propose(chain.at, { id: roles.proposalCount, payer: roles.authority, authority: roles.authority, change });
  };
  const propose = async (): Promise<void> => {
    const isDone = await act({
      title: "Propose",
      instructions: async () => [await build()],
      said: () => (view.direction === 1 ? "A tightening: it may be put in force at once." : `A loosening: it waits ${duration(roles.delaySeconds)}, and the guardian may veto it.`),
    });
    if (isDone) done();
  };
  const exportIt = async (): Promise<void> => {
    try {
      const { bytes } = await compile(chain.connection, roles.authority, [await build()]);
      const message = bytes.slice(1 + 64); // behind one empty signature
      setExported({ base58: getBase58Decoder().decode(message), base64: getBase64Decoder().decode(bytes) });
    } catch (error) {
      show({ tone: "danger", title: "Export", text: sentence(error).text });
    }
  };
  const mayPropose = wallet?.address === roles.authority;
  return (
    <div className="border-t border-rule-strong p-4">
      <div className="flex items-center gap-2">
        <h3 className="text-[13.5px] font-semibold">Your draft</h3>
        {isChange && <Badge tone={view.direction === 1 ? "safe" : "caution"}>{DIRECTIONS[view.direction] ?? "Loosening"}</Badge>}
        <span className="label">{!isChange ? "Type a new value above." : view.direction === 1 ? "may take effect at once" : `waits ${duration(roles.delaySeconds)}`}</span>
      </div>
      {isChange && <Differences name={name} view={view} />}
      {view.refusal !== null && <p className="mt-2 text-[12.5px] text-danger">{explainName(view.refusal)?.sentence ?? view.refusal}.</p>}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button weight="main" disabled={!mayPropose || isWrong || !isChange || view.refusal !== null || isBusy || cannot !== null} title={mayPropose ? undefined : "Connect the authority’s wallet, or export for its multisig."} onClick={() => void propose()}>Propose</Button>
        <Button disabled={isWrong || !isChange} onClick={() => void exportIt()}>Export for a multisig</Button>
      </div>
      <p className="mt-2 text-[12.5px] text-faint">
        {isWrong ? <span className="text-danger">A value above is not a number of its unit.</span> : mayPropose ? "" : "Only the authority’s wallet can propose here. Anybody can export the transaction for the multisig that holds the authority."}
      </p>
      {exported !== null && <ExportDialog exported={exported} close={() => setExported(null)} />}
    </div>
  );
}
