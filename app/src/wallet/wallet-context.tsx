import type { IdentifierString } from "@wallet-standard/base";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import type { Wallet } from "./accounts.ts";
import { burner } from "./burner.ts";
import { connectStandard, disconnectStandard, onSwitch, useStandardWallets, type SigningWallet } from "./standard.ts";

const LAST = "firebreak.wallet";
const BURNER = "burner";

interface WalletState {
  readonly wallet: Wallet | null;
  readonly choices: readonly SigningWallet[];
  readonly connectBurner: () => Promise<void>;
  readonly connectWallet: (wallet: SigningWallet) => Promise<void>;
  readonly disconnect: () => Promise<void>;
}

const Context = createContext<WalletState | null>(null);

/** The connected wallet. A wallet that was connected before comes back by itself, without a question. */
export function WalletProvider({ isLocal, network, children }: { isLocal: boolean; network: IdentifierString; children: ReactNode }) {
  const [wallet, setWallet] = useState<Wallet | null>(null);
  const choices = useStandardWallets();

  useEffect(() => {
    if (wallet !== null) return;
    const last = localStorage.getItem(LAST);
    if (last === BURNER && isLocal) void burner().then(setWallet);
    const again = choices.find((choice) => choice.name === last);
    if (again !== undefined) void connectStandard(again, network, true).then(setWallet, () => undefined);
  }, [choices, isLocal, network, wallet]);
  useEffect(() => (wallet === null || wallet.isBurner ? undefined : onSwitch(wallet.name, network, setWallet)), [network, wallet]);

  const connectBurner = useCallback(async () => {
    setWallet(await burner());
    localStorage.setItem(LAST, BURNER);
  }, []);
  const connectWallet = useCallback(async (choice: SigningWallet) => {
    setWallet(await connectStandard(choice, network));
    localStorage.setItem(LAST, choice.name);
  }, [network]);
  const disconnect = useCallback(async () => {
    localStorage.removeItem(LAST);
    if (wallet !== null && !wallet.isBurner) await disconnectStandard(wallet.name).catch(() => undefined);
    setWallet(null);
  }, [wallet]);

  const state = useMemo(
    () => ({ wallet, choices, connectBurner, connectWallet, disconnect }),
    [wallet, choices, connectBurner, connectWallet, disconnect],
  );
  return <Context value={state}>{children}</Context>;
}

export function useWallet(): WalletState {
  const state = useContext(Context);
  if (state === null) throw new Error("useWallet needs a WalletProvider above it");
  return state;
}
