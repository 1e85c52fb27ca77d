import { getChangeDecoder, type Change, type Proposal } from "../generated/index.js";
import { type Valuation } from "./index.js";
import { type FieldDirection, type ParameterSet, type Rule } from "./types.js";

/** A parameter set or an account: members by name, a set within a set included. */
type Members = Readonly<Record<string, unknown>>;

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The values that rules speak of, from whichever of the sources has them: `[parameters]`, `[market, row]`, `[bank, row]`. */
export function valuesOf(rules: readonly Rule[], sources: readonly object[]): bigint[] {
  const parts = sources.flatMap((source) => [source, ...Object.values(source).filter(isMembers)]) as Members[];
  return rules.map((rule) => {
    const name = camel(rule.name);
    const value = parts.find((part) => typeof part[name] === "number" || typeof part[name] === "bigint")?.[name];
    return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : 0n;
  });
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A proposal as people read it. */
export interface ProposedChange {
  readonly change: Change;
  /** Where it changes parameters: which set, and field by field the old and new values. */
  readonly set: ParameterSet | null;
  readonly fields: readonly FieldDirection[];
}

/** Old and new values of a proposal, or of a `Proposed` or `ProposalExecuted` event. */
export function readProposal(valuation: Valuation, proposal: Pick<Proposal, "change" | "before">): ProposedChange {
  const change = getChangeDecoder().decode(proposal.change);
  const set = setOf(change);
  if (set === null || !("parameters" in change)) {
    return { change, set: null, fields: [] };
  }
  const rules = valuation.rules(set);
  const kept = Uint8Array.from(proposal.before);
  const view = new DataView(kept.buffer);
  const old = rules.map((_, index) => view.getBigUint64(index * 8, true));
  return { change, set, fields: valuation.direction(set, old, valuesOf(rules, [change.parameters])).fields };
}

/** The parameter set that a change is about; null where it is about something else. */
export function setOf(change: Pick<Change, "__kind">): ParameterSet | null {
  switch (change.__kind) {
    case "Asset":
      return "asset";
    case "Market":
      return "market";
    case "Bank":
      return "bank";
    case "Fund":
      return "fund";
    default:
      return null;
  }
}
