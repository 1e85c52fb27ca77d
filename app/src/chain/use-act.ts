import type { Instruction } from "@solana/kit";
import { useCallback, useState } from "react";

import { useToast } from "../ui/toasts.tsx";
import { useWallet } from "../wallet/wallet-context.tsx";
import { useChain, usePhase } from "./chain-context.tsx";
import { sentence } from "./refusal.ts";
import { send, type Done } from "./send.ts";

/** Something the connected wallet signs. */
export interface Act {
  readonly title: string;
  readonly instructions: () => Promise<readonly Instruction[]>;
  /** What is said afterwards, with what really happened. */
  readonly said: (done: Done) => string;
}

export function explorerLink(signature: string, rpc: string): string {
  return `https://explorer.solana.com/tx/${signature}?cluster=custom&customUrl=${encodeURIComponent(rpc)}`;
}

/** Sends an act of the connected wallet and says how it went. `isBusy` while it is under way; true where it was done. */
export function useAct(): { act: (act: Act) => Promise<boolean>; isBusy: boolean; cannot: string | null } {
  const { connection, follower, endpoints } = useChain();
  const { wallet } = useWallet();
  const phase = usePhase();
  const show = useToast();
  const [isBusy, setBusy] = useState(false);
  const act = useCallback(
    async ({ title, instructions, said }: Act): Promise<boolean> => {
      if (wallet === null) return false;
      setBusy(true);
      try {
        const done = await send(connection, wallet, await instructions());
        const link = { href: explorerLink(done.signature, endpoints.rpc), text: "Look at the transaction in the explorer" };
        show({ tone: "safe", title, text: said(done), link });
        await follower.reread().catch(() => undefined);
        return true;
      } catch (failure) {
        const told = sentence(failure);
        const code = told.code === null ? "" : ` (${told.code})`;
        show({ tone: "danger", title: `${title}: ${told.title}`, text: told.text + code });
        return false;
      } finally {
        setBusy(false);
      }
    },
    [connection, endpoints.rpc, follower, show, wallet],
  );
  const cannot = wallet === null ? "Connect a wallet first." : phase !== "live" ? "Waiting for the network: figures may be old." : null;
  return { act, isBusy, cannot };
}
