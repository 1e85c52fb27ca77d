import { useMemo } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { Panel } from "../../ui/panel.tsx";
import { HistoryList } from "../account/history-list.tsx";
import { BreakersPanel } from "../risk/breakers-panel.tsx";
import { GuardianPanel } from "./guardian-panel.tsx";
import { ParametersPanel } from "./parameters-panel.tsx";
import { ProposalsPanel } from "./proposals-panel.tsx";
import { RolesPanel } from "./roles-panel.tsx";

/** Who governs, by which numbers, and what is about to change: in full view for whoever wants to leave first. */
export default function GovernancePage() {
  const books = useBooks();
  const addresses = useMemo(() => (books === null ? [] : [books.at.clearinghouse]), [books?.at]);
  return (
    <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_23.5rem] xl:grid-cols-[minmax(0,1fr)_25rem]">
      <div className="flex min-w-0 flex-col gap-3">
        <ProposalsPanel />
        <ParametersPanel />
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <RolesPanel />
        <GuardianPanel />
        <BreakersPanel />
        <Panel title="History" flush><HistoryList addresses={addresses} empty="Governance has done nothing yet." /></Panel>
      </div>
    </div>
  );
}
