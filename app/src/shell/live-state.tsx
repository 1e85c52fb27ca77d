import { useCallback, useEffect, useState } from "react";

import { useMirror } from "../chain/chain-context.tsx";
import type { Mirror, Phase } from "../chain/mirror.ts";
import { duration } from "../format/times.ts";

const WORDS: Readonly<Record<Phase, string>> = { connecting: "Connecting", live: "Live", stale: "Stale", down: "No connection" };
const TONES: Readonly<Record<Phase, string>> = { connecting: "text-soft", live: "text-safe", stale: "text-caution", down: "text-danger" };

const phaseOf = (mirror: Mirror): Phase => mirror.phase;
const slotOf = (mirror: Mirror): bigint => mirror.slot;

/** Seconds since the node was heard last, counted here. */
function useSilence(): number {
  const heardAt = useMirror(useCallback((mirror: Mirror) => mirror.heardAt, []));
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.floor((now - heardAt) / 1_000));
}

/** In the bar: whether what the page shows is what the chain says. */
export function LiveState() {
  const phase = useMirror(phaseOf);
  const slot = useMirror(slotOf);
  return (
    <div role="status" aria-live="polite" className="flex items-center gap-2 text-[12.5px]" data-testid="live-state" data-phase={phase}>
      <span aria-hidden="true" className={`size-2 ${TONES[phase]} ${phase === "live" ? "rounded-full" : "rotate-45"} bg-current`} />
      <span className={`font-medium ${TONES[phase]}`}>{WORDS[phase]}</span>
      <span aria-hidden="true" className="label hidden w-[12ch] xl:inline">slot {slot.toString()}</span>
    </div>
  );
}

/** Across the page, as long as figures may be old. */
export function StaleBanner({ rpc }: { rpc: string }) {
  const phase = useMirror(phaseOf);
  const trouble = useMirror(useCallback((mirror: Mirror) => mirror.trouble, []));
  const silence = useSilence();
  if (phase === "live" || (phase === "connecting" && trouble === null)) return null;
  const isFirst = phase === "connecting";
  return (
    <div role="alert" className="border-b border-caution bg-caution-wash px-4 py-2 text-[13px]">
      <strong className="font-semibold text-caution">{isFirst ? "No answer yet." : `Stale: nothing heard for ${duration(silence)}.`}</strong>{" "}
      {isFirst ? `The node at ${rpc} does not answer. ` : "Figures are those of the last answer, and nothing can be signed. "}
      Trying again by itself; the address can be changed in the settings.
    </div>
  );
}
