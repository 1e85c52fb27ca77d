import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useIdentities } from "../../valuation/hooks.ts";

/** The ledger's identities, added up here from every account of one slot: equal to the atom, or not. */
export function IdentitiesPanel() {
  const checked = useIdentities();
  const broken = checked?.identities.filter((identity) => !identity.holds).length ?? 0;
  return (
    <Panel
      title="Ledger identities"
      note={checked === null ? "Reading" : `Checked in this browser at slot ${checked.slot}`}
      actions={checked === null ? <Skeleton /> : <Badge tone={broken === 0 ? "safe" : "danger"}>{broken === 0 ? `All ${checked.identities.length} hold` : `${broken} broken`}</Badge>}
      flush
    >
      <ul className="max-h-[22rem] overflow-y-auto" tabIndex={0} aria-label="Identities" data-testid="identities">
        {(checked?.identities ?? []).map((identity) => (
          <li key={identity.key} className="grid grid-cols-[1fr_auto] items-baseline gap-x-3 border-b border-rule px-4 py-1.5 text-[13px] last:border-b-0">
            <span className="min-w-0"><span className="label mr-2">{identity.id} {identity.whose}</span>{identity.name.replaceAll("==", "=")}</span>
            <span className={`figure text-right ${identity.holds ? "text-safe" : "text-danger"}`}>
              <span className="sr-only">{identity.holds ? "holds: " : "broken: "}</span>{identity.left.toString()} {identity.holds ? "=" : "≠"} {identity.right.toString()}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
