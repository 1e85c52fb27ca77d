import { getBase64Encoder, type ReadonlyUint8Array } from "@solana/kit";

import { PROGRAM_ID } from "./addresses.js";
import { EVENTS, type FirebreakEvent } from "./generated/events.js";

const DISCRIMINATOR_BYTES = 8;
const DATA = "Program data: ";

/** Reads one event: discriminator and struct. Null where the bytes are none that is known. */
export function decodeEvent(bytes: ReadonlyUint8Array): FirebreakEvent | null {
  const event = EVENTS.find((event) => event.discriminator.every((byte, index) => bytes[index] === byte));
  if (event === undefined) {
    return null;
  }
  const decoder = event.decoder();
  if (bytes.length !== DISCRIMINATOR_BYTES + decoder.fixedSize) {
    return null;
  }
  // The table pairs each name with its own decoder.
  return { name: event.name, data: decoder.decode(bytes, DISCRIMINATOR_BYTES) } as FirebreakEvent;
}

/** The events in a transaction's log, in order: those that the program itself said, whoever called it. */
export function decodeEvents(logs: readonly string[]): FirebreakEvent[] {
  const running: string[] = [];
  const events: FirebreakEvent[] = [];
  for (const line of logs) {
    const [, program, what] = /^Program (\w+) (invoke|success|failed)/.exec(line) ?? [];
    if (what === "invoke" && program !== undefined) {
      running.push(program);
    } else if (what !== undefined) {
      running.pop();
    } else if (line.startsWith(DATA) && running.at(-1) === PROGRAM_ID) {
      const event = decodeEvent(getBase64Encoder().encode(line.slice(DATA.length)));
      if (event !== null) {
        events.push(event);
      }
    }
  }
  return events;
}
