export * from "./accounts.js";
export * from "./governance.js";
export * from "./insurance.js";
export * from "./setup.js";
export { type Signing, type TokenSide } from "./signing.js";
export * from "./trading.js";
