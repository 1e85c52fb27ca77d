import { DIRECTIONS, getChangeDecoder, instructions, PROPOSAL_STATES, type Change, type Proposal } from "@firebreak/client";
import { useMemo } from "react";

import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { short } from "../../format/keys.ts";
import { duration, moment } from "../../format/times.ts";
import type { Books, Entry } from "../../model/books.ts";
import { keptValues, setOf } from "../../model/parameters.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import { useWallet } from "../../wallet/wallet-context.tsx";
import { Differences } from "./differences.tsx";

const TONES: readonly Tone[] = ["plain", "safe", "caution"];

/** One proposal: what it changes, which way, when it may take effect, and who may stop it. */
export function ProposalCard({ proposal }: { proposal: Entry<Proposal> }) {
  const books = useBooks();
  const now = useNow();
  const { data } = proposal;
  const change = useMemo(() => getChangeDecoder().decode(Uint8Array.from(data.change)), [data.change]);
  if (books === null) return null;
  const state = stateOf(data, now);
  return (
    <article className="p-4" aria-label={`Proposal ${data.id}`} data-testid={`proposal-${data.id}`}>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h3 className="text-[13.5px] font-semibold"><span className="figure text-faint">#{data.id.toString()}</span> {titleOf(change, books)}</h3>
        <Badge tone={TONES[data.direction] ?? "caution"}>{DIRECTIONS[data.direction] ?? "Loosening"}</Badge>
        <Badge tone={state.tone}>{state.word}</Badge>
        <span className="label ml-auto">{state.text}</span>
      </header>
      <Body change={change} proposal={data} />
      {data.state === 0 && now < data.expiresAt && <Buttons data={data} change={change} />}
    </article>
  );
}

function stateOf(data: Proposal, now: bigint): { word: string; tone: Tone; text: string } {
  const word = PROPOSAL_STATES[data.state] ?? "Vetoed";
  if (word === "Executed") return { word: "In force", tone: "safe", text: `proposed ${moment(data.createdAt)}` };
  if (word === "Vetoed") return { word: "Vetoed", tone: "danger", text: `proposed ${moment(data.createdAt)}` };
  if (now >= data.expiresAt) return { word: "Expired", tone: "plain", text: `since ${moment(data.expiresAt)}` };
  if (now >= data.executesFrom) return { word: "May take effect", tone: "caution", text: `for ${duration(data.expiresAt - now)} more` };
  return { word: "Waiting", tone: "accent", text: `may take effect in ${duration(data.executesFrom - now)}` };
}

export function titleOf(change: Change, books: Books): string {
  const symbol = (index: number): string => books.listed[index]?.symbol ?? `number ${index}`;
  const bank = (index: number): string => (index === 0 ? "Quote bank" : `${symbol(books.banks.find((one) => one.data.index === index)?.data.asset ?? -1)} bank`);
  switch (change.__kind) {
    case "Asset": return `${symbol(change.index)}: price and margin`;
    case "Market": return `${symbol(change.index)}: market`;
    case "Bank": return bank(change.index);
    case "Fund": return "Insurance fund";
    case "Delay": return `Delay of loosenings: ${duration(change.seconds)}`;
    case "Authority": return `New authority ${short(change.key)}`;
    case "Guardian": return `New guardian ${short(change.key)}`;
    case "AddAsset": return "List an asset";
    case "AddMarket": return `Open the market of ${symbol(change.index)}`;
    case "AddCollateralBank": return `List collateral ${short(change.mint)}`;
    case "SetPricePrograms": return "Price programs";
    case "ResetBreaker": return `Reset the breaker of ${change.market === 255 ? "everything" : symbol(change.market)}`;
  }
}

function Body({ change, proposal }: { change: Change; proposal: Proposal }) {
  const valuation = useValuation();
  const set = setOf(change);
  if (set === null || valuation === null) return null;
  const before = keptValues(Uint8Array.from(proposal.before), set.values.length);
  return <Differences name={set.name} view={valuation.direction(set.name.kind, before, set.values)} />;
}

/** Kinds that `execute_proposal` carries out; the others are used up by the instruction of their name. */
const OWN_KINDS = ["Asset", "Market", "Bank", "Fund", "Delay", "Authority", "Guardian"];

function Buttons({ data, change }: { data: Proposal; change: Change }) {
  const chain = useChain();
  const now = useNow();
  const roles = useBooks()?.clearinghouse.data;
  const { wallet } = useWallet();
  const { act, isBusy, cannot } = useAct();
  if (wallet === null || roles === undefined) return null;
  const mayVeto = wallet.address === roles.guardian || wallet.address === roles.authority;
  const successor = change.__kind === "Authority" || change.__kind === "Guardian" ? change.key : roles.authority;
  const mayExecute = wallet.address === successor && now >= data.executesFrom && OWN_KINDS.includes(change.__kind);
  const veto = (): void =>
    void act({
      title: `Veto proposal ${data.id}`,
      instructions: async () => [await instructions.vetoProposal(chain.at, { id: data.id, signer: wallet.address })],
      said: () => "It can never take effect; the record stays.",
    });
  const execute = (): void =>
    void act({
      title: `Proposal ${data.id}`,
      instructions: async () => [await instructions.executeProposal(chain.at, { id: data.id, signer: wallet.address, change })],
      said: () => "The new values are in force.",
    });
  return (
    <div className="mt-3 flex gap-2">
      <Button weight="danger" disabled={!mayVeto || isBusy || cannot !== null} title={mayVeto ? undefined : "The guardian vetoes; the authority withdraws."} onClick={veto}>
        {wallet.address === roles.authority ? "Withdraw" : "Veto"}
      </Button>
      <Button disabled={!mayExecute || isBusy || cannot !== null} onClick={execute}>Put in force</Button>
    </div>
  );
}
