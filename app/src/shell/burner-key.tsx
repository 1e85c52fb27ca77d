import { useState } from "react";

import { Button } from "../ui/button.tsx";
import { importBurner } from "../wallet/burner.ts";
import { useWallet } from "../wallet/wallet-context.tsx";

/** Takes the key of a key file into the burner: to act as the local network's authority or guardian. */
export function BurnerKey() {
  const { connectBurner } = useWallet();
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (file: File): Promise<void> => {
    try {
      importBurner(await file.text());
      await connectBurner();
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="mt-3 border-t border-rule pt-3">
      <label className="flex cursor-pointer items-center justify-between gap-2 text-[12.5px] text-soft">
        Use a key file of the local network instead
        <input
          type="file"
          accept=".json,application/json"
          aria-label="Key file"
          className="sr-only peer"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file !== undefined) void take(file);
          }}
        />
        <span className="rounded-ctl px-2 py-1 ring-1 ring-rule-strong ring-inset peer-focus-visible:outline-2 peer-focus-visible:outline-accent">Choose file</span>
      </label>
      {problem !== null && <p role="alert" className="mt-2 text-[12.5px] text-danger">{problem} <Button small weight="quiet" onClick={() => setProblem(null)}>Close</Button></p>}
    </div>
  );
}
