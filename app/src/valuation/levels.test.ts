import type { BreakerLevel } from "@firebreak/client/valuation";
import { expect, test } from "@playwright/test";

import { causesOf } from "./levels.ts";

const NONE = { level: 0, until: 0n, reason: 0, trips: 0 };
const all: BreakerLevel = { market: 255, level: 1, set: { emergency: NONE, standing: { ...NONE, level: 1, until: 9n } } };

test("everybody who asks for a level is named, the highest first", () => {
  const own: BreakerLevel = {
    market: 0, level: 2, set: { emergency: { ...NONE, level: 1, until: 5n, reason: 7 }, standing: NONE },
    automatic: { level: 2, until: 6n, trips: 1, byPrice: 2 }, books: 1,
  };
  expect(causesOf(own, all).map(({ source, level }) => `${level} ${source}`)).toEqual(["2 automatic", "1 global standing", "1 emergency", "1 books"]);
  expect(causesOf(all, all)).toEqual([{ source: "global standing", level: 1, until: 9n, reason: 0 }]);
});
