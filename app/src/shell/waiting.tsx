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
