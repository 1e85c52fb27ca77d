import { useBooks } from "../../chain/chain-context.tsx";
import { short } from "../../format/keys.ts";
import { duration } from "../../format/times.ts";
import { Badge } from "../../ui/badge.tsx";
import { Row } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useWallet } from "../../wallet/wallet-context.tsx";

/** Who may do what. */
export function RolesPanel() {
  const data = useBooks()?.clearinghouse.data ?? null;
  const own = useWallet().wallet?.address;
  if (data === null) return null;
  const key = (address: string) => (
    <span title={address}><span className="font-mono text-[12.5px]">{short(address)}</span>{address === own && <span className="ml-2"><Badge tone="accent">you</Badge></span>}</span>
  );
  return (
    <Panel title="Roles" actions={data.sealed === 1 ? <Badge tone="safe">Sealed</Badge> : <Badge tone="caution">Set-up: not sealed</Badge>}>
      <dl>
        <Row name="Authority" note="proposes">{key(data.authority)}</Row>
        <Row name="Guardian" note="vetoes, trips">{key(data.guardian)}</Row>
        <Row name="A loosening waits">{duration(data.delaySeconds)}</Row>
        <Row name="Proposals so far">{data.proposalCount.toString()}</Row>
      </dl>
    </Panel>
  );
}
