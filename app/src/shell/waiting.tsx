import { useChain, useMirror } from "../chain/chain-context.tsx";
import type { Mirror } from "../chain/mirror.ts";
import { Skeleton } from "../ui/figure.tsx";

/** The page's shape while its first figures are on their way. */
export function Waiting() {
  return (
    <div role="status" className="grid gap-3 lg:grid-cols-[1fr_24rem]">
      <span className="sr-only">Reading the clearinghouse</span>
      {["h-[26rem]", "h-[26rem]", "h-48", "h-48"].map((height, index) => (
        <div key={index} aria-hidden="true" className={`border border-rule bg-sheet p-4 ${height}`}><Skeleton width="9rem" /></div>
      ))}
    </div>
  );
}

const isRead = (mirror: Mirror): boolean => mirror.whole !== null;

/** While the clearinghouse is being read; and where the node has none of this number. */
export function NotThere() {
  const { endpoints } = useChain();
  if (!useMirror(isRead)) return <Waiting />;
  return (
    <section role="alert" className="max-w-[42rem] border border-rule bg-sheet p-5">
      <h2 className="text-[15px] font-semibold">There is no clearinghouse number {endpoints.clearinghouseId.toString()} on this network.</h2>
      <p className="mt-2 text-[13.5px] text-soft">
        The node at {endpoints.rpc} answers, but the program has no such clearinghouse there. Choose another number or another RPC address in the settings; on the local
        network, start <code className="font-mono text-[12.5px]">firebreak localnet</code>.
      </p>
    </section>
  );
}
