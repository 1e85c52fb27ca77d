// What Codama does not render: events, errors by code, compute units by instruction.

const HEADER = "// Written by generate.mjs from idl/firebreak.json and docs/benchmarks/compute-units.json. Do not edit.\n\n";

/** Discriminator and decoder of every event. */
export function events(idl) {
  const names = idl.events.map((event) => event.name);
  const types = names.map((name) => `  get${name}Decoder,\n  type ${name},\n`).join("");
  const union = names.map((name) => `  | { readonly name: "${name}"; readonly data: ${name} }`).join("\n");
  const rows = idl.events.map(
    ({ name, discriminator }) =>
      `  { name: "${name}", discriminator: [${discriminator.join(", ")}], decoder: get${name}Decoder },\n`,
  );
  return `${HEADER}import {\n${types}} from "./types";\n
/** Something the program said in a transaction's log. */
export type FirebreakEvent =\n${union};\n
/** How each begins, and how the rest is read. */
export const EVENTS = [\n${rows.join("")}] as const;\n`;
}

/** Code, name and sentence of every error. */
export function errors(idl) {
  const rows = idl.errors.map(
    ({ code, name, msg }) => `  { code: ${code}, name: "${name}", sentence: ${JSON.stringify(msg)} },\n`,
  );
  return `${HEADER}/** One of the program's errors: what was wrong, and what to do. */
export interface ErrorText {
  readonly code: number;
  readonly name: string;
  readonly sentence: string;
}\n
/** All of them; codes are append-only. */
export const ERRORS: readonly ErrorText[] = [\n${rows.join("")}];\n`;
}

/** The most compute units that were measured for each instruction, by the first byte of its data. */
export function budgets(idl, figures) {
  const rows = idl.instructions.map(({ name, discriminator, accounts }) => {
    const own = Object.entries(figures).filter(([key]) => key === name || key.startsWith(`${name}/`) || key.startsWith(`${name}_`));
    const units = own.length === 0 ? "null" : Math.max(...own.map(([, units]) => units));
    return `  { opcode: ${discriminator[0]}, name: "${name}", units: ${units}, accounts: ${accounts.length} },\n`;
  });
  return `${HEADER}/** What an instruction was measured to take. */
export interface Measured {
  /** First byte of its data. */
  readonly opcode: number;
  readonly name: string;
  /** Compute units, the most of all cases; null where none was measured. */
  readonly units: number | null;
  /** Accounts that it names; others follow them. */
  readonly accounts: number;
}\n
/** One for each instruction. */
export const MEASURED: readonly Measured[] = [\n${rows.join("")}];\n
/** Size of the program, which counts as loaded data. */
export const PROGRAM_BYTES = ${figures["bytes/program"]};\n`;
}
