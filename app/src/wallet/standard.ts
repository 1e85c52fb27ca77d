import { SolanaSignTransaction, type SolanaSignTransactionFeature } from "@solana/wallet-standard-features";
import { getWallets } from "@wallet-standard/app";
import type { IdentifierString, Wallet as StandardWallet, WalletAccount } from "@wallet-standard/base";
import {
  StandardConnect, StandardDisconnect, StandardEvents, type StandardConnectFeature, type StandardDisconnectFeature, type StandardEventsFeature,
} from "@wallet-standard/features";
import type { Address } from "@solana/kit";
import { useSyncExternalStore } from "react";

import type { Wallet } from "./accounts.ts";

type Able = StandardWallet & { readonly features: StandardConnectFeature & SolanaSignTransactionFeature };

function isAble(wallet: StandardWallet): wallet is Able {
  const signs = SolanaSignTransaction in wallet.features && StandardConnect in wallet.features;
  return signs && wallet.chains.some((chain) => chain.startsWith("solana:"));
}

const registry = getWallets();
let known: readonly Able[] = registry.get().filter(isAble);

function observe(changed: () => void): () => void {
  const update = (): void => {
    known = registry.get().filter(isAble);
    changed();
  };
  const offs = [registry.on("register", update), registry.on("unregister", update)];
  return () => offs.forEach((off) => off());
}

/** Every wallet of this browser that can sign for Solana, whenever it registers. */
export function useStandardWallets(): readonly Able[] {
  return useSyncExternalStore(observe, () => known);
}

export type { Able as SigningWallet };

/** The network's name in the wallet standard, as far as the account knows it. */
function walletOf(wallet: Able, account: WalletAccount, network: IdentifierString): Wallet {
  const chain = account.chains.includes(network) ? network : (account.chains.find((name) => name.startsWith("solana:")) ?? network);
  return {
    name: wallet.name,
    address: account.address as Address,
    isBurner: false,
    sign: async (transaction) => {
      const [signed] = await wallet.features[SolanaSignTransaction].signTransaction({ account, transaction, chain });
      if (signed === undefined) throw new Error(`${wallet.name} returned no signed transaction.`);
      return signed.signedTransaction;
    },
  };
}

/** Asks a wallet for an account. Throws in words where it gives none. */
export async function connectStandard(wallet: Able, network: IdentifierString, silent = false): Promise<Wallet> {
  const { accounts } = await wallet.features[StandardConnect].connect(silent ? { silent } : undefined);
  const account = accounts.find((one) => one.features.includes(SolanaSignTransaction)) ?? accounts[0];
  if (account === undefined) throw new Error(`${wallet.name} gave no account: unlock it, choose one, and connect again.`);
  return walletOf(wallet, account, network);
}

export async function disconnectStandard(name: string): Promise<void> {
  const features = known.find((wallet) => wallet.name === name)?.features as Partial<StandardDisconnectFeature> | undefined;
  await features?.[StandardDisconnect]?.disconnect();
}

/** Tells when the wallet itself switches to another account, or to none. Returns how to stop listening. */
export function onSwitch(name: string, network: IdentifierString, switched: (wallet: Wallet | null) => void): () => void {
  const wallet = known.find((one) => one.name === name);
  const events = (wallet?.features as Partial<StandardEventsFeature> | undefined)?.[StandardEvents];
  if (wallet === undefined || events === undefined) return () => undefined;
  return events.on("change", ({ accounts }) => {
    if (accounts === undefined) return;
    const [account] = accounts;
    switched(account === undefined ? null : walletOf(wallet, account, network));
  });
}
