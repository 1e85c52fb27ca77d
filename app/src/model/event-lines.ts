import { levelName, type FirebreakEvent } from "@firebreak/client";

import { short } from "../format/keys.ts";
import { money, price, size, type Quote } from "../format/units.ts";
import { clockTime } from "../format/times.ts";
import type { Tone } from "../ui/badge.tsx";
import { level } from "../ui/states.ts";
import type { Books, Listed } from "./books.ts";

/** An event in a word and a sentence. */
export interface EventLine {
  readonly word: string;
  readonly tone: Tone;
  readonly text: string;
}

interface Told {
  readonly books: Books;
  readonly quote: Quote;
  /** The account from whose side it is told; null where nobody's. */
  readonly own: string | null;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function listedOf({ books }: Told, market: string): Listed | undefined {
  return books.listed.find((listed) => listed.market?.address === market);
}

function sized(told: Told, market: string, lots: bigint): string {
  const listed = listedOf(told, market);
  return listed === undefined ? `${lots} lots` : `${size(abs(lots), listed.row.lotExponent)} ${listed.symbol}`;
}

function priced(told: Told, market: string, atoms: bigint): string {
  const listed = listedOf(told, market);
  return listed === undefined ? atoms.toString() : price(atoms, listed.row.lotExponent, told.quote);
}

function marketName(told: Told, index: number): string {
  return index === 255 ? "All markets" : (told.books.listed[index]?.symbol ?? `Market ${index}`);
}

/** Tells an event; null for those that nobody reads. */
export function eventLine(event: FirebreakEvent, told: Told): EventLine | null {
  return money_(event, told) ?? losses(event, told) ?? fund(event, told) ?? rule(event, told);
}

function money_(event: FirebreakEvent, told: Told): EventLine | null {
  const { quote, own, books } = told;
  switch (event.name) {
    case "Deposited":
    case "Withdrawn": {
      const bank = books.banks.find((one) => one.address === event.data.bank);
      const symbol = bank === undefined ? "" : (books.listed[bank.data.asset]?.symbol ?? quote.symbol);
      const amount = money(event.data.amount, { ...quote, decimals: bank?.data.decimals ?? quote.decimals });
      return { word: event.name, tone: "plain", text: `${amount} ${symbol} ${event.name === "Deposited" ? "in" : "out"}` };
    }
    case "Traded": {
      const { market, buyer, lots, price: at } = event.data;
      const verb = own === null ? "traded" : buyer === own ? "bought" : "sold";
      return { word: "Trade", tone: "plain", text: `${sized(told, market, lots)} ${verb} at ${priced(told, market, at)}` };
    }
    case "Settled": {
      const { lossPaid, profitPaid } = event.data;
      if (lossPaid === 0n && profitPaid === 0n) return null;
      return { word: "Settled", tone: "plain", text: profitPaid > 0n ? `Profit of ${money(profitPaid, quote)} became cash` : `Loss of ${money(lossPaid, quote)} paid into the pool` };
    }
    case "OfferPlaced":
      return { word: "Offer", tone: "plain", text: "An offer was placed or replaced" };
    case "OfferCancelled":
      return { word: "Offer", tone: "plain", text: "An offer was cancelled" };
    case "MarginAccountCreated":
      return { word: "Opened", tone: "plain", text: `Account with ${event.data.capacity} position slots` };
    default:
      return null;
  }
}

function losses(event: FirebreakEvent, told: Told): EventLine | null {
  const { quote, own } = told;
  switch (event.name) {
    case "Liquidated": {
      const { market, lots, price: at, liquidatee, insurancePaid } = event.data;
      const whose = own === null ? `of ${short(liquidatee)} ` : own === liquidatee ? "of yours " : "taken over ";
      const paid = insurancePaid > 0n ? `; insurance paid ${money(insurancePaid, quote)}` : "";
      return { word: insurancePaid > 0n ? "Insured loss" : "Liquidation", tone: insurancePaid > 0n ? "danger" : "caution", text: `${sized(told, market, lots)} ${whose}at ${priced(told, market, at)}${paid}` };
    }
    case "CollateralLiquidated":
      return { word: "Collateral sold", tone: "caution", text: `${short(event.data.seller)} received ${money(event.data.paid, quote)}` };
    case "AutoDeleveraged": {
      const { market, lots, deficit, insurancePaid, borneBySide } = event.data;
      return { word: "ADL", tone: "danger", text: `${sized(told, market, lots)} closed against the other side; deficit ${money(deficit, quote)}, insurance paid ${money(insurancePaid, quote)}, the side bore ${money(borneBySide, quote)}` };
    }
    case "DeficitReported":
      return { word: "Deficit", tone: "danger", text: `${short(event.data.bankrupt)} owes ${money(abs(event.data.equity), quote)}; nobody leaves the fund until ${clockTime(event.data.closedUntil)}` };
    default:
      return null;
  }
}

function fund(event: FirebreakEvent, { quote }: Told): EventLine | null {
  switch (event.name) {
    case "Staked":
      return { word: "Stake", tone: "plain", text: `${short(event.data.staker)} put in ${money(event.data.paid, quote)}` };
    case "UnstakeRequested":
      return { word: "Asked to leave", tone: "plain", text: `${short(event.data.staker)} asked for ${money(event.data.value, quote)}` };
    case "Unstaked":
      return { word: "Unstake", tone: "plain", text: `${short(event.data.staker)} received ${money(event.data.paid, quote)}` };
    case "InsuranceSwept": {
      const { feesToFund, returned, refilled } = event.data;
      if (feesToFund + returned + refilled === 0n) return null;
      const parts = [
        ...(feesToFund > 0n ? [`fees of ${money(feesToFund, quote)} to the fund`] : []),
        ...(returned > 0n ? [`the tranche returned ${money(returned, quote)}`] : []),
        ...(refilled > 0n ? [`the tranche was refilled with ${money(refilled, quote)}`] : []),
      ];
      return { word: "Sweep", tone: "plain", text: parts.join("; ") };
    }
    case "TrancheFunded":
      return { word: "Tranche", tone: "plain", text: `${money(event.data.amount, quote)} given` };
    default:
      return null;
  }
}

function rule(event: FirebreakEvent, told: Told): EventLine | null {
  switch (event.name) {
    case "BreakerTripped": {
      const stands = level(event.data.level);
      return { word: "Breaker", tone: stands.tone, text: `${marketName(told, event.data.market)}: ${stands.name} until ${clockTime(event.data.expiresAt)}, by ${short(event.data.by)}` };
    }
    case "Poked": {
      if (event.data.level === event.data.levelBefore) return null;
      const symbol = listedOf(told, event.data.market)?.symbol ?? "";
      return { word: "Breaker", tone: level(event.data.level).tone, text: `${symbol}: automatic, ${levelName(event.data.levelBefore)} to ${level(event.data.level).name}` };
    }
    case "BreakerReset":
      return { word: "Breaker", tone: "safe", text: `${marketName(told, event.data.market)}: reset` };
    case "Proposed":
      return { word: "Proposal", tone: "accent", text: `Number ${event.data.id} proposed` };
    case "ProposalExecuted":
      return { word: "Proposal", tone: "accent", text: `Number ${event.data.id} took effect` };
    case "ProposalVetoed":
      return { word: "Veto", tone: "caution", text: `Number ${event.data.id} by ${short(event.data.by)}` };
    case "ClearinghouseSealed":
      return { word: "Sealed", tone: "accent", text: "Set-up is over: changes need proposals" };
    default:
      return null;
  }
}
