import assert from "node:assert/strict";
import { test } from "node:test";

import { SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE, SolanaError } from "@solana/kit";

import { explain, explainFailure, explainName } from "../dist/index.js";

const MARGIN = explain(6_013);

test("a code has a name and a sentence", () => {
  assert.equal(MARGIN.name, "MarginInsufficient");
  assert.match(MARGIN.sentence, /margin/);
  assert.deepEqual(explainName("MarginInsufficient"), MARGIN);
  assert.equal(explain(5_999), null);
});

test("the program's refusal is found wherever it is wrapped", () => {
  const custom = new SolanaError(SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, { code: 6_013, index: 2 });
  const preflight = new SolanaError(SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE, { cause: custom });
  for (const failure of [
    custom,
    preflight,
    new Error("not sent", { cause: preflight }),
    { err: { InstructionError: [1, { Custom: 6_013 }] } },
    { InstructionError: [1n, { Custom: 6_013n }] },
    "Program F1rebreak1111111111111111111111111111111111 failed: custom program error: 0x177d",
    ["Program log: x", "custom program error: 0x177d"],
    new Error("Transaction failed: custom program error: #6013"),
  ]) {
    assert.deepEqual(explainFailure(failure), MARGIN, String(failure));
  }
});

test("what is no refusal of the program's is none", () => {
  const loop = {};
  loop.cause = loop;
  for (const failure of [null, undefined, "", 6_013, {}, loop, { code: 4_001 }, new Error("the wallet said no"), "custom program error: 0x1"]) {
    assert.equal(explainFailure(failure), null, String(failure));
  }
});
