import { expect, test } from "@playwright/test";

import { money, price, signedSize, size, spread } from "./units.ts";

const QUOTE = { decimals: 6, symbol: "USDC" };

test("sizes and prices know the lot", () => {
  expect(size(150n, -2)).toBe("1.50");
  expect(size(1n, -5)).toBe("0.00001");
  expect(size(3n, 2)).toBe("300");
  expect(signedSize(-2_500n, -3)).toBe("−2.500");
  expect(price(1_500_000n, -2, QUOTE)).toBe("150.00");
  expect(price(1_200_000n, -5, QUOTE)).toBe("120,000.00");
  expect(price(12_345n, -2, QUOTE)).toBe("1.2345");
  expect(spread(750n, 1_500_000n, -2, QUOTE)).toBe("0.075");
  expect(money(-1_632_000_000n, QUOTE)).toBe("−1,632.00");
});
