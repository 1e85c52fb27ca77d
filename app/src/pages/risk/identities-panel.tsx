import { decimal } from "../../format/numbers.ts";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useIdentities } from "../../valuation/hooks.ts";
import type { IdentityView } from "../../valuation/views.ts";

const HEADINGS: Readonly<Record<string, string>> = { quote: "Quote token", fund: "Insurance fund" };

/** The ledger's identities, added up here from every account of one slot: equal to the atom, or not. */
export function IdentitiesPanel() {
  const checked = useIdentities();
  const broken = checked?.identities.filter((identity) => !identity.holds).length ?? 0;
  const groups = Map.groupBy(checked?.identities ?? [], (identity) => identity.whose);
  return (
    <Panel
      title="Ledger identities"
      note={checked === null ? "Reading" : `added up here, slot ${checked.slot}`}
      actions={checked === null ? <Skeleton /> : <Badge tone={broken === 0 ? "safe" : "danger"}>{broken === 0 ? `All ${checked.identities.length} hold` : `${broken} broken`}</Badge>}
      flush
    >
      <div data-testid="identities">
        {[...groups].map(([whose, identities]) => (
          <section key={whose} className="border-b border-rule py-2 last:border-b-0">
            <h3 className="px-4 pb-0.5 text-[12.5px] font-semibold">{HEADINGS[whose] ?? whose}</h3>
            <ul>{identities.map((identity) => <IdentityLine key={identity.key} identity={identity} />)}</ul>
          </section>
        ))}
      </div>
    </Panel>
  );
}

function IdentityLine({ identity }: { identity: IdentityView }) {
  const [left, right] = [identity.left, identity.right].map((atoms) => decimal(atoms, 0, 0));
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-3 px-4 py-[3px] text-[12.5px]">
      <span className="text-soft"><span className="label mr-1.5">{identity.id}</span>{identity.name.replaceAll("==", "=")}</span>
      <span className={`figure ml-auto ${identity.holds ? "text-safe" : "font-semibold text-danger"}`}>
        <span className="sr-only">{identity.holds ? "holds: " : "broken: "}</span>
        {identity.holds && identity.left !== 0n ? `${left} both` : `${left} ${identity.holds ? "=" : "≠"} ${right}`}
      </span>
    </li>
  );
}
