import { explainFailure } from "@firebreak/client";

import { adviceFor } from "./advice.ts";

/** A transaction that the network or the program refused. */
export class Refused extends Error {
  readonly cause_: unknown;
  readonly logs: readonly string[];

  constructor(cause: unknown, logs: readonly string[]) {
    super("The program refused the transaction.");
    this.cause_ = cause;
    this.logs = logs;
  }
}

/** What is shown of a failure: what was wrong, and what to do. */
export interface Sentence {
  readonly title: string;
  readonly text: string;
  /** The program's own name for it, for those who look it up. */
  readonly code: string | null;
}

/** Says any failure in sentences. */
export function sentence(failure: unknown): Sentence {
  const refused = failure instanceof Refused ? failure : null;
  const known = explainFailure(refused === null ? failure : [refused.cause_, ...refused.logs]);
  if (known !== null) return { title: "Refused by the program", ...adviceFor(known.name, known.sentence), code: known.name };
  const text = [messageOf(failure), ...(refused === null ? [] : refused.logs)].join("\n");
  if (/reject|denied|declined|cancel/i.test(messageOf(failure))) {
    return { title: "Not signed", text: "The wallet did not sign. Nothing was changed.", code: null };
  }
  if (/insufficient (funds|lamports)|AccountNotFound|InsufficientFundsForFee|no record of a prior credit/i.test(text + asText(refused?.cause_))) {
    return {
      title: "Not enough in the wallet",
      text: "The wallet holds too little SOL for fees and rent, or too few tokens for this amount. Add some (on the local network, the faucet does) and try again.",
      code: null,
    };
  }
  if (/fetch|network|HTTP|timed? ?out|abort/i.test(text)) {
    return { title: "The network did not answer", text: "Nothing is known to have changed. Check the RPC address in the settings, wait for “Live”, and try again.", code: null };
  }
  return { title: "It did not work", text: `${messageOf(failure)} ${asText(refused?.cause_)}`.trim(), code: null };
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function asText(value: unknown): string {
  if (value === undefined) return "";
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item)) ?? "";
}
