import { expect, test } from "@playwright/test";

import { duration } from "./times.ts";

test("two units at most", () => {
  expect([0, 59, 60, 3_599, 3_600, 86_399, 86_400, -5].map((seconds) => duration(seconds))).toEqual([
    "0 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "23 h 59 min", "1 d 00 h", "0 s",
  ]);
});
