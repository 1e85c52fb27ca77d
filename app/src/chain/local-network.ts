import type { Address } from "@solana/kit";

import type { Endpoints } from "./endpoints.ts";

/** What a local network says of itself. */
export interface LocalNetwork {
  readonly rpc: string;
  readonly ws: string;
  readonly control: string;
  readonly clearinghouseId: bigint;
  /** What tokens are called there, by mint. */
  readonly symbols: ReadonlyMap<string, string>;
  /** By asset: its price accounts, primary first. */
  readonly feeds: ReadonlyMap<number, readonly Address[]>;
}

interface Manifest {
  readonly rpc: string;
  readonly ws: string;
  readonly control: string;
  readonly clearinghouse_id: number;
  readonly banks?: readonly { readonly mint: string; readonly symbol: string }[];
  readonly assets: readonly { readonly index: number; readonly feeds: readonly Address[] }[];
}

function isManifest(value: unknown): value is Manifest {
  const { rpc, ws, assets } = (value ?? {}) as Partial<Manifest>;
  return typeof rpc === "string" && typeof ws === "string" && Array.isArray(assets);
}

async function ask(address: string): Promise<LocalNetwork | null> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(4_000) });
    const value: unknown = answer.ok ? await answer.json() : null;
    if (!isManifest(value)) return null;
    return {
      rpc: value.rpc,
      ws: value.ws,
      control: value.control ?? new URL(address, location.href).origin,
      clearinghouseId: BigInt(value.clearinghouse_id ?? 1),
      symbols: new Map((value.banks ?? []).map((bank) => [bank.mint, bank.symbol])),
      feeds: new Map(value.assets.map((asset) => [asset.index, asset.feeds])),
    };
  } catch {
    return null; // not a local network: nothing is wrong
  }
}

/** The local network that serves this page, or that runs on the usual port. Only where the page talks to that very network. */
export async function findLocalNetwork(at: Endpoints, isRpcChosen: boolean): Promise<LocalNetwork | null> {
  const own = location.protocol.startsWith("http") ? await ask("./localnet.json") : null;
  if (own !== null && (!isRpcChosen || own.rpc === at.rpc)) return own;
  const usual = await ask(`${at.control}/localnet.json`);
  return usual !== null && usual.rpc === at.rpc ? usual : null;
}

/** Gives the owner tokens of a bank, and lamports for fees. */
export async function askFaucet(network: LocalNetwork, owner: Address, atoms: bigint, bank: number): Promise<void> {
  const answer = await fetch(`${network.control}/control/faucet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ owner, atoms: atoms.toString(), bank }),
  });
  if (!answer.ok) throw new Error(`The faucet of the local network answered ${answer.status}: ${await answer.text()}`);
}
