import { readFileSync } from "node:fs";

import {
  addressesOf, decodeAnyAccount, decodeEvents, instructions, marginAccountAddress, PROGRAM_ID, withBudget, type FirebreakEvent,
} from "@firebreak/client";
import { loadValuation, VALUATION_WASM } from "@firebreak/client/valuation";
import {
  appendTransactionMessageInstructions, createKeyPairSignerFromBytes, createSolanaRpc, createTransactionMessage, getBase64Encoder, getBase64EncodedWireTransaction,
  getSignatureFromTransaction, pipe, setTransactionMessageFeePayerSigner, setTransactionMessageLifetimeUsingBlockhash, signTransactionMessageWithSigners,
  type Address,
} from "@solana/kit";

import { PATIENCE_MS } from "./browser.ts";
import type { Network } from "./network.ts";

/** Somebody else, who takes over what the program lets him: a maker of the local network with his own key. */
export async function liquidate(network: Network, market: number, liquidatee: Address): Promise<readonly FirebreakEvent[]> {
  const [file] = network.manifest.keys.makers;
  if (file === undefined) throw new Error("The local network has no makers.");
  const signer = await createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(readFileSync(file, "utf8")) as number[]));
  const at = await addressesOf(1);
  const liquidator = await marginAccountAddress(at, signer.address);
  const rpc = createSolanaRpc(network.manifest.rpc);
  const feeds = network.manifest.assets.flatMap((asset) => asset.feeds.map((account) => ({ asset: asset.index, account: account as Address })));
  const wanted = [
    instructions.refreshPrices(at, { feeds }),
    await instructions.liquidate(at, { market, trader: signer, liquidator, liquidatee, maxLots: 1n << 28n, limitPrice: (1n << 30n) - 1n }),
  ];
  const { value: lifetime } = await rpc.getLatestBlockhash().send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (empty) => setTransactionMessageFeePayerSigner(signer, empty),
    (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
    (timed) => appendTransactionMessageInstructions(withBudget(wanted), timed),
  );
  const signed = await signTransactionMessageWithSigners(message);
  await rpc.sendTransaction(getBase64EncodedWireTransaction(signed), { encoding: "base64", skipPreflight: true }).send();
  const signature = getSignatureFromTransaction(signed);
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const found = await rpc.getTransaction(signature, { encoding: "base64", commitment: "confirmed", maxSupportedTransactionVersion: 0 }).send();
    if (found !== null) {
      const logs = found.meta?.logMessages ?? [];
      if (found.meta?.err != null) throw new Error(`The liquidation was refused:\n${logs.join("\n")}`);
      return decodeEvents(logs);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("The liquidation did not arrive.");
}

/** Takes over what it may of every account below maintenance that has a position in this market. */
export async function liquidateNearest(network: Network, market: number): Promise<void> {
  const rpc = createSolanaRpc(network.manifest.rpc);
  const found = await rpc.getProgramAccounts(PROGRAM_ID, { encoding: "base64", commitment: "confirmed" }).send();
  const all = found.map(({ pubkey, account }) => {
    const bytes = Uint8Array.from(getBase64Encoder().encode(account.data[0]));
    return { address: pubkey, bytes, account: decodeAnyAccount(bytes) };
  });
  const board = all.find((one) => one.account?.kind === "Board");
  const valuation = await loadValuation(readFileSync(VALUATION_WASM));
  for (const { address, bytes, account } of all) {
    if (board === undefined || account?.kind !== "MarginAccount") continue;
    const isIn = account.data.positions.some((position) => position.market === market && position.size !== 0);
    if (isIn && valuation.report(board.bytes, bytes).isLiquidatable) await liquidate(network, market, address).catch(() => undefined);
  }
}
