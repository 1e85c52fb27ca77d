// What a browser would say: reads a question per line, answers each with a line. Money goes over the wire as "123n", bytes as {"hex": …}.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import { differences, parseDebug } from "./debug.mjs";

const [, , folder] = process.argv;
const client = await import(`${folder}/dist/index.js`);
const { loadValuation, readProposal, valuesOf, VALUATION_WASM } = await import(`${folder}/dist/valuation/index.js`);
const valuation = await loadValuation(await readFile(VALUATION_WASM));

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const ROLES = { 0: "r", 1: "w", 2: "rs", 3: "ws" };

const answers = {
  /** Every address of a clearinghouse, and of whoever uses it. */
  async addresses({ id, owner, subId, index, proposal }) {
    const at = await client.addressesOf(id);
    const margin = await client.marginAccountAddress(at, owner, subId);
    return {
      ...at,
      margin,
      offer: await client.offerAddress(margin, index),
      market: await client.marketAddress(at, index),
      bank: await client.bankAddress(at, index),
      stake: await client.stakeAddress(at, owner),
      proposal: await client.proposalAddress(at, proposal),
    };
  },

  /** An instruction by the name of its builder, with what it may use. */
  async instruction({ name, id, input, proposal }) {
    const at = await client.addressesOf(id);
    const build = client.instructions[name];
    let instruction = await (build.length === 1 ? build(input) : build(at, input));
    if (proposal !== undefined) {
      instruction = await client.instructions.underProposal(at, { id: proposal, instruction });
    }
    const { computeUnits, loadedBytes } = client.budgetOf([instruction]);
    const accounts = instruction.accounts.map(({ address, role }) => `${address} ${ROLES[role]}`);
    const wrapped = client.withBudget([instruction], 7n).map(({ programAddress, data }) => `${programAddress} ${hex(data)}`);
    return { program: instruction.programAddress, accounts, data: hex(instruction.data), computeUnits, loadedBytes, wrapped };
  },

  builders: () => Object.keys(client.instructions),

  /** What differs between an account as it is read here and as Rust prints it. */
  decode({ bytes, kind, header, items }) {
    const account = client.decodeAnyAccount(bytes);
    if (account?.kind !== kind) {
      return [`it is read as a ${account?.kind}`];
    }
    const found = differences(parseDebug(header), account.data, kind);
    const own = account.data.rows ?? account.data.slots ?? [];
    if (own.length !== items.length) {
      found.push(`${own.length} items are read, there are ${items.length}`);
    }
    return [...found, ...items.flatMap((item, index) => differences(parseDebug(item), own[index], `${kind}[${index}]`))];
  },

  /** Events by name, and their bytes written back. */
  events({ logs }) {
    return client.decodeEvents(logs).map(({ name, data }) => ({ name, bytes: hex(client[`get${name}Encoder`]().encode(data)) }));
  },

  eventNames: () => client.EVENTS.map(({ name }) => name),

  explain: ({ code }) => client.explain(code),

  /** A change of governance, read and written back. */
  change({ bytes, debug }) {
    const change = client.getChangeDecoder().decode(bytes);
    const expected = parseDebug(debug);
    const written = hex(client.getChangeEncoder().encode(expected));
    return { differences: differences(expected, change, "change"), written };
  },

  proposal({ bytes }) {
    const { set, fields } = readProposal(valuation, client.decodeProposalData(bytes));
    return { set, fields };
  },

  /** Values in force, in the order of the rules. */
  values({ set, accounts }) {
    const sources = accounts.map((account) =>
      account.row === undefined ? client.decodeAnyAccount(account.bytes).data : client.decodeBoardData(account.bytes).rows[account.row],
    );
    return valuesOf(valuation.rules(set), sources);
  },

  /** Any method of the valuation. */
  valuation({ method, input }) {
    try {
      return valuation[method](...input);
    } catch (error) {
      if (error.name !== "ValuationError") {
        throw error;
      }
      return { problem: error.message };
    }
  },
};

function received(key, value) {
  if (typeof value === "string" && /^-?\d+n$/.test(value)) {
    return BigInt(value.slice(0, -1));
  }
  if (value !== null && typeof value === "object" && typeof value.hex === "string") {
    return Uint8Array.from(Buffer.from(value.hex, "hex"));
  }
  if (value !== null && typeof value === "object" && typeof value.debug === "string" && Object.keys(value).length === 1) {
    return parseDebug(value.debug);
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { ask, ...input } = JSON.parse(line, received);
    answer = { ok: (await answers[ask](input)) ?? null };
  } catch (error) {
    answer = { failed: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value))}\n`);
}
