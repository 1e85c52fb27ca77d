/** What to do about the refusals that people meet; the client knows every sentence, this adds the next step in this page. */
const NEXT: Readonly<Record<string, string>> = {
  PriceStale: "Nobody has published a price lately. Wait until the price next to the form is fresh, then try again.",
  PriceUncertain: "New risk waits until the price is settled again; reducing a position works now.",
  PriceMissing: "Wait for the first price of this asset.",
  MarginInsufficient: "Deposit more, or choose a smaller size: the preview shows what is missing.",
  CashInsufficient: "Withdraw or trade less, or deposit first.",
  LimitPriceExceeded: "The price moved while you were signing. Look at the new price, or allow a worse one.",
  PriceOutsideBand: "Choose an offer closer to the mark.",
  OfferExpired: "Choose another offer.",
  OfferEmpty: "Somebody was faster. Choose another offer.",
  BreakerActive: "The breaker's level and its end are shown above the form.",
  OutflowLimited: "Withdraw less now and the rest later: what may leave is shown in the form.",
  OpenInterestCapExceeded: "Choose a smaller size, or wait until others close.",
  PositionSlotsFull: "Close a position, or open a sub-account.",
  AccountIsolated: "Choose the account's own market, or another account.",
  StakeTooSmall: "Stake more.",
  MarketsNotSwept: "Prices moved in between. Try again: every market is swept in the same transaction.",
  DeficitOpen: "Wait until the deficit is resolved; the time is shown above.",
  ExitNotOpen: "Come back when the countdown is over, within two days of it.",
  ProposalTooEarly: "Its countdown is shown with the proposal.",
  StepTooLarge: "Make the change in smaller steps, one proposal after the other.",
  SignerNotAuthority: "Connect the authority's wallet, or export the transaction for your multisig.",
  SignerNotGuardian: "Connect the guardian's wallet.",
  LevelNotRaised: "Choose a higher level or a later end.",
  ClosedLately: "Choose “reduce only” until it has been open for as long as it was closed.",
};

export function adviceFor(name: string, sentence: string): { text: string } {
  const next = NEXT[name];
  return { text: next === undefined ? `${sentence}.` : `${sentence}. ${next}` };
}
