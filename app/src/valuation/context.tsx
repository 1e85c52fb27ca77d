import { loadValuation } from "@firebreak/client/valuation";
import wasm from "@firebreak/client/wasm?url";
import { createContext, useEffect, useState, type ReactNode } from "react";

import { Valuation } from "./valuation.ts";

export const ValuationContext = createContext<Valuation | null>(null);

/** Loads the program's code beside the first readings of the chain. */
export function ValuationProvider({ children }: { children: ReactNode }) {
  const [valuation, setValuation] = useState<Valuation | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    loadValuation(wasm).then(
      (program) => setValuation(new Valuation(program)),
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, []);
  return (
    <ValuationContext value={valuation}>
      {problem !== null && (
        <p role="alert" className="border-b border-danger bg-danger-wash px-4 py-2 text-[13px]">
          The program’s valuation could not be loaded ({problem}). Without it this page shows no figures: reload it, or use a browser with WebAssembly.
        </p>
      )}
      {children}
    </ValuationContext>
  );
}
