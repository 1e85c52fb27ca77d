import { Panel, Nothing } from "../../ui/panel.tsx";
import { useBooks } from "../../chain/chain-context.tsx";
import { ProposalCard } from "./proposal-card.tsx";

/** What is proposed, newest first. */
export function ProposalsPanel() {
  const proposals = useBooks()?.proposals ?? [];
  return (
    <Panel title="Proposals" note={proposals.length === 0 ? undefined : `${proposals.length}, newest first`} flush>
      {proposals.length === 0 ? <Nothing>Nothing is proposed. Parameters stay as they are below.</Nothing> : (
        <ul>{proposals.map((proposal) => <li key={proposal.address} className="border-b border-rule last:border-b-0"><ProposalCard proposal={proposal} /></li>)}</ul>
      )}
    </Panel>
  );
}
