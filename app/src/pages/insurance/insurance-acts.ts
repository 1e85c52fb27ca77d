import { instructions } from "@firebreak/client";
import type { Address, Instruction } from "@solana/kit";

import type { Chain } from "../../chain/chain-context.tsx";
import { freshPrices } from "../../chain/fresh-prices.ts";
import { createTokenAccount, tokenSide } from "../../chain/tokens.ts";
import type { Books } from "../../model/books.ts";

/** Prices and sweeps of every market, in order: nobody enters ahead of income, or leaves ahead of a loss. */
async function swept(chain: Chain, books: Books): Promise<{ before: Instruction[]; markets: number[] }> {
  const markets = books.listed.filter((listed) => listed.market !== null).map((listed) => listed.index);
  const { quoteMint } = books.clearinghouse.data;
  const tokenProgram = quoteBank(books).tokenProgram;
  const sweeps = await Promise.all(markets.map((market) => instructions.sweepInsurance(chain.at, { market, mint: quoteMint, tokenProgram })));
  return { before: [...freshPrices(chain, markets), ...sweeps], markets };
}

function quoteBank(books: Books): Books["banks"][number]["data"] {
  const [bank] = books.banks;
  if (bank === undefined) throw new Error("The clearinghouse has no quote bank.");
  return bank.data;
}

export async function stakeInstructions(chain: Chain, books: Books, staker: Address, amount: bigint): Promise<Instruction[]> {
  const { before, markets } = await swept(chain, books);
  const tokens = await tokenSide(quoteBank(books), staker);
  return [...before, await instructions.stake(chain.at, { payer: staker, staker, tokens, amount, markets })];
}

export async function unstakeInstructions(chain: Chain, books: Books, staker: Address): Promise<Instruction[]> {
  const { before, markets } = await swept(chain, books);
  const tokens = await tokenSide(quoteBank(books), staker);
  return [createTokenAccount(tokens, staker), ...before, await instructions.unstake(chain.at, { staker, tokens, markets })];
}
