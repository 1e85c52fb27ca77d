import { tokenAccountAddress, type CollateralBank, type TokenSide } from "@firebreak/client";
import { AccountRole, type Address, type Instruction } from "@solana/kit";
import { useCallback, useEffect, useState } from "react";

import { useWallet } from "../wallet/wallet-context.tsx";
import { bytesOf } from "./connection.ts";
import { useChain, useMirror } from "./chain-context.tsx";
import type { Mirror } from "./mirror.ts";

const ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL" as Address;
const SYSTEM = "11111111111111111111111111111111" as Address;

/** The wallet's usual account of a bank's token. */
export async function tokenSide(bank: CollateralBank, owner: Address): Promise<TokenSide> {
  const { mint, tokenProgram } = bank;
  return { mint, tokenProgram, tokenAccount: await tokenAccountAddress(owner, mint, tokenProgram) };
}

/** Makes that account where there is none; does nothing where there is. */
export function createTokenAccount(side: TokenSide, owner: Address): Instruction {
  return {
    programAddress: ASSOCIATED,
    accounts: [
      { address: owner, role: AccountRole.WRITABLE_SIGNER },
      { address: side.tokenAccount, role: AccountRole.WRITABLE },
      { address: owner, role: AccountRole.READONLY },
      { address: side.mint, role: AccountRole.READONLY },
      { address: SYSTEM, role: AccountRole.READONLY },
      { address: side.tokenProgram, role: AccountRole.READONLY },
    ],
    data: new Uint8Array([1]), // CreateIdempotent
  };
}

const rereadsOf = (mirror: Mirror): number => mirror.rereads;

/** What the connected wallet holds of a token, in atoms; read again with every full reading. Null until it is known. */
export function useBalance(bank: CollateralBank | null): { atoms: bigint | null; reread: () => void } {
  const { connection } = useChain();
  const { wallet } = useWallet();
  const rereads = useMirror(rereadsOf);
  const [asked, setAsked] = useState(0);
  const [atoms, setAtoms] = useState<bigint | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = async (): Promise<void> => {
      if (wallet === null || bank === null) return setAtoms(null);
      const { tokenAccount } = await tokenSide(bank, wallet.address);
      const { value } = await connection.rpc.getAccountInfo(tokenAccount, { encoding: "base64", commitment: "confirmed" }).send();
      const bytes = value === null ? null : bytesOf(value.data[0]);
      if (!isGone) setAtoms(bytes === null ? 0n : new DataView(bytes.buffer).getBigUint64(64, true));
    };
    read().catch(() => undefined); // the banner says that the node does not answer
    return () => {
      isGone = true;
    };
  }, [asked, bank, connection, rereads, wallet]);
  return { atoms, reread: useCallback(() => setAsked((count) => count + 1), []) };
}
